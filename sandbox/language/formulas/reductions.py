"""Operations that fold axes into one number each."""

from __future__ import annotations

from sandbox.language.formulas.tensors import axis_of, different_axes, give, summed_dtype, whole_numbers
from sandbox.language.formulas.working import Fix, Formula, Working
from sandbox.language.model import INTEGER
from sandbox.language.size import Size


def total(w: Working) -> None:
    """Sums: whole numbers add up in int64."""
    _keepdim_with_dim(w)
    _over_any_axes(w, summed_dtype(w.x.dtype))


def mean(w: Working) -> None:
    """Means, of numbers with fractions only."""
    w.require(
        summed_dtype(w.x.dtype) != INTEGER,
        f"The mean of {w.x.dtype} numbers is no {w.x.dtype}: convert to float first.",
    )
    _keepdim_with_dim(w)
    _over_any_axes(w, w.x.dtype)


def extreme(w: Working) -> None:
    """`amax` and `amin`: the values alone."""
    _ordered(w)
    _over_any_axes(w, w.x.dtype, empty=False)


def extreme_with_place(w: Working) -> None:
    """`max` and `min`: over everything the value alone, over one axis the values and where they stood."""
    _ordered(w)
    if w.args["dim"] is None:
        _keepdim_with_dim(w)
        _fold(w, set(range(len(w.x.shape))), w.x.dtype, empty=False)
        return
    place = _one_axis(w)
    _fold(w, {place}, w.x.dtype, empty=False, name="values")
    _fold(w, {place}, INTEGER, empty=False, name="indices")


def place_of_extreme(w: Working) -> None:
    """`argmax` and `argmin`: where the value stood."""
    _ordered(w)
    w.require(w.x.dtype != "bool", f"{w.stage.name} is not made for bool on the CPU.")
    places = set(range(len(w.x.shape))) if w.args["dim"] is None else {_one_axis(w)}
    _fold(w, places, INTEGER, empty=False)


def _keepdim_with_dim(w: Working) -> None:
    alone = "keepdim" in w.stage.args and "dim" not in w.stage.args
    w.require(not alone, f"{w.stage.name} takes `keepdim` together with `dim` only.", Fix({"dim": -1}))


def _ordered(w: Working) -> None:
    w.require("complex" not in w.x.dtype, f"Complex numbers have no order, so {w.stage.name} is not made for them.")


def _one_axis(w: Working) -> int:
    dim = w.args["dim"]
    w.require(not isinstance(dim, tuple), f"{w.stage.name} takes one axis, not {dim!r}; amax and amin take several.")
    return axis_of(w)


def _over_any_axes(w: Working, dtype: str, *, empty: bool = True) -> None:
    dim = w.args["dim"]
    places = set(range(len(w.x.shape)))
    if dim is not None and dim != ():
        places = set(different_axes(w, "dim", whole_numbers(w, "dim")))
    _fold(w, places, dtype, empty=empty)


def _fold(w: Working, places: set[int], dtype: str, *, empty: bool, name: str = "output") -> None:
    """The shape without the folded axes, or with 1 in their place."""
    w.require_inputs(1)
    shape: list[Size] = []
    for place, size in enumerate(w.x.shape):
        if place not in places:
            shape.append(size)
            continue
        if not empty and size == 0:
            w.refuse(f"Axis {place} is empty, and {w.stage.name} of nothing has no value.")
        if w.flag("keepdim"):
            shape.append(1)
        if name != "indices":
            becomes = "1" if w.flag("keepdim") else "nothing"
            w.line(f"axis {place}", f"{w.stage.name} over it leaves {becomes}", f"{size} -> {becomes}", 1)
    give(w, shape, dtype=dtype, name=name)


REDUCTIONS: dict[str, Formula] = {
    "sum": total,
    "mean": mean,
    "amax": extreme,
    "amin": extreme,
    "max": extreme_with_place,
    "min": extreme_with_place,
    "argmax": place_of_extreme,
    "argmin": place_of_extreme,
}
