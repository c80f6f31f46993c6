"""The linear layers' closed forms against torch."""

from __future__ import annotations

import pytest

from sandbox.language.formulas.working import Fix, Misfit
from sandbox.language.model import UNKNOWN, Dtype, Stage, Tensor, Value
from tests.sandbox.language.formulas.oracle import Input, assert_agrees, assert_agrees_for_free_sizes, work
from tests.sandbox.language.formulas.questions import Questioner

NAMES = ("Linear", "LazyLinear", "Bilinear", "Identity")
WEIGHTS = ("float64", "float16", "bfloat16", "complex64", "int64")


def question(name: str, ask: Questioner) -> tuple[dict[str, Value], list[Input]]:
    """Arguments and inputs that mostly fit."""
    left, right = ask.pick([1, 2, 3, 4]), ask.pick([1, 2, 3])
    args: dict[str, Value] = {"out_features": ask.mostly([1, 3, 5], [0, -1]), "bias": ask.pick([True, False])}
    rows = [ask.mostly([1, 2, 3], [0]) for _ in range(ask.pick([0, 1, 1, 2, 3]))]
    dtype = ask.dtype(share=0.1)
    shapes = [[*rows, left]]
    match name:
        case "Linear":
            args["in_features"] = ask.mostly([left], [0, 7, -1], 0.15)
        case "Bilinear":
            args |= {"in1_features": ask.mostly([left], [0, 5, -1]), "in2_features": ask.mostly([right], [0, 5, -1])}
            shapes.append([*ask.mostly([rows], [[2], [], [*rows, 1]], 0.1), right])
        case "Identity":
            args = {}
    if ask.odds(0.1) and name != "Identity":
        args["dtype"] = Dtype(dtype := ask.pick(WEIGHTS))
    shapes = ask.mostly([shapes], [[[]] * len(shapes), shapes * 2])
    return args, [(shape, dtype) for shape in shapes]


def ask_many(name: str, cases: int, seed: int) -> None:
    ask = Questioner(f"{name} {seed}")
    accepted = 0
    for _ in range(cases):
        args, inputs = question(name, ask)
        real = not str(args.get("dtype")).count("complex")
        outcome = assert_agrees(name, args, inputs, macs=real and name != "Bilinear" and ask.odds(0.3))
        accepted += outcome.error is None
        first, dtype = inputs[0]
        if dtype == "float32" and isinstance(first, list) and 0 not in first:  # a letter stands for 1 or more
            free = {axis: letter for axis, letter in enumerate("NLMK"[: len(first)]) if ask.odds(0.5)}
            assert_agrees_for_free_sizes(name, args, first, free, others=inputs[1:])
    assert accepted > cases // 3


@pytest.mark.parametrize("name", NAMES)
def test_random_linear_layers_are_what_torch_makes_of_them(name: str) -> None:
    """Shapes, parameters, multiply-adds and refusals, for right and wrong arguments and inputs."""
    ask_many(name, 150, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_many_random_linear_layers_are_what_torch_makes_of_them(name: str) -> None:
    """The same for many more."""
    ask_many(name, 2500, seed=2)


def refused(name: str, args: dict[str, Value], *shapes: tuple[int, ...]) -> Misfit:
    with pytest.raises(Misfit) as caught:
        work(name, args, tuple(Tensor(shape) for shape in shapes))
    return caught.value


def test_the_question_mark_is_the_size_of_the_last_axis() -> None:
    """`linear ? 10` on 4096 features has in_features=4096."""
    sheet = work("Linear", {"in_features": UNKNOWN, "out_features": 10}, (Tensor((32, 4096)),))
    assert sheet.solved == {"in_features": 4096}
    assert sheet.params.worked == "4096*10 + 10"
    assert sheet.macs.worked == "32*4096*10"


def test_a_missing_flatten_is_the_first_thing_to_try() -> None:
    """Where all axes but the batch multiply to in_features, a flatten was forgotten."""
    misfit = refused("Linear", {"in_features": 48, "out_features": 10}, (2, 3, 4, 4))
    assert "wants 48 features on the last axis, and (2, 3, 4, 4) has 4 there" in misfit.words
    assert misfit.fixes[0] == Fix(insert=Stage("op", "flatten", {"start_dim": 1}))
    assert misfit.fixes[1] == Fix({"in_features": 4})


def test_an_axis_in_the_wrong_place_is_moved() -> None:
    """Features on an axis that is not the last suggest a transpose."""
    misfit = refused("Linear", {"in_features": 20, "out_features": 10}, (2, 20, 7))
    assert misfit.fixes[0] == Fix(insert=Stage("op", "transpose", {"dim0": 1, "dim1": 2}))


def test_a_weight_that_torch_cannot_count_is_refused_at_once() -> None:
    """10^12 by 10^12 float32 weights have more than 2^63 - 1 bytes."""
    misfit = refused("Linear", {"in_features": 10**12, "out_features": 10**12}, (1, 10**12))
    assert "1,000,000,000,000 x 1,000,000,000,000" in misfit.words
