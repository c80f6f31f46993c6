"""The resampling layers' closed forms against torch."""

from __future__ import annotations

import pytest

from sandbox.language.formulas.resampling import FORMULAS
from sandbox.language.model import Value
from tests.sandbox.language.formulas.oracle import assert_agrees, assert_agrees_for_free_sizes
from tests.sandbox.language.formulas.questions import Questioner

NAMES = tuple(FORMULAS)
MODES = {1: ["linear"], 2: ["bilinear", "bicubic"], 3: ["trilinear"]}
EXACT = (1, 2, 3, 0.5, 1.5, 2.0, 0.25)


def factors(axes: int, ask: Questioner) -> Value:
    """A scale, or one for each axis: exact in binary or not, and wrong ones."""
    wrong = [0, -1, 0.1, float("inf"), 0.0]
    if ask.odds(0.6):
        return ask.mostly([*EXACT, 0.7, 1.1, 2.3], wrong)
    return tuple(ask.mostly(EXACT, wrong) for _ in range(ask.mostly([axes], [1, 4])))


def arguments(name: str, axes: int, ask: Questioner) -> dict[str, Value]:
    sizes = tuple(ask.mostly([1, 3, 8], [0, -1]) for _ in range(ask.mostly([axes], [1, 4])))
    args: dict[str, Value] = {"size": sizes if ask.odds(0.5) else ask.mostly([1, 4, 7], [0, -1])}
    if ask.odds(0.7):
        args = {"scale_factor": factors(axes, ask)}
    if ask.odds(0.05):
        args = ask.pick([{}, args | {"size": 3, "scale_factor": 2}])
    if name != "Upsample":
        return args
    mode = ask.mostly(
        ["nearest", "area", "nearest-exact", *MODES[axes] * 2], ["linear", "bilinear", "lanczos", "cubic"]
    )
    flags: dict[str, Value] = {
        "mode": mode,
        "align_corners": ask.pick([True, False]),
        "recompute_scale_factor": ask.pick([True, False]),
    }
    return args | ask.some(flags, align_corners=0.2, recompute_scale_factor=0.2)


def exact(scale: Value) -> bool:
    """Whether a product with this scale is the same in binary and on paper."""
    return all(each in EXACT for each in (scale if isinstance(scale, tuple) else (scale,)))


def ask_many(name: str, cases: int, seed: int) -> None:
    ask = Questioner(f"{name} {seed}")
    accepted = 0
    for _ in range(cases):
        axes = ask.mostly([2], [1, 3], 0.5 if name == "Upsample" else 0.1)
        args = arguments(name, axes, ask)
        shape, dtype = ask.shape(axes, ask.pick([1, 2])), ask.dtype(share=0.1)
        accepted += assert_agrees(name, args, [(shape, dtype)]).error is None
        if dtype == "float32" and 0 not in shape and exact(args.get("scale_factor", 1)):
            assert_agrees_for_free_sizes(name, args, shape, ask.free(shape))
    assert accepted > cases // 4


@pytest.mark.parametrize("name", NAMES)
def test_random_resizings_are_what_torch_makes_of_them(name: str) -> None:
    """Shapes, dtypes and refusals, for right and wrong arguments and inputs."""
    ask_many(name, 150 if name != "Upsample" else 600, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_many_random_resizings_are_what_torch_makes_of_them(name: str) -> None:
    """The same for many more."""
    ask_many(name, 1200, seed=2)
