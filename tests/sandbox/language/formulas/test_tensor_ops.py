"""Every tensor operation against torch: shapes, dtypes, and whether it fails."""

from __future__ import annotations

import random

import pytest

from sandbox.language.layers.registry import OPS
from tests.sandbox.language.formulas.ops import QUESTIONS, ask_formula, ask_torch


def compare(name: str, seed: int) -> None:
    args, inputs = QUESTIONS[name](random.Random(f"{name} {seed}"))  # noqa: S311 - seeded, so that a failure comes back
    truth, formula = ask_torch(name, args, inputs), ask_formula(name, args, inputs)
    question = f"{name}({args}) on {[(str(x), x.dtype) for x in inputs]}\n  torch:   {truth}\n  formula: {formula}"
    assert isinstance(truth, str) == isinstance(formula, str), f"one of them refuses {question}"
    assert isinstance(truth, str) or truth == formula, f"different outputs of {question}"


def test_every_operation_is_asked_about() -> None:
    assert set(QUESTIONS) == set(OPS)


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_comes_out_is_what_torch_gives(name: str) -> None:
    for seed in range(120):
        compare(name, seed)


@pytest.mark.long
@pytest.mark.parametrize("name", QUESTIONS)
def test_what_comes_out_is_what_torch_gives_thousands_of_times(name: str) -> None:
    for seed in range(120, 5000):
        compare(name, seed)
