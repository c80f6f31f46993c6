"""Losses on vectors and sequences: what is near, what is far, and what lines up."""

from __future__ import annotations

from sandbox.language.formulas.checks import number
from sandbox.language.formulas.distance import difference
from sandbox.language.formulas.products import stretched
from sandbox.language.formulas.reducing import reduce, three
from sandbox.language.formulas.tensors import promoted
from sandbox.language.formulas.working import Fix, Formula, Working
from sandbox.language.model import FLOAT, Tensor
from sandbox.language.size import Size, product


def ranking(w: Working) -> None:
    """MarginRankingLoss: which of two numbers should be larger."""
    first, second, target = three(w, "two rankings and a target of 1 and -1")
    number(w, "margin")
    dims = {len(tensor.shape) for tensor in w.inputs}
    w.require(len(dims) == 1, f"All three need the same number of axes, and are {first}, {second} and {target}.")
    w.require(
        "bool" not in {tensor.dtype for tensor in w.inputs},
        "MarginRankingLoss subtracts, and bool cannot be subtracted.",
    )
    reduce(w, stretched(w, [tensor.shape for tensor in w.inputs]), _float(promoted(w.inputs)))


def cosine(w: Working) -> None:
    """CosineEmbeddingLoss: vectors (N, E) against 1 and -1 (N,), or (E,) against a single one."""
    first, second, target = three(w, "two lists of vectors and a target of 1 and -1")
    number(w, "margin")
    axes = len(target.shape)
    w.require(axes <= 1, f"The target is (N,) or a single number, and not {target}.")
    w.require(
        len(first.shape) == len(second.shape) == axes + 1,
        f"A target {target} goes with vectors {'(N, E)' if axes else '(E,)'}, and got {first} and {second}.",
    )
    shape = stretched(w, [first.shape, second.shape])
    shape = stretched(w, [shape[:-1], target.shape])
    reduce(w, shape, promoted([Tensor(shape, _float(tensor.dtype)) for tensor in (first, second)]))


def triplet(w: Working) -> None:
    """TripletMarginLoss and its twin with another distance: the positive nearer than the negative."""
    anchor, positive, negative = three(w, "anchor, positive and negative")
    margin = number(w, "margin")
    w.require(margin > 0, f"`margin` of {w.stage.name} must be greater than 0, and is {margin}.", Fix({"margin": 1.0}))
    if w.args.get("distance_function") is not None:
        w.refuse("A function cannot be written here: without `distance_function` it is the pairwise distance.")
    dims = {len(tensor.shape) for tensor in w.inputs}
    words = f"All three need the same number of axes, and are {anchor}, {positive} and {negative}."
    w.require(len(dims) == 1, words)
    near, dtype = difference(w, anchor, positive)
    far, other = difference(w, anchor, negative)
    shapes = [near[:-1], far[:-1]]
    if w.flag("swap"):
        shapes.append(difference(w, positive, negative)[0][:-1])
    shape = stretched(w, shapes)
    reduce(w, shape, promoted((Tensor(near[:-1], dtype), Tensor(far[:-1], other))))


def alignment(w: Working) -> None:
    """CTCLoss: log-probabilities (T, N, C), targets (N, S) or all in one row, and a length for each of both."""
    if len(w.inputs) != 4:
        w.refuse(
            f"CTCLoss takes log_probs, targets, input_lengths and target_lengths, and got {len(w.inputs)} tensors."
        )
    scores, targets, lengths, target_lengths = w.inputs
    w.require(len(scores.shape) in {2, 3}, f"log_probs are (T, N, C) or (T, C), and not {scores}.")
    w.require(scores.dtype in {"float32", "float64"}, f"CTCLoss is made for float32, and got {scores.dtype}.")
    for tensor in (lengths, target_lengths):
        w.require("int" in tensor.dtype, f"Lengths are whole numbers, and these are {tensor.dtype}.")
    if "int" not in targets.dtype:
        w.notes.append(f"Targets are class numbers; torch takes {targets.dtype} for them without a word.")
    batch: tuple[Size, ...] = scores.shape[1:2] if len(scores.shape) == 3 else ()
    for tensor, name in ((lengths, "input_lengths"), (target_lengths, "target_lengths")):
        _one_each(w, tensor, batch, name)
    _rows(w, targets, batch)
    blank, classes = w.integer("blank"), scores.shape[-1]
    w.require(blank >= 0, f"`blank` is a class number, and cannot be {blank}.", Fix({"blank": 0}))
    w.require_at_least(classes, blank + 1, f"`blank` = {blank} is no class: there are {classes}.", Fix({"blank": 0}))
    reduce(w, batch, scores.dtype)


def _one_each(w: Working, tensor: Tensor, batch: tuple[Size, ...], name: str) -> None:
    words = f"{name} holds one length a sequence: {Tensor(batch)}, and not {tensor}."
    w.require_equal(product(tensor.shape), batch[0] if batch else 1, words)


def _rows(w: Working, targets: Tensor, batch: tuple[Size, ...]) -> None:
    words = f"targets are (N, S), and not {targets}."
    if len(targets.shape) == 1 and batch:
        words += " All in one row they must be as many as the target lengths say, which no shape tells."
    w.require(len(targets.shape) == 2, words)
    w.require_equal(targets.shape[0], batch[0] if batch else 1, words)


def _float(dtype: str) -> str:
    return FLOAT if "int" in dtype or dtype == "bool" else dtype


EMBEDDING_LOSSES: dict[str, Formula] = {
    "MarginRankingLoss": ranking,
    "CosineEmbeddingLoss": cosine,
    "TripletMarginLoss": triplet,
    "TripletMarginWithDistanceLoss": triplet,
    "CTCLoss": alignment,
}
