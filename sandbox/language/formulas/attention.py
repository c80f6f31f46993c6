"""What comes out of MultiheadAttention, and the sums of weights and products that transformers share with it."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.language.formulas.checks import (
    FLOATS,
    countable,
    features_last,
    match_weights,
    number,
    solved,
    times,
    weight_dtype,
    whole,
)
from sandbox.language.formulas.working import Fix, Formula, Working
from sandbox.language.model import Dtype, Tensor, Unknown
from sandbox.language.size import Size, product


@dataclass(frozen=True, slots=True)
class Sides:
    """What attends to what: `queries` places to `keys` places, in each of `batch` samples (empty if unbatched)."""

    queries: Size
    keys: Size
    batch: tuple[Size, ...]


def heads(w: Working, width: str, count: str, given: Size) -> tuple[Size, int]:
    """The width of the model and the number of heads, which must divide it.

    Args:
        w: the sheet.
        width: the argument with the width, `embed_dim`; `?` takes the input's last axis, `given`.
        count: the argument with the number of heads.
        given: the size of the input's last axis.
    """
    size = solved(w, width, given, 1)
    number_of_heads = whole(w, count, 1, Fix({count: 1}))
    if isinstance(size, int) and size % number_of_heads:
        near = [heads for heads in range(min(size, 4096), 0, -1) if size % heads == 0]
        near.sort(key=lambda heads: abs(heads - number_of_heads))
        up = -(-size // number_of_heads) * number_of_heads
        w.refuse(
            f"{w.stage.name} cannot split {width}={size} into {number_of_heads} equal heads: "
            f"{size}/{number_of_heads} is not whole.",
            *(Fix({count: heads}) for heads in near[:2]),
            Fix({width: up}),
        )
    return size, number_of_heads


def sides(w: Working, query: Tensor, key: Tensor, *, batch_first: bool) -> Sides:
    """Lengths and batch of a query and a key that both have 2 or both 3 axes."""
    if len(query.shape) == 2:
        return Sides(query.shape[0], key.shape[0], ())
    along, across = (1, 0) if batch_first else (0, 1)
    batch = query.shape[across]
    if key.shape[along] != 0:
        order = "(N, L, E)" if batch_first else "(L, N, E)"
        words = (
            f"{w.stage.name} reads its inputs as {order} here, so axis {across} is the batch: it is {batch} in {query} "
            f"and {key.shape[across]} in {key}."
        )
        w.require_equal(key.shape[across], batch, words, Fix({"batch_first": not batch_first}))
    return Sides(query.shape[along], key.shape[along], (batch,))


def layout(*, batch_first: bool) -> str:
    """The layouts of a sequence, for messages."""
    return "(N, L, E) or (L, E)" if batch_first else "(L, N, E) or (L, E)"


def same_rank(w: Working, query: Tensor, *others: Tensor) -> None:
    """All have a batch axis, or none has."""
    for other in others:
        if len(other.shape) != len(query.shape):
            w.refuse(
                f"{w.stage.name} takes inputs that all have a batch axis or all have none, and got {query} and {other}."
            )


def attention(w: Working) -> None:
    """`softmax(QK^T/sqrt(d)) V` in every head. One input attends to itself."""
    w.require_inputs(1, 3)
    query, key, value = w.inputs if len(w.inputs) == 3 else w.inputs * 3
    embed, count = heads(w, "embed_dim", "num_heads", query.shape[-1] if query.shape else 0)
    kdim, vdim = _width(w, "kdim", embed, key), _width(w, "vdim", embed, value)
    for size in (3 * embed, kdim, vdim):
        countable(w, embed, size)
    batch_first = w.flag("batch_first")
    w.require_dims(2, 3, layout=layout(batch_first=batch_first))
    same_rank(w, query, key, value)
    _features(w, (query, key, value), (embed, kdim, vdim))
    for axis, (a, b) in enumerate(zip(key.shape[:-1], value.shape[:-1], strict=True)):
        w.require_equal(a, b, f"Key and value must agree in all axes but the last: axis {axis} is {a} and {b}.")
    match_weights(w)
    found = sides(w, query, key, batch_first=batch_first)
    extra = w.flag("add_bias_kv") + w.flag("add_zero_attn")
    # Without weights to give back torch takes a fused way, which looks at no score where there is none.
    empty = not w.args.get("need_weights", True) and product((*found.batch, found.queries, found.keys + extra)) == 0
    if not empty:
        _dropout(w)
    if weight_dtype(w) not in FLOATS and not empty:
        w.refuse(f"{w.stage.name} cannot take a softmax of {w.x.dtype}.", Fix({"dtype": Dtype("float32")}))
    if w.flag("add_bias_kv") and found.batch:
        across = 0 if batch_first else 1
        w.require_equal(
            key.shape[across], found.batch[0], f"With add_bias_kv the batch of {key} must be {found.batch[0]}."
        )
    w.output(query.shape)
    if w.args.get("need_weights", True):
        per_head = () if w.args.get("average_attn_weights", True) else (count,)
        w.output((*found.batch, *per_head, found.queries, found.keys + extra), "weights")
    if isinstance(embed, int):
        w.line("head_dim", "embed_dim/num_heads", f"{embed}/{count}", embed // count)
    if extra:
        w.line("S", "S + bias_kv + zero_attn", f"{found.keys} + {extra}", found.keys + extra)
    _counts(w, found, (embed, kdim, vdim), extra)


def _width(w: Working, name: str, embed: Size, tensor: Tensor) -> Size:
    """The width of key or value: embed_dim unless written."""
    if w.args.get(name) is None:
        return embed
    if isinstance(w.args[name], Unknown):
        return w.solve(name, tensor.shape[-1] if tensor.shape else 0)
    return whole(w, name, 0)


def _dropout(w: Working) -> None:
    """A probability, which torch looks at in training only."""
    if w.training and number(w, "dropout") > 1:
        w.refuse(f"`dropout` is a probability between 0 and 1, and is {number(w, 'dropout')}.", Fix({"dropout": 0.1}))


def _features(w: Working, tensors: tuple[Tensor, Tensor, Tensor], widths: tuple[Size, Size, Size]) -> None:
    """Query, key and value each need the features that their projection takes."""
    names = ("query", "key", "value")
    arguments = ("embed_dim", "kdim", "vdim")
    for part, argument, tensor, wanted in zip(names, arguments, tensors, widths, strict=True):
        given = tensor.shape[-1]
        fixes = list(features_last(tensor, wanted)) if len(w.inputs) == 1 else []
        fixes += [Fix({argument: given})] if isinstance(given, int) and given > 0 else []
        words = f"{w.stage.name} wants {wanted} features in the {part}, and {tensor} has {given}."
        w.require_equal(given, wanted, words, *fixes)


def _counts(w: Working, found: Sides, widths: tuple[Size, Size, Size], extra: int) -> None:
    embed, kdim, vdim = widths
    square = times(embed, embed)
    same = kdim == embed and vdim == embed
    projections = f"3*{square}" if same else f"{square} + {times(embed, kdim)} + {times(embed, vdim)}"
    params = embed * (embed + kdim + vdim) + embed * embed
    worked = f"{projections} + {square}"
    if w.flag("bias"):
        params, worked = params + 4 * embed, f"{worked} + 3*{embed} + {embed}"
    if w.flag("add_bias_kv"):
        params, worked = params + 2 * embed, f"{worked} + 2*{embed}"
    w.count(params, worked)
    value, lines = products(found, widths, extra)
    w.multiply_adds(value, lines)


def products(found: Sides, widths: tuple[Size, Size, Size], extra: int = 0) -> tuple[Size, str]:
    """Multiply-adds of one attention: four projections, and in all heads together QK^T and (weights)V."""
    embed, kdim, vdim = widths
    batch: Size = found.batch[0] if found.batch else 1
    lead = (*found.batch,)
    queries, keys = found.queries, found.keys
    total = batch * (2 * queries * embed * embed + keys * embed * (kdim + vdim) + 2 * queries * (keys + extra) * embed)
    terms = (
        f"2*{times(*lead, queries, embed, embed)}",
        times(*lead, keys, embed, kdim),
        times(*lead, keys, embed, vdim),
        f"2*{times(*lead, queries, keys + extra, embed)}",
    )
    return total, " + ".join(terms)


FORMULAS: dict[str, Formula] = {"MultiheadAttention": attention}
