"""The embedding layers' closed forms against torch; every index is 0."""

from __future__ import annotations

import pytest

from sandbox.language.formulas.working import Misfit
from sandbox.language.model import Dtype, Tensor, Value
from sandbox.language.size import symbol
from tests.sandbox.language.formulas.oracle import Input, assert_agrees, work
from tests.sandbox.language.formulas.questions import Questioner

WEIGHTS = ("float64", "float16", "bfloat16", "complex64", "int64")


def arguments(name: str, ask: Questioner) -> dict[str, Value]:
    rows = ask.mostly([1, 3, 5], [0, -1])
    args: dict[str, Value] = {
        "num_embeddings": rows,
        "embedding_dim": ask.mostly([1, 4], [0, -1]),
        "padding_idx": ask.mostly([0, rows - 1, -rows], [rows, -rows - 1]),
        "max_norm": ask.mostly([1.0, 2], ["a"]),
        "scale_grad_by_freq": ask.pick([True, False]),
        "sparse": ask.pick([True, False]),
        "dtype": Dtype(ask.pick(WEIGHTS)),
    }
    shares = {"padding_idx": 0.2, "max_norm": 0.15, "scale_grad_by_freq": 0.1, "sparse": 0.1, "dtype": 0.1}
    if name == "EmbeddingBag":
        args |= {"mode": ask.mostly(["sum", "mean", "max"], ["min"]), "include_last_offset": ask.pick([True, False])}
        shares |= {"mode": 0.7, "include_last_offset": 0.3}
    return ask.some(args, **shares)


def inputs_for(name: str, ask: Questioner, dtype: str) -> list[Input]:
    kind = ask.mostly(["int64"], ["int32", "float32", "int16", "uint8", "bool", "float64"], 0.1)
    size = ask.mostly([1, 2, 3], [0])
    if name == "Embedding":
        return [([ask.mostly([1, 2, 3], [0]) for _ in range(ask.pick([0, 1, 2, 3]))], kind)]
    indices = ask.pick([[size], [2, size]])
    if ask.odds(0.05):
        indices = ask.pick([[], [2, 2, 2]])
    offsets = [ask.mostly([1, 2, 3], [0])] if size == 0 else [ask.pick([1, 2, 3])]  # no bag at all: torch may crash
    found: list[Input] = [(indices, kind)]
    if len(indices) == 1 and ask.odds(0.9):
        found.append((ask.mostly([offsets], [[2, 2], []]), ask.mostly(["int64"], ["int32", "float32", "int16"])))
        if ask.odds(0.3):
            found.append((ask.mostly([indices], [[7], []]), ask.mostly([dtype], ["float64"])))
    elif ask.odds(0.05):
        found.append((offsets, "int64"))
    return found


def ask_many(name: str, cases: int, seed: int) -> None:
    ask = Questioner(f"{name} {seed}")
    accepted = 0
    for _ in range(cases):
        args = arguments(name, ask)
        weights = args.get("dtype")
        inputs = inputs_for(name, ask, weights.name if isinstance(weights, Dtype) else "float32")
        outcome = assert_agrees(name, args, inputs, training=ask.odds(0.7))
        accepted += outcome.error is None
    assert accepted > cases // 4


@pytest.mark.parametrize("name", ["Embedding", "EmbeddingBag"])
def test_random_embeddings_are_what_torch_makes_of_them(name: str) -> None:
    """Shapes, dtypes, parameters and refusals, with offsets and sample weights."""
    ask_many(name, 200, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("name", ["Embedding", "EmbeddingBag"])
def test_many_random_embeddings_are_what_torch_makes_of_them(name: str) -> None:
    """The same for many more."""
    ask_many(name, 4000, seed=2)


def test_fractions_are_no_indices() -> None:
    """A float32 input names the way out."""
    with pytest.raises(Misfit, match="whole numbers, int64 or int32, and cannot take float32"):
        work("Embedding", {"num_embeddings": 10, "embedding_dim": 3}, (Tensor((2, 3)),))
    assert assert_agrees("Embedding", {"num_embeddings": 10, "embedding_dim": 3}, [(2, 3)]).error is not None


def test_indices_without_a_bag_are_refused() -> None:
    """No offsets for three indices: torch writes outside its memory, and so is not asked here."""
    args: dict[str, Value] = {"num_embeddings": 5, "embedding_dim": 2}
    with pytest.raises(Misfit, match=r"no bag for the indices \(3,\)"):
        work("EmbeddingBag", args, (Tensor((3,), "int64"), Tensor((0,), "int64")))


def test_a_vocabulary_may_be_absurd() -> None:
    """10^12 rows are counted at once; more bytes than torch can count are refused."""
    sheet = work("Embedding", {"num_embeddings": 10**12, "embedding_dim": 64}, (Tensor((2, 3), "int64"),))
    assert sheet.params.value == 64 * 10**12
    with pytest.raises(Misfit, match="bytes that torch can count"):
        work("Embedding", {"num_embeddings": 10**18, "embedding_dim": 64}, (Tensor((2, 3), "int64"),))


def test_letters_for_the_batch_and_the_length() -> None:
    """(N, L) becomes (N, L, embedding_dim)."""
    indices = Tensor((symbol("N"), symbol("L")), "int64")
    sheet = work("Embedding", {"num_embeddings": 10, "embedding_dim": 3}, (indices,))
    assert str(sheet.outputs[0].tensor) == "(N, L, 3)"
