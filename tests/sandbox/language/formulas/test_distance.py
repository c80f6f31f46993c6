"""The distances, `nn.Flatten` and `nn.Unflatten` against torch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.language.formulas import distance, flatten
from sandbox.language.model import Value
from tests.sandbox.language.formulas.oracle import Input, assert_agrees, assert_agrees_for_free_sizes
from tests.sandbox.language.formulas.questions import Questioner

Question = tuple[dict[str, Value], list[Input]]
DTYPES = ("float32", "float64", "float16", "int64", "uint8", "bool")


def shape(ask: Questioner, least: int = 0, most: int = 4) -> list[int]:
    return [ask.pick([1, 2, 3, 4]) for _ in range(ask.pick(range(least, most + 1)))]


def vectors(ask: Questioner) -> list[Input]:
    first = shape(ask)
    second = [1 if ask.odds(0.2) else size for size in first][ask.mostly([0], [1, 2], 0.2) :]
    if ask.odds(0.1):
        second = shape(ask)
    return [(first, ask.mostly(["float32"], DTYPES, 0.15)), (second, ask.mostly(["float32"], DTYPES, 0.15))]


def cosine(ask: Questioner) -> Question:
    inputs = vectors(ask)
    return ask.some({"dim": ask.pick([-3, -1, 0, 1, 2, 3]), "eps": 1e-6}, dim=0.6, eps=0.1), inputs


def pairwise(ask: Questioner) -> Question:
    args: dict[str, Value] = {
        "p": ask.pick([1, 2.0, 0, float("inf"), -1.0]),
        "eps": 0.1,
        "keepdim": ask.pick([True, False]),
    }
    return ask.some(args, p=0.4, eps=0.1, keepdim=0.5), vectors(ask)


def flat(ask: Questioner) -> Question:
    args: dict[str, Value] = {
        "start_dim": ask.pick([-3, -1, 0, 1, 2, 4]),
        "end_dim": ask.pick([-3, -2, -1, 0, 1, 2, 4]),
    }
    return ask.some(args, start_dim=0.5, end_dim=0.5), [(shape(ask), ask.mostly(["float32"], DTYPES))]


def unflat(ask: Questioner) -> Question:
    x = shape(ask, 1) if ask.odds(0.95) else []
    dim = ask.mostly([*range(-len(x), len(x))] or [0], [4, -5])
    if x and ask.odds(0.8) and -len(x) <= dim < len(x):
        parts = ask.pick([(2, 3), (3, 2), (2, 2), (-1, 2), (6,), (1, 6)])
        x[dim] = 6 if ask.odds(0.8) else 4
    else:
        parts = ask.pick([(), (-1, -1), (0, -1), (-2, 3), (7,)])
    return {"dim": dim, "unflattened_size": ask.mostly([parts], [6])}, [x]


QUESTIONS: dict[str, Callable[[Questioner], Question]] = {
    "CosineSimilarity": cosine,
    "PairwiseDistance": pairwise,
    "Flatten": flat,
    "Unflatten": unflat,
}


def compare(name: str, seed: int) -> None:
    args, inputs = QUESTIONS[name](Questioner(f"{name} {seed}"))
    assert_agrees(name, args, inputs)


def test_every_one_is_asked_about() -> None:
    assert set(QUESTIONS) == {*distance.FORMULAS, *flatten.FORMULAS}


@pytest.mark.parametrize("name", QUESTIONS)
def test_it_gives_what_torch_gives(name: str) -> None:
    for seed in range(150):
        compare(name, seed)


@pytest.mark.long
@pytest.mark.parametrize("name", QUESTIONS)
def test_it_gives_what_torch_gives_thousands_of_times(name: str) -> None:
    for seed in range(150, 3000):
        compare(name, seed)


@pytest.mark.parametrize("free", [{0: "N"}, {1: "C"}, {0: "N", 2: "L"}, {0: "N", 1: "C", 2: "L"}])
def test_flattening_holds_for_every_size(free: dict[int, str]) -> None:
    for start in (0, 1, 2):
        assert_agrees_for_free_sizes("Flatten", {"start_dim": start}, (2, 6, 5), free)
    for parts in ((2, 3), (-1, 2), (5, -1)):
        assert_agrees_for_free_sizes("Unflatten", {"dim": 1, "unflattened_size": parts}, (2, 6, 5), free)
