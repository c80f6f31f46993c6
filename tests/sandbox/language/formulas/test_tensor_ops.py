"""Every tensor operation against torch: shapes, dtypes, and whether it fails."""

from __future__ import annotations

import random

import pytest

from sandbox.language.conditions import holds
from sandbox.language.formulas.working import Assumed, Misfit, Working
from sandbox.language.layers.registry import OPS
from sandbox.language.model import Tensor
from sandbox.language.size import Size, evaluate, symbol
from tests.sandbox.language.formulas.ops import QUESTIONS, Args, ask_formula, ask_torch, work


def compare(name: str, seed: int) -> None:
    args, inputs = QUESTIONS[name](random.Random(f"{name} {seed}"))  # noqa: S311 - seeded, so that a failure comes back
    truth, formula = ask_torch(name, args, inputs), ask_formula(name, args, inputs)
    question = f"{name}({args}) on {[(str(x), x.dtype) for x in inputs]}\n  torch:   {truth}\n  formula: {formula}"
    assert isinstance(truth, str) == isinstance(formula, str), f"one of them refuses {question}"
    assert isinstance(truth, str) or truth == formula, f"different outputs of {question}"


def compare_free(name: str, seed: int) -> None:
    """The same questions with letters for some sizes: what is said of the letters holds at the numbers."""
    pick = random.Random(f"free {name} {seed}")  # noqa: S311 - seeded, so that a failure comes back
    args, inputs = QUESTIONS[name](pick)
    if any(0 in tensor.shape for tensor in inputs):
        return  # a free size is at least 1
    truth = ask_torch(name, args, inputs)
    letters = {letter: pick.choice((1, 2, 3, 4, 6)) for letter in "NCL"}
    by_size = {size: letter for letter, size in letters.items()}
    free = [Tensor(tuple(_letter(pick, by_size, size) for size in tensor.shape), tensor.dtype) for tensor in inputs]
    question = f"{name}({args}) on {[(str(x), x.dtype) for x in free]} at {letters}\n  torch:   {truth}"
    said = _said(name, args, free, letters)
    if isinstance(said, Misfit):
        assert "depends on" in said.words or isinstance(truth, str), f"refused ({said.words}): {question}"
        return
    if isinstance(said, Assumed):
        stretches = name in {"expand", "broadcast", "matmul", "einsum"} and letters[said.name] == 1
        assert stretches or isinstance(truth, str), f"assumed {said.args}: {question}"
        return
    working = said
    if not all(holds(condition, letters) for condition in working.conditions):
        narrower = name in {"squeeze", "chunk", "broadcast", "matmul", "einsum"}  # an answer for most sizes, not all
        assert narrower or isinstance(truth, str), f"conditions {working.conditions}: {question}"
        return
    outputs = [
        (tuple(evaluate(size, letters) for size in output.tensor.shape), output.tensor.dtype)
        for output in working.outputs
    ]
    assert outputs == truth, f"{outputs}: {question}"


def _said(name: str, args: Args, free: list[Tensor], letters: dict[str, int]) -> Working | Misfit | Assumed:
    """The formula's sheet; `Assumed` where it insists on another number than the letter stands for."""
    try:
        return work(name, args, free)
    except Misfit as misfit:
        return misfit
    except Assumed as assumed:
        if letters[assumed.name] != assumed.value:
            return assumed
        values = {assumed.name: assumed.value}
        return _said(name, args, [tensor.with_sizes(values) for tensor in free], letters)


def _letter(pick: random.Random, letters: dict[int, str], size: Size) -> Size:
    assert isinstance(size, int)
    return symbol(letters[size]) if size in letters and pick.random() < 0.6 else size


def test_every_operation_is_asked_about() -> None:
    assert set(QUESTIONS) == set(OPS)


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_comes_out_is_what_torch_gives(name: str) -> None:
    for seed in range(120):
        compare(name, seed)


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_is_said_of_free_sizes_holds_for_numbers(name: str) -> None:
    for seed in range(80):
        compare_free(name, seed)


@pytest.mark.long
@pytest.mark.parametrize("name", QUESTIONS)
def test_what_comes_out_is_what_torch_gives_thousands_of_times(name: str) -> None:
    for seed in range(120, 5000):
        compare(name, seed)
        compare_free(name, seed)
