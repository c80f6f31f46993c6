"""The padding layers' closed forms against torch."""

from __future__ import annotations

import pytest

from sandbox.language.formulas.padding import FORMULAS
from sandbox.language.model import Value
from tests.sandbox.language.formulas.oracle import assert_agrees, assert_agrees_for_free_sizes
from tests.sandbox.language.formulas.questions import Questioner

NAMES = tuple(FORMULAS)


def arguments(name: str, ask: Questioner) -> dict[str, Value]:
    axes = int(name[-2])
    sides = 2 * ask.mostly([axes], [1, 2, 3, 4], 0.1) + ask.mostly([0], [1])
    numbers = tuple(ask.mostly([0, 1, 2], [-1, -2, 3, 5, -5], 0.2) for _ in range(sides))
    if name.startswith("Circular") and max(numbers) > 0:  # mixed signs: torch reads what it has just written
        numbers = tuple(max(number, 0) for number in numbers)
    args: dict[str, Value] = {"padding": numbers if ask.odds(0.6) else numbers[0]}
    return args | ({"value": ask.pick([0, 1.5, -3])} if name.startswith("Constant") else {})


def ask_many(name: str, cases: int, seed: int) -> None:
    ask = Questioner(f"{name} {seed}")
    accepted = 0
    for _ in range(cases):
        args = arguments(name, ask)
        shape, dtype = ask.shape(int(name[-2]), ask.pick([1, 2, 3])), ask.dtype(share=0.1)
        if 0 in shape and "-" in str(args["padding"]):  # torch then makes tensors of negative sizes
            args["padding"] = 1
        accepted += assert_agrees(name, args, [(shape, dtype)]).error is None
        if dtype == "float32" and 0 not in shape:
            assert_agrees_for_free_sizes(name, args, shape, ask.free(shape))
    assert accepted > cases // 4


@pytest.mark.parametrize("name", NAMES)
def test_random_paddings_are_what_torch_makes_of_them(name: str) -> None:
    """Shapes, dtypes and refusals, for positive and negative padding and right and wrong inputs."""
    ask_many(name, 150, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_many_random_paddings_are_what_torch_makes_of_them(name: str) -> None:
    """The same for many more."""
    ask_many(name, 1200, seed=2)
