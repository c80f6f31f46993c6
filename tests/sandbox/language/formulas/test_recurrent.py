"""The recurrent layers' and cells' closed forms against torch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch

from sandbox.language.formulas.working import Fix, Misfit
from sandbox.language.model import UNKNOWN, Dtype, Stage, Tensor, Value
from sandbox.language.size import symbol
from tests.sandbox.language.formulas.oracle import Input, assert_agrees, assert_agrees_for_free_sizes, work
from tests.sandbox.language.formulas.questions import Questioner

LAYERS = ("RNN", "LSTM", "GRU")
CELLS = ("RNNCell", "LSTMCell", "GRUCell")
STATES = {"LSTM": 2, "LSTMCell": 2}
WEIGHTS = ("float64", "float16", "bfloat16", "complex64", "int64")


def layer_question(name: str, ask: Questioner) -> tuple[dict[str, Value], list[Input]]:
    """Arguments, and an input with or without states, that mostly fit."""
    features, hidden, layers = ask.pick([1, 2, 3]), ask.pick([1, 2, 3]), ask.pick([1, 1, 2, 3])
    both = ask.pick([True, False])
    projection = ask.mostly([0, max(hidden - 1, 0)], [hidden, -1], 0.1)
    first = ask.pick([True, False])
    args: dict[str, Value] = {
        "input_size": ask.mostly([features], [0, 4, -1], 0.1),
        "hidden_size": ask.mostly([hidden], [0, -1]),
        "num_layers": ask.mostly([layers], [0, -1]),
        "bias": ask.mostly([True, False], [1]),
        "batch_first": first,
        "dropout": ask.mostly([0.0, 0.5, 1], [-0.1, 1.5, True]),
        "bidirectional": both,
        "nonlinearity": ask.mostly(["tanh", "relu"], ["gelu"]),
        "proj_size": projection,
    }
    if name != "RNN":
        del args["nonlinearity"]
    if name != "LSTM" and ask.odds(0.97):
        del args["proj_size"]
    args = ask.some(args, bias=0.3, dropout=0.3, nonlinearity=0.5, proj_size=0.5)
    batch, length = ask.mostly([1, 2, 3], [0]), ask.mostly([1, 2, 3], [0])
    shape = [batch, length, features] if first else [length, batch, features]
    group = [batch]
    if ask.odds(0.2):
        shape, group = [length, features], []
    carried = projection if name == "LSTM" and args.get("proj_size") else hidden
    depth = layers * (1 + both)
    shapes = [shape, [depth, *group, carried], [depth, *group, hidden]][: 1 + STATES.get(name, 1)]
    return args, given(ask, args, shapes)


def cell_question(name: str, ask: Questioner) -> tuple[dict[str, Value], list[Input]]:
    features, hidden = ask.pick([1, 2, 3]), ask.pick([1, 2, 3])
    args: dict[str, Value] = {
        "input_size": ask.mostly([features], [0, 4, -1], 0.1),
        "hidden_size": ask.mostly([hidden], [0, -1]),
        "bias": ask.pick([True, False]),
    }
    if name == "RNNCell":
        args["nonlinearity"] = ask.mostly(["tanh", "relu"], ["gelu"])
    group = ask.pick([[], [1], [2], [0]])
    shapes = [[*group, features], *[[*group, hidden]] * STATES.get(name, 1)]
    return args, given(ask, args, shapes, cell=True)


def given(ask: Questioner, args: dict[str, Value], shapes: list[list[int]], *, cell: bool = False) -> list[Input]:
    """The inputs: mostly without states, mostly of the right size and dtype."""
    dtype = ask.dtype(share=0.08)
    if ask.odds(0.1):
        args["dtype"] = Dtype(dtype := ask.pick(WEIGHTS))
    if ask.odds(0.6):
        shapes = shapes[:1]
    wrong = ask.pick(range(len(shapes)))
    if ask.odds(0.15):
        shape = shapes[wrong]
        other_rank = (
            [] if cell and len(shapes) > 1 else [[*shape, 1], shape[1:], []]
        )  # torch's cells crash on some of these
        shapes[wrong] = ask.pick([[4, *shape[1:]], [*shape[:-1], 7], *other_rank])
    kinds = [dtype] * len(shapes)
    if ask.odds(0.04) and len(shapes) != 3:  # torch's LSTMCell takes a c of any dtype, and its LSTM does not
        kinds[-1] = "float64"
    return list(zip(shapes, kinds, strict=True))


@contextmanager
def one_dnn(*, enabled: bool) -> Iterator[None]:
    """Torch's counter does not see into oneDNN's LSTM."""
    torch._C._set_mkldnn_enabled(enabled)
    try:
        yield
    finally:
        torch._C._set_mkldnn_enabled(True)


def ask_many(name: str, cases: int, seed: int) -> None:
    ask = Questioner(f"{name} {seed}")
    accepted = 0
    for _ in range(cases):
        args, inputs = (cell_question if name in CELLS else layer_question)(name, ask)
        count = "complex" not in str(inputs) and "dtype" not in args and ask.odds(0.3)
        with one_dnn(enabled=not count):
            outcome = assert_agrees(name, args, inputs, training=ask.odds(0.5), macs=count)
        accepted += outcome.error is None
        first, dtype = inputs[0]
        if dtype == "float32" and isinstance(first, list) and 0 not in first and "float64" not in str(inputs):
            free = {axis: letter for axis, letter in enumerate("LNH"[: len(first)]) if ask.odds(0.5)}
            assert_agrees_for_free_sizes(name, args, first, free, others=inputs[1:])
    assert accepted > cases // 4


@pytest.mark.parametrize("name", [*LAYERS, *CELLS])
def test_random_recurrent_layers_are_what_torch_makes_of_them(name: str) -> None:
    """All outputs, parameters, multiply-adds and refusals, with states and without."""
    ask_many(name, 150, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("name", [*LAYERS, *CELLS])
def test_many_random_recurrent_layers_are_what_torch_makes_of_them(name: str) -> None:
    """The same for many more."""
    ask_many(name, 2000, seed=2)


def refused(name: str, args: dict[str, Value], *shapes: tuple[int, ...]) -> Misfit:
    with pytest.raises(Misfit) as caught:
        work(name, args, tuple(Tensor(shape) for shape in shapes))
    return caught.value


def test_the_parameters_of_an_lstm_are_four_gates() -> None:
    """The sum is written out, with one term for the first layer and one for all later ones."""
    sheet = work("LSTM", {"input_size": 10, "hidden_size": 20}, (Tensor((5, 3, 10)),))
    assert sheet.params.worked == "4*(20*10 + 20*20 + 20 + 20)"
    assert [output.name for output in sheet.outputs] == ["output", "h_n", "c_n"]
    deep = {"input_size": 10, "hidden_size": 20, "num_layers": 3, "bidirectional": True, "proj_size": 5}
    sheet = work("LSTM", deep, (Tensor((5, 3, 10)),))
    assert sheet.params.worked == ("2*(4*(20*10 + 20*5 + 20 + 20) + 5*20) + 4*(4*(20*10 + 20*5 + 20 + 20) + 5*20)")
    assert eval(sheet.params.worked) == sheet.params.value  # noqa: S307 - our own sum of numbers


def test_the_question_mark_is_the_size_of_the_last_axis() -> None:
    """`lstm ? 20` on 10 features."""
    sheet = work("LSTM", {"input_size": UNKNOWN, "hidden_size": 20}, (Tensor((5, 3, 10)),))
    assert sheet.solved == {"input_size": 10}


def test_a_sequence_with_its_features_elsewhere_is_transposed() -> None:
    """(N, C, L) as convolutions give it, into an LSTM that wants features last."""
    misfit = refused("LSTM", {"input_size": 16, "hidden_size": 8, "batch_first": True}, (4, 16, 50))
    assert misfit.words == "LSTM wants input_size=16 features on the last axis, and (4, 16, 50) has 50 there."
    assert misfit.fixes[0] == Fix(insert=Stage("op", "transpose", {"dim0": 1, "dim1": 2}))
    assert misfit.fixes[1] == Fix({"input_size": 50})


def test_a_billion_layers_are_refused_at_once() -> None:
    """Nothing is counted layer by layer."""
    started = time.perf_counter()
    misfit = refused("LSTM", {"input_size": 1, "hidden_size": 1, "num_layers": 10**9}, (1, 1, 1))
    assert "1,000,000,000" in misfit.words
    assert time.perf_counter() - started < 5  # seconds: hangs fail, a busy machine does not


def test_free_sizes_stay_letters_in_all_outputs() -> None:
    """`gru 10 20` for every L and N."""
    sheet = work("GRU", {"input_size": 10, "hidden_size": 20}, (Tensor((symbol("L"), symbol("N"), 10)),))
    assert [str(output.tensor) for output in sheet.outputs] == ["(L, N, 20)", "(1, N, 20)"]
    assert str(sheet.macs.value) == "1800*L*N"
