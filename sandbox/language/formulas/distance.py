"""What comes out of the distances."""

from __future__ import annotations

from sandbox.language.formulas.checks import number
from sandbox.language.formulas.products import stretched
from sandbox.language.formulas.tensors import axis, give, promoted
from sandbox.language.formulas.working import Formula, Working
from sandbox.language.model import FLOAT, Tensor
from sandbox.language.size import Size


def cosine_similarity(w: Working) -> None:
    """One number for each pair of vectors along `dim`."""
    w.require_inputs(2)
    number(w, "eps")
    shape = stretched(w, [tensor.shape for tensor in w.inputs])
    dtype = promoted([Tensor(shape, tensor.dtype) for tensor in w.inputs])  # once stretched, both have the same say
    w.require("float" in dtype, f"CosineSimilarity is made for numbers with fractions, and got {dtype}.")
    place = axis(w, "dim", w.integer("dim"), len(shape))
    w.line(f"axis {place}", "the vectors' axis becomes one number", f"{_size(shape, place)} -> nothing", 1)
    give(w, (*shape[:place], *shape[place + 1 :]), dtype=dtype)


def pairwise_distance(w: Working) -> None:
    """One number for each pair of vectors along the last axis."""
    w.require_inputs(2)
    number(w, "p")
    number(w, "eps")
    left, right = w.inputs
    shape, dtype = difference(w, left, right)
    w.line(
        "last",
        "the vectors' axis becomes one number",
        f"{_size(shape, -1)} -> {1 if w.flag('keepdim') else 'nothing'}",
        1,
    )
    give(w, (*shape[:-1], *((1,) if w.flag("keepdim") and shape else ())), dtype=dtype)


def difference(w: Working, left: Tensor, right: Tensor) -> tuple[tuple[Size, ...], str]:
    """Shape and dtype of `left - right + eps`, whose length is the distance."""
    w.require("bool" not in {left.dtype, right.dtype}, f"{w.stage.name} subtracts, and bool cannot be subtracted.")
    dtype = promoted((left, right))
    return stretched(w, [left.shape, right.shape]), FLOAT if "int" in dtype else dtype


def _size(shape: tuple[Size, ...], place: int) -> Size:
    return shape[place] if shape else 1


FORMULAS: dict[str, Formula] = {"CosineSimilarity": cosine_similarity, "PairwiseDistance": pairwise_distance}
