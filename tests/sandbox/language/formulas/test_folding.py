"""Fold, Unfold and the shuffles against torch."""

from __future__ import annotations

import pytest

from sandbox.language.formulas.folding import FORMULAS
from sandbox.language.model import Value
from tests.sandbox.language.formulas.oracle import assert_agrees, assert_agrees_for_free_sizes
from tests.sandbox.language.formulas.questions import Questioner

NAMES = tuple(FORMULAS)


def windows(ask: Questioner) -> dict[str, Value]:
    args: dict[str, Value] = {
        "kernel_size": ask.spread(2, [1, 2, 3], [0, -1, 6]),
        "stride": ask.spread(2, [1, 2, 3], [0, -1]),
        "padding": ask.spread(2, [0, 1, 2], [-1]),
        "dilation": ask.spread(2, [1, 2], [0, -1]),
    }
    return ask.some(args, stride=0.5, padding=0.5, dilation=0.3)


def at(args: dict[str, Value], name: str, axis: int, default: int) -> int:
    value = args.get(name, default)
    number = value[min(axis, len(value) - 1)] if isinstance(value, tuple) else value
    return number if isinstance(number, int) else default


def columns(args: dict[str, Value], ask: Questioner) -> list[int]:
    """An input for Fold that is mostly right."""
    area, blocks = 1, 1
    for axis in (0, 1):
        size, k, s = (at(args, name, axis, 1) for name in ("output_size", "kernel_size", "stride"))
        p, d = at(args, "padding", axis, 0), at(args, "dilation", axis, 1)
        area *= max(k, 0)
        blocks *= max((size + 2 * p - d * (k - 1) - 1) // (s or 1) + 1, 0)
    shape = [ask.mostly([1, 2], [0]), ask.mostly([area, 2 * area], [0, 1, 7]), ask.mostly([blocks], [0, 1, 16])]
    return shape[1:] if ask.odds(0.3) else ask.mostly([shape], [[1, *shape], shape[:1]])


def question(name: str, ask: Questioner) -> tuple[dict[str, Value], list[int]]:
    factor = ask.mostly([1, 2, 3], [0, -1])
    if name == "Unfold":
        return windows(ask), ask.shape(2, ask.pick([1, 2]))
    if name == "Fold":
        args = {"output_size": ask.spread(2, [3, 4, 5, 6], [0, 1, -2])} | windows(ask)
        return args, columns(args, ask)
    if name == "ChannelShuffle":
        return {"groups": factor}, ask.shape(2, abs(factor) * ask.pick([1, 2]))
    if name == "PixelShuffle":
        return {"upscale_factor": factor}, ask.shape(2, factor**2 * ask.pick([1, 2]))
    return {"downscale_factor": factor}, ask.shape(2, ask.pick([1, 2]), [max(factor, 1), 6])


def ask_many(name: str, cases: int, seed: int) -> None:
    ask = Questioner(f"{name} {seed}")
    accepted = 0
    for _ in range(cases):
        args, shape = question(name, ask)
        dtype = ask.dtype(share=0.1)
        accepted += assert_agrees(name, args, [(shape, dtype)]).error is None
        if dtype == "float32" and 0 not in shape:
            assert_agrees_for_free_sizes(name, args, shape, ask.free(shape))
    assert accepted > cases // 4


@pytest.mark.parametrize("name", NAMES)
def test_random_folds_and_shuffles_are_what_torch_makes_of_them(name: str) -> None:
    """Shapes, dtypes and refusals, for right and wrong arguments and inputs."""
    ask_many(name, 150, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_many_random_folds_and_shuffles_are_what_torch_makes_of_them(name: str) -> None:
    """The same for many more."""
    ask_many(name, 1200, seed=2)
