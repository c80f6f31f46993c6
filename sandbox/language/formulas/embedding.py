"""What comes out of the embedding layers: a row of a table for each index."""

from __future__ import annotations

from sandbox.language.formulas.checks import COMPLEX, FLOATS, choice, countable, number, weight_dtype, whole
from sandbox.language.formulas.working import Fix, Formula, Working
from sandbox.language.model import FLOAT, Dtype, Tensor
from sandbox.language.size import Size, product

_INDICES = ("int64", "int32")


def _table(w: Working) -> tuple[int, int]:
    """Rows and columns, with what torch refuses while building."""
    name = w.stage.name
    rows, columns = whole(w, "num_embeddings", 0), whole(w, "embedding_dim", 0)
    countable(w, rows, columns)
    padding = w.args.get("padding_idx")
    if padding is not None:
        index = whole(w, "padding_idx")
        fixes = (Fix({"padding_idx": 0}), Fix({"num_embeddings": index + 1})) if index >= rows else ()
        words = f"`padding_idx`={index} is not a row of {name}({rows}, {columns}): the rows are 0 to {rows - 1}."
        w.require(-rows <= index < rows, words, *fixes)
    if w.args.get("max_norm") is not None:
        number(w, "max_norm")
        number(w, "norm_type")
    w.count(rows * columns, f"{rows}*{columns}")
    return rows, columns


def _indices(w: Working, accepted: tuple[str, ...] = _INDICES) -> None:
    if w.x.dtype not in accepted:
        w.refuse(
            f"{w.stage.name} looks rows up by whole numbers, int64 or int32, and cannot take {w.x.dtype}: "
            "write the input as `@ int64 ...`."
        )


def _row_exists(w: Working, rows: int) -> None:
    w.require(rows > 0 or product(w.x.shape) == 0, f"{w.stage.name} has no rows, so every index is out of range.")


def embedding(w: Working) -> None:
    """Every index becomes a row of `embedding_dim` numbers."""
    w.require_inputs(1)
    rows, columns = _table(w)
    weights = weight_dtype(w)
    _indices(w)
    _row_exists(w, rows)
    frozen = w.flag("_freeze") and w.args.get("max_norm") is None
    if weights in COMPLEX and not frozen:
        w.refuse(f"torch cannot train an Embedding of {weights} weights.", Fix({"dtype": Dtype(FLOAT)}))
    w.output((*w.x.shape, columns), dtype=weights)
    w.line("last", "embedding_dim", str(columns), columns)
    w.notes.append(f"Every index must lie between 0 and {rows - 1}." if rows else "The table is empty.")


def embedding_bag(w: Working) -> None:
    """Rows summed, averaged or maximised bag by bag: (bags, embedding_dim)."""
    if not 1 <= len(w.inputs) <= 3:
        w.refuse(f"EmbeddingBag takes indices, offsets and per_sample_weights, and got {len(w.inputs)} tensors.")
    rows, columns = _table(w)
    weights = weight_dtype(w)
    mode = choice(w, "mode", ("sum", "mean", "max"))
    bags = _bags(w)
    for flag in ("scale_grad_by_freq", "sparse"):
        if mode == "max" and w.flag(flag):
            w.refuse(
                f"EmbeddingBag with mode='max' does not go with {flag}=True.", Fix({flag: False}), Fix({"mode": "sum"})
            )
    if weights not in FLOATS:
        w.refuse(f"EmbeddingBag cannot have {weights} weights.", Fix({"dtype": Dtype(FLOAT)}))
    _row_exists(w, rows)
    if len(w.inputs) == 3:
        _sample_weights(w, mode, weights)
    w.output((bags, columns), dtype=weights)
    w.line("bags", "one row a bag", str(bags), bags)
    w.line("last", "embedding_dim", str(columns), columns)
    w.notes.append(f"Every index must lie between 0 and {rows - 1}." if rows else "The table is empty.")


def _bags(w: Working) -> Size:
    """How many bags: rows of a table of indices, or offsets into a list of them."""
    w.require_dims(1, 2, layout="(N, L), or (L,) with offsets")
    if len(w.x.shape) == 2:
        _indices(w)
        if len(w.inputs) > 1:
            w.refuse(f"{w.x} already has a row for each bag, so EmbeddingBag takes no offsets with it.")
        w.require_at_least(w.x.shape[1], 1, f"EmbeddingBag needs at least one index a bag, and {w.x} has none.")
        return w.x.shape[0]
    if len(w.inputs) < 2:
        w.refuse(
            f"EmbeddingBag takes a table of indices (N, L), or a list (L,) together with the offsets where bags begin; "
            f"{w.x} came alone."
        )
    offsets = w.inputs[1]
    whole_numbers = {w.x.dtype, offsets.dtype} <= {"int64", "int32", "int16", "int8", "uint8", "bool"}
    if not whole_numbers or not {w.x.dtype, offsets.dtype} & set(_INDICES):  # the wider of the two counts
        w.refuse(f"EmbeddingBag wants int64 indices and offsets, and got {w.x.dtype} and {offsets.dtype}.")
    if w.args.get("max_norm") is not None:
        _indices(w)
    w.require(len(offsets.shape) == 1, f"Offsets have one axis, and {offsets} has {len(offsets.shape)}.")
    return _begun(w, offsets.shape[0])


def _begun(w: Working, offsets: Size) -> Size:
    """Bags that the offsets begin. Indices before the first bag have none, and torch would write out of bounds."""
    last = w.flag("include_last_offset")
    fixes = [Fix({"include_last_offset": False})] if last and offsets != 0 else []
    if w.x.shape[0] != 0:
        words = f"EmbeddingBag has no bag for the indices {w.x}: {offsets} offset(s) begin none."
        w.require_at_least(offsets, 1 + last, words, *fixes)
    w.require_at_least(offsets, last, "With include_last_offset=True there must be at least one offset.", *fixes)
    return offsets - last


def _sample_weights(w: Working, mode: str, dtype: str) -> None:
    factors: Tensor = w.inputs[2]
    w.require(mode == "sum", f"per_sample_weights need mode='sum', not {mode!r}.", Fix({"mode": "sum"}))
    words = f"per_sample_weights must have the shape of the indices, {w.x}, and have {factors}."
    w.require(len(factors.shape) == len(w.x.shape), words)
    for given, wanted in zip(factors.shape, w.x.shape, strict=True):
        w.require_equal(given, wanted, words)
    w.require(factors.dtype == dtype, f"per_sample_weights must be {dtype} as the table is, and are {factors.dtype}.")


FORMULAS: dict[str, Formula] = {"Embedding": embedding, "EmbeddingBag": embedding_bag}
