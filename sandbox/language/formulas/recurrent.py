"""What comes out of the recurrent layers and cells, all outputs by name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from sandbox.language.formulas.checks import (
    COMPLEX,
    affordable_depth,
    choice,
    countable,
    features_last,
    match_weights,
    probability,
    solved,
    times,
    truth,
    weight_dtype,
    whole,
)
from sandbox.language.formulas.working import Fix, Formula, Working
from sandbox.language.model import Stage, Tensor
from sandbox.language.size import Size


@dataclass(frozen=True, slots=True)
class _Stack:
    """The sizes of a recurrent layer. `carried` is what a step hands to the next: hidden_size, or proj_size."""

    gates: int
    inputs: Size
    hidden: int
    carried: int
    layers: int
    directions: int
    bias: bool

    @property
    def projected(self) -> bool:
        return self.carried != self.hidden

    def weights(self, inputs: Size) -> Size:
        """Weights of one layer in one direction, biases left out."""
        return self.gates * self.hidden * (inputs + self.carried) + self.projected * self.carried * self.hidden

    def written(self, inputs: Size, *, bias: bool) -> str:
        """The same as a sum: `4*(20*10 + 20*20 + 20 + 20)`."""
        inner = f"{times(self.hidden, inputs)} + {self.hidden}*{self.carried}"
        if bias:
            inner += f" + {self.hidden} + {self.hidden}"
        if self.gates > 1:
            inner = f"{self.gates}*({inner})"
        return inner + (f" + {self.carried}*{self.hidden}" if self.projected else "")

    def total(self, *, bias: bool) -> Size:
        """All layers and directions, in closed form: the number of layers may be absurd."""
        biases = 2 * self.gates * self.hidden * bias
        first = self.weights(self.inputs) + biases
        later = self.weights(self.directions * self.carried) + biases
        return self.directions * (first + (self.layers - 1) * later)

    def sum(self, *, bias: bool) -> str:
        """The sum that makes the total, one term for the first layer and one for all others."""
        parts = [_scaled(self.directions, self.written(self.inputs, bias=bias))]
        if self.layers > 1:
            later = self.written(self.directions * self.carried, bias=bias)
            parts.append(_scaled((self.layers - 1) * self.directions, later))
        return " + ".join(parts)


def _scaled(factor: int, term: str) -> str:
    if factor == 1:
        return term
    one_product = term.startswith(("4*(", "3*("))
    return f"{factor}*{term}" if one_product and term.endswith(")") else f"{factor}*({term})"


def _sequence(w: Working, gates: int) -> None:
    """RNN, LSTM and GRU: the whole sequence in one call, all layers."""
    states = 2 if w.stage.name == "LSTM" else 1
    stack = _stack(w, gates)
    if len(w.inputs) not in (1, 1 + states):
        wanted = (
            "the input alone, or the input, h_0 and c_0" if states == 2 else "the input alone, or the input and h_0"
        )
        w.refuse(f"{w.stage.name} takes {wanted}, and got {len(w.inputs)} tensors.")
    batch_first = truth(w, "batch_first")
    x = w.x
    w.require_dims(2, 3, layout="(N, L, H_in) or (L, H_in)" if batch_first else "(L, N, H_in) or (L, H_in)")
    match_weights(w)
    _input_size(w, stack.inputs)
    batched = len(x.shape) == 3
    length = x.shape[1] if batched and batch_first else x.shape[0]
    batch: tuple[Size, ...] = (x.shape[0] if batch_first else x.shape[1],) if batched else ()
    w.require_at_least(length, 1, f"{w.stage.name} needs at least one step, and {x} has none.")
    depth = stack.layers * stack.directions
    _states(w, ((depth, *batch, stack.carried), (depth, *batch, stack.hidden))[:states])
    features = stack.directions * stack.carried
    w.output((*x.shape[:-1], features))
    w.output((depth, *batch, stack.carried), "h_n")
    if states == 2:
        w.output((depth, *batch, stack.hidden), "c_n")
    _lines(w, stack, features, depth)
    w.count(stack.total(bias=stack.bias), stack.sum(bias=stack.bias))
    steps = (length, *batch)
    w.multiply_adds(
        stack.total(bias=False) * length * (batch[0] if batch else 1), f"{times(*steps)}*({stack.sum(bias=False)})"
    )
    if not batch_first and batched:
        w.notes.append("The first axis is the sequence; batch_first=True would put the batch first.")


def _activation(w: Working) -> None:
    """The nonlinearity of RNN and RNNCell, which has no place for ReLU among complex numbers."""
    chosen = choice(w, "nonlinearity", ("tanh", "relu"))
    if chosen == "relu" and weight_dtype(w) in COMPLEX:
        w.refuse(f"ReLU has no meaning for {weight_dtype(w)}.", Fix({"nonlinearity": "tanh"}))


def _stack(w: Working, gates: int) -> _Stack:
    """Every refusal that torch makes while building."""
    name = w.stage.name
    if "proj_size" in w.stage.args and name != "LSTM":
        w.refuse(f"`proj_size` is for LSTM only, not for {name}.")
    if name == "RNN":
        _activation(w)
    dropout = w.args["dropout"]
    w.require(not isinstance(dropout, bool), f"`dropout` of {name} is a number between 0 and 1, not {dropout}.")
    share = probability(w, "dropout")
    for flag in ("bias", "batch_first", "bidirectional"):
        truth(w, flag)
    inputs = solved(w, "input_size", w.x.shape[-1] if w.x.shape else 0, 1)
    hidden = whole(w, "hidden_size", 1)
    layers = whole(w, "num_layers", 1, Fix({"num_layers": 1}))
    projection = whole(w, "proj_size", 0, Fix({"proj_size": 0})) if name == "LSTM" else 0
    if projection >= hidden:
        fixes = (Fix({"proj_size": hidden // 2}), Fix({"hidden_size": 2 * projection}))
        w.refuse(f"`proj_size` must be smaller than hidden_size: {projection} is not below {hidden}.", *fixes)
    affordable_depth(w, "num_layers", layers)
    countable(w, gates * hidden, inputs)
    countable(w, gates * hidden, 2 * hidden)
    if w.training and 0 < share < 1 and layers > 1 and weight_dtype(w) in COMPLEX:
        w.refuse(f"Dropout has no meaning for {weight_dtype(w)} numbers.", Fix({"dropout": 0.0}))
    if share > 0 and layers == 1:
        w.notes.append("torch warns: dropout works between layers, and there is only one.")
    directions = 2 if w.flag("bidirectional") else 1
    return _Stack(gates, inputs, hidden, projection or hidden, layers, directions, w.flag("bias"))


def _lines(w: Working, stack: _Stack, features: int, depth: int) -> None:
    carried = "proj_size" if stack.projected else "hidden_size"
    w.line("output features", f"directions*{carried}", f"{stack.directions}*{stack.carried}", features)
    w.line("h_n layers", "directions*num_layers", f"{stack.directions}*{stack.layers}", depth)


def _input_size(w: Working, wanted: Size) -> None:
    """The last axis holds the features."""
    given = w.x.shape[-1]
    words = f"{w.stage.name} wants input_size={wanted} features on the last axis, and {w.x} has {given} there."
    w.require_equal(given, wanted, words, *_input_fixes(w.x, wanted))


def _input_fixes(x: Tensor, wanted: Size) -> tuple[Fix, ...]:
    fixes = list(features_last(x, wanted))
    if isinstance(x.shape[-1], int) and x.shape[-1] > 0:
        fixes.append(Fix({"input_size": x.shape[-1]}))
    if wanted == 1:
        fixes.append(Fix(insert=Stage("op", "unsqueeze", {"dim": -1})))
    return tuple(fixes)


def _states(w: Working, shapes: tuple[tuple[Size, ...], ...]) -> None:
    """h_0 and c_0 must have exactly these shapes."""
    for state, shape, name in zip(w.inputs[1:], shapes, ("h_0", "c_0"), strict=False):
        words = f"{name} must be {Tensor(shape)}, and is {state}."
        w.require(len(state.shape) == len(shape), words)
        for given, wanted in zip(state.shape, shape, strict=True):
            w.require_equal(given, wanted, words)


def _cell(w: Working, gates: int) -> None:
    """RNNCell, LSTMCell and GRUCell: one step."""
    states = 2 if w.stage.name == "LSTMCell" else 1
    inputs = solved(w, "input_size", w.x.shape[-1] if w.x.shape else 0)
    hidden = whole(w, "hidden_size", 0)
    countable(w, gates * hidden, inputs)
    countable(w, gates * hidden, hidden)
    if w.stage.name == "RNNCell":
        _activation(w)
    if len(w.inputs) not in (1, 1 + states):
        wanted = "the input alone, or the input, h and c" if states == 2 else "the input alone, or the input and h"
        w.refuse(f"{w.stage.name} takes {wanted}, and got {len(w.inputs)} tensors.")
    if len(w.x.shape) == 3:
        w.refuse(
            f"{w.stage.name} takes one step, (N, H_in) or (H_in), and {w.x} has 3 axes: a whole sequence is for "
            f"{w.stage.name.removesuffix('Cell')}.",
            Fix(insert=Stage("op", "select", {"dim": 0, "index": 0})),
        )
    w.require_dims(1, 2, layout="(N, H_in) or (H_in)")
    match_weights(w)
    _input_size(w, inputs)
    shape: tuple[Size, ...] = (*w.x.shape[:-1], hidden)
    _states(w, (shape,) * states)
    w.output(shape, "h_1" if states == 2 else "h")
    if states == 2:
        w.output(shape, "c_1")
    w.line("features", "hidden_size", str(hidden), hidden)
    stack = _Stack(gates, inputs, hidden, hidden, 1, 1, w.flag("bias"))
    w.count(stack.total(bias=stack.bias), stack.sum(bias=stack.bias))
    batch: Size = w.x.shape[0] if len(w.x.shape) == 2 else 1
    w.multiply_adds(stack.total(bias=False) * batch, f"{times(batch)}*({stack.sum(bias=False)})")


FORMULAS: dict[str, Formula] = {
    "RNN": partial(_sequence, gates=1),
    "LSTM": partial(_sequence, gates=4),
    "GRU": partial(_sequence, gates=3),
    "RNNCell": partial(_cell, gates=1),
    "LSTMCell": partial(_cell, gates=4),
    "GRUCell": partial(_cell, gates=3),
}
