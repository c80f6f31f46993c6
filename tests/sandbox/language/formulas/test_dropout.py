"""The dropout layers' closed forms against torch."""

from __future__ import annotations

import pytest

from sandbox.language.formulas.dropout import FORMULAS
from sandbox.language.formulas.working import Fix, Misfit
from sandbox.language.model import Tensor, Value
from tests.sandbox.language.formulas.oracle import assert_agrees, work
from tests.sandbox.language.formulas.questions import Questioner

NAMES = tuple(FORMULAS)


def ask_many(name: str, cases: int, seed: int) -> None:
    ask = Questioner(f"{name} {seed}")
    accepted = 0
    for _ in range(cases):
        shape = [ask.mostly([1, 2, 3], [0]) for _ in range(ask.pick([0, 1, 2, 3, 3, 4, 5]))]
        p: Value = ask.mostly([0.0, 0.5, 1.0, 1, 0.2], [-0.1, 1.5, 50, "a", None, True], 0.15)
        dtype = ask.dtype(share=0.2)
        args = ask.some({"p": p, "inplace": ask.pick([True, False])}, p=0.8, inplace=0.3)
        outcome = assert_agrees(name, args, [(shape, dtype)], training=ask.odds(0.7))
        accepted += outcome.error is None
    assert accepted > cases // 4


@pytest.mark.parametrize("name", NAMES)
def test_random_dropouts_are_what_torch_makes_of_them(name: str) -> None:
    """Shapes, dtypes and refusals, in training and outside it."""
    ask_many(name, 150, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_many_random_dropouts_are_what_torch_makes_of_them(name: str) -> None:
    """The same for many more."""
    ask_many(name, 2500, seed=2)


def test_a_percentage_is_taken_for_a_probability() -> None:
    """`dropout 50` most likely means 0.5."""
    with pytest.raises(Misfit) as caught:
        work("Dropout", {"p": 50}, (Tensor((2, 3)),))
    assert caught.value.fixes == (Fix({"p": 0.5}),)
