"""The activation layers' closed forms against torch."""

from __future__ import annotations

import pytest

from sandbox.language.formulas.activation import FORMULAS
from sandbox.language.formulas.working import Fix, Misfit
from sandbox.language.model import UNKNOWN, Dtype, Tensor, Value
from tests.sandbox.language.formulas.oracle import assert_agrees, assert_agrees_for_free_sizes, work
from tests.sandbox.language.formulas.questions import Questioner

NAMES = tuple(FORMULAS)
DTYPES = ("float64", "float16", "bfloat16", "int64", "int32", "int8", "uint8", "bool", "complex64")
NUMBERS = (0.5, 1, -1, 0, 2.5, True)


def arguments(name: str, ask: Questioner, shape: list[int]) -> dict[str, Value]:
    """Arguments that mostly fit."""
    number: Value = ask.mostly(NUMBERS, ["a", None])
    axes = max(len(shape), 1)
    dim: Value = ask.mostly([*range(-axes, axes)], [axes, -axes - 1, 1.0, True], 0.15)
    choices: dict[str, dict[str, Value]] = {
        "CELU": {"alpha": number},
        "ELU": {"alpha": number},
        "GELU": {"approximate": ask.mostly(["none", "tanh"], ["erf"])},
        "GLU": {"dim": dim},
        "Hardshrink": {"lambd": number},
        "Softshrink": {"lambd": number},
        "LeakyReLU": {"negative_slope": number},
        "Hardtanh": {"min_val": ask.pick([-1, 0, 1]), "max_val": ask.pick([0, 1, 6.0])},
        "LogSoftmax": {"dim": ask.mostly([dim], [None], 0.2)},
        "Softmax": {"dim": ask.mostly([dim], [None], 0.2)},
        "Softmin": {"dim": ask.mostly([dim], [None], 0.2)},
        "PReLU": {"num_parameters": ask.pick([1, shape[1] if len(shape) > 1 else 2, 0, -1, 5]), "init": number},
        "RReLU": {"lower": ask.pick([0.1, 0.5]), "upper": ask.pick([0.3, 0.5])},
        "Softplus": {"beta": number, "threshold": 20},
        "Threshold": {"threshold": ask.pick([0.1, 1]), "value": ask.pick([0.5, 20])},
    }
    args = choices.get(name, {})
    return args if name == "Threshold" else ask.some(args, **dict.fromkeys(args, 0.7))


def ask_many(name: str, cases: int, seed: int) -> None:
    ask = Questioner(f"{name} {seed}")
    accepted = 0
    for _ in range(cases):
        axes = ask.pick([3, 4]) if name == "Softmax2d" and ask.odds(0.7) else ask.pick([0, 1, 2, 2, 3, 3, 4, 5])
        shape = [ask.mostly([1, 2, 3, 4], [0], 0.08) for _ in range(axes)]
        args = arguments(name, ask, shape)
        dtype = ask.mostly(["float32"], DTYPES, 0.25)
        if name == "PReLU" and ask.odds(0.1):
            args["dtype"] = Dtype(dtype := ask.pick(["float64", "float16", "bfloat16", "int64"]))
        if 0 in shape and (dtype not in {"float32", "float64"} or name == "RReLU"):
            dtype = "float32"  # with nothing to compute, torch does not always look at the dtype
        training = ask.odds(0.7)
        inputs = ask.mostly([[(shape, dtype)]], [[(shape, dtype)] * 2], 0.03)
        outcome = assert_agrees(name, args, inputs, training=training)
        accepted += outcome.error is None
        if dtype == "float32" and 0 not in shape:
            free = {axis: letter for axis, letter in enumerate("NCDHW"[:axes]) if ask.odds(0.5)}
            assert_agrees_for_free_sizes(name, args, shape, free, training=training)
    assert accepted > cases // 4


@pytest.mark.parametrize("name", NAMES)
def test_random_activations_are_what_torch_makes_of_them(name: str) -> None:
    """Shapes, dtypes, parameters and refusals, for right and wrong arguments and inputs."""
    ask_many(name, 120, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_many_random_activations_are_what_torch_makes_of_them(name: str) -> None:
    """The same for many more."""
    ask_many(name, 1800, seed=2)


def refused(name: str, args: dict[str, Value], *shape: int) -> Misfit:
    with pytest.raises(Misfit) as caught:
        work(name, args, (Tensor(shape),))
    return caught.value


def test_an_axis_that_is_not_there_is_refused_with_the_range() -> None:
    """Softmax over axis 3 of two axes."""
    misfit = refused("Softmax", {"dim": 3}, 2, 10)
    assert misfit.words == "(2, 10) has 2 axes, so `dim` goes from -2 to 1, and is 3."
    assert misfit.fixes == (Fix({"dim": -1}),)


def test_an_odd_axis_has_no_halves() -> None:
    """GLU names the axis and an even one that would do."""
    misfit = refused("GLU", {}, 4, 7)
    assert misfit.words == "GLU splits axis 1 of (4, 7) into two halves, and 7 is odd."
    assert misfit.fixes[0] == Fix({"dim": 0})


def test_the_question_mark_of_prelu_is_the_number_of_channels() -> None:
    """`prelu ?` on 16 channels has 16 slopes."""
    sheet = work("PReLU", {"num_parameters": UNKNOWN}, (Tensor((1, 16, 8, 8)),))
    assert sheet.solved == {"num_parameters": 16}
    assert sheet.params.value == 16


def test_softmax_without_an_axis_says_which_one_torch_takes() -> None:
    """Axis 0 for 3 axes, which surprises; torch warns, and does not fail."""
    sheet = work("Softmax", {}, (Tensor((2, 3, 4)),))
    assert "takes axis 0" in sheet.notes[0]
