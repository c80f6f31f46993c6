"""Every tensor operation against torch: shapes, dtypes, and whether it fails."""

from __future__ import annotations

import random

import pytest

from sandbox.language.conditions import holds
from sandbox.language.formulas.working import Assumed, Misfit, Working
from sandbox.language.layers.registry import OPS
from sandbox.language.model import Tensor, Value
from sandbox.language.size import Size, evaluate, symbol
from tests.sandbox.language.formulas.ops import QUESTIONS, Args, ask_formula, ask_torch, work
from tests.sandbox.language.formulas.versions import tolerated


def compare(name: str, seed: int) -> None:
    with tolerated(name):
        _compare(name, seed)


def _compare(name: str, seed: int) -> None:
    args, inputs = QUESTIONS[name](random.Random(f"{name} {seed}"))  # noqa: S311 - seeded, so that a failure comes back
    truth, formula = ask_torch(name, args, inputs), ask_formula(name, args, inputs)
    question = f"{name}({args}) on {[(str(x), x.dtype) for x in inputs]}\n  torch:   {truth}\n  formula: {formula}"
    assert isinstance(truth, str) == isinstance(formula, str), f"one of them refuses {question}"
    assert isinstance(truth, str) or truth == formula, f"different outputs of {question}"


def compare_free(name: str, seed: int) -> None:
    """The same questions with letters for some sizes: what is said of the letters holds at the numbers."""
    with tolerated(name):
        _compare_free(name, seed)


def _compare_free(name: str, seed: int) -> None:
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


def read(name: str, *shapes: tuple[int, ...], **args: Value) -> list[str]:
    """The worked lines as a reader sees them."""
    lines = work(name, args, [Tensor(shape) for shape in shapes]).lines
    return [f"{line.axis}: {line.filled} = {line.value}" for line in lines]


def refusal(name: str, *inputs: Tensor, **args: Value) -> Misfit:
    with pytest.raises(Misfit) as caught:
        work(name, args, inputs)
    return caught.value


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (read("cat", (2, 3), (4, 3)), ["axis 0: 2 + 4 = 6"]),
        (read("view", (32, 16, 4), shape=(32, -1)), ["elements: 32*16*4 = 2048", "-1: 2048/32 = 64"]),
        (read("flatten", (2, 3, 4), start_dim=1), ["axes 1 to 2: 3*4 = 12"]),
        (read("broadcast", (8, 1, 6), (7, 1)), ["axis -3: 8 = 8", "axis -2: 1 with 7 = 7", "axis -1: 6 with 1 = 6"]),
        (read("matmul", (3, 4), (4, 5)), ["inner: 4 = 4 = 4"]),
        (read("repeat", (2, 3), repeats=(4, 1)), ["axis 0: 2*4 = 8", "axis 1: 3*1 = 3"]),
        (read("pad", (2, 3), pad=(1, 2)), ["axis 1: 3 + 1 + 2 = 6"]),
        (read("split", (7, 2), split_size_or_sections=3), ["pieces: ceil(7/3) = 3"]),
    ],
)
def test_the_working_shows_the_numbers(lines: list[str], expected: list[str]) -> None:
    assert lines == expected


@pytest.mark.parametrize(
    ("misfit", "words", "fix"),
    [
        (refusal("view", Tensor((32, 3, 32)), shape=(32, 100)), "3200 elements", {"shape": (32, 96)}),
        (refusal("view", Tensor((2, 6)), shape=(-1, -1)), "2 times -1", {"shape": (2, -1)}),
        (refusal("permute", Tensor((2, 3, 4)), dims=(0, 2)), "names every axis once", {"dims": (0, 2, 1)}),
        (refusal("cat", Tensor((2, 3)), Tensor((2, 5))), "axis 1 is 3 in (2, 3), 5 in (2, 5)", {"dim": 1}),
        (
            refusal("split", Tensor((7,)), split_size_or_sections=(2, 4)),
            "2 + 4 = 6, and it is 7",
            {"split_size_or_sections": (2, 5)},
        ),
        (refusal("expand", Tensor((2, 3)), size=(4, 3)), "axis 0 of (2, 3) is 2", {"size": (-1, 3)}),
        (refusal("select", Tensor((2, 3)), dim=0, index=2), "out of range", {"index": 0}),
    ],
)
def test_a_refusal_has_the_numbers_and_a_change_that_works(misfit: Misfit, words: str, fix: dict[str, Value]) -> None:
    assert words in misfit.words
    assert fix in [dict(each.args) for each in misfit.fixes]


def test_a_wrong_inner_size_says_how_it_would_fit() -> None:
    words = refusal("matmul", Tensor((3, 4)), Tensor((5, 4))).words
    assert "Transposed, the second would be (4, 5) and fit" in words
    assert "The other way round they fit" in refusal("mm", Tensor((3, 4)), Tensor((2, 3))).words


def test_a_view_of_moved_axes_offers_contiguous() -> None:
    moved = work("transpose", {"dim0": 0, "dim1": 1}, [Tensor((2, 3))]).outputs[0].tensor
    (fix,) = refusal("view", moved, shape=(6,)).fixes
    assert fix.insert is not None
    assert fix.insert.name == "contiguous"
    assert ask_formula("reshape", {"shape": (6,)}, [moved]) == [((6,), "float32")]


@pytest.mark.long
@pytest.mark.parametrize("name", QUESTIONS)
def test_what_comes_out_is_what_torch_gives_thousands_of_times(name: str) -> None:
    for seed in range(120, 3000):
        compare(name, seed)
        compare_free(name, seed)
