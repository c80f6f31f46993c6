"""Operations that read the same elements under another shape, or in another order."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.language.formulas.tensors import (
    Strides,
    axis,
    axis_of,
    different_axes,
    give,
    shown,
    strides_of,
    times,
    viewed,
    whole_numbers,
)
from sandbox.language.formulas.working import Fix, Formula, Working
from sandbox.language.model import Stage
from sandbox.language.size import Size, floor_div, product

_FAR = 10_000  # how large a first size may be for the search for one that divides


def view(w: Working) -> None:
    """The same memory under another shape; refused where the memory is not in that order."""
    w.require_inputs(1)
    shape = _inferred(w, "shape", w.x.shape, whole_numbers(w, "shape"))
    give(w, shape, strides=_viewable(w, shape))


def reshape(w: Working) -> None:
    """The same elements under another shape, copied where they are not in that order."""
    w.require_inputs(1)
    shape = _inferred(w, "shape", w.x.shape, whole_numbers(w, "shape"))
    give(w, shape, strides=viewed(w.x, shape))


def _viewable(w: Working, shape: Sequence[Size]) -> Strides:
    strides = viewed(w.x, shape)
    if strides is None:
        w.refuse(
            f"view only relabels memory, and after a change of axes the elements of {w.x} do not lie in the order of "
            f"{shown(shape)}: call .contiguous() first, or use reshape.",
            Fix(insert=Stage("op", "contiguous")),
        )
    return strides


def _inferred(w: Working, name: str, given: Sequence[Size], sizes: Sequence[int]) -> tuple[Size, ...]:
    """The sizes with -1 worked out, once they hold as many elements as `given`."""
    low = min(sizes, default=0)
    if low < -1:
        w.refuse(f"{w.stage.name} cannot make an axis of size {low}; only -1 has a meaning: work this one out.")
    if sizes.count(-1) > 1:
        first = sizes.index(-1)
        fixes = [Fix({name: (*sizes[:first], size, *sizes[first + 1 :])}) for size in given if isinstance(size, int)]
        w.refuse(f"{w.stage.name} can work out one size, and {shown(sizes)} has {sizes.count(-1)} times -1.", *fixes)
    elements = product(given)
    w.line("elements", "the sizes multiplied", times(given), elements)
    known = product(size for size in sizes if size != -1)
    if -1 not in sizes:
        words = f"{shown(sizes)} holds {times(sizes)} = {known} elements, and {shown(given)} has {elements}."
        w.require_equal(elements, known, words, *_resized(name, sizes, elements))
        return tuple(sizes)
    if known == 0:
        w.refuse(f"With an axis of size 0 any number would do for -1 in {shown(sizes)}.")
    others = times([size for size in sizes if size != -1])
    words = f"{elements} elements do not divide into {shown(sizes)}: {elements}/{known} is no whole number."
    w.require_multiple(elements, known, words, *_resized(name, sizes, elements))
    rest = floor_div(elements, known)
    w.line(
        "-1", "elements / the other sizes", f"{elements}/({others})" if "*" in others else f"{elements}/{known}", rest
    )
    return tuple(rest if size == -1 else size for size in sizes)


def _resized(name: str, sizes: Sequence[int], elements: Size) -> tuple[Fix, ...]:
    """One size changed so that the elements fit, the last first: a batch size in front is seldom what is wrong."""
    fixes = []
    for place in range(len(sizes) - 1, -1, -1):
        rest = [size for other, size in enumerate(sizes) if other != place]
        known = product(size for size in rest if size != -1)
        if -1 in rest or known == 0 or not isinstance(elements, int) or elements % known:
            continue
        right = floor_div(elements, known)
        if isinstance(right, int):
            fixes.append(Fix({name: (*sizes[:place], right, *sizes[place + 1 :])}))
    if sizes and isinstance(elements, int) and elements and -1 not in sizes[:1]:
        near = next((size for size in range(min(sizes[0], _FAR), 0, -1) if elements % size == 0), 1)
        fixes.append(Fix({name: (near, *([-1] if len(sizes) > 1 else []))}))
    guesses = {(*sizes[:1], -1), (-1, *sizes[-1:])} - {tuple(sizes), (-1, -1)}
    return (*fixes, *(Fix({name: guess}) for guess in sorted(guesses, reverse=True)))


def flatten(w: Working) -> None:
    """Neighbouring axes become one."""
    w.require_inputs(1)
    start, end = axis_of(w, "start_dim"), axis_of(w, "end_dim")
    if start > end:
        w.refuse(
            f"flatten goes from axis {start} to axis {end}: the first must not come after the last.",
            Fix({"start_dim": end, "end_dim": start}),
        )
    merged = w.x.shape[start : end + 1]
    size = product(merged)
    shape = (*w.x.shape[:start], size, *w.x.shape[end + 1 :])
    if len(merged) != 1:
        span = f"axes {start} to {end}" if merged else "axis 0"
        w.line(span, "the sizes multiplied", times(merged), size)
    give(w, shape, strides=viewed(w.x, shape))


def unflatten(w: Working) -> None:
    """One axis becomes several."""
    w.require_inputs(1)
    place, sizes = axis_of(w), whole_numbers(w, "sizes")
    if not sizes:
        w.refuse("unflatten needs the sizes that the axis becomes.")
    if not w.x.shape:
        w.refuse("unflatten needs an axis to split, and a single number has none.")
    parts = _inferred(w, "sizes", w.x.shape[place : place + 1], sizes)
    shape = (*w.x.shape[:place], *parts, *w.x.shape[place + 1 :])
    give(w, shape, strides=viewed(w.x, shape))


def contiguous(w: Working) -> None:
    """The same tensor, its elements copied into the order of its axes where they are not."""
    w.require_inputs(1)
    give(w, w.x.shape)


def permute(w: Working) -> None:
    """The axes in another order."""
    w.require_inputs(1)
    dims, axes = whole_numbers(w, "dims"), len(w.x.shape)
    if len(dims) != axes:
        rest = tuple(place for place in range(axes) if place not in {dim % max(axes, 1) for dim in dims})
        fixes = (Fix({"dims": (*dims, *rest)}),) if len(dims) < axes else (Fix({"dims": dims[:axes]}),)
        w.refuse(f"permute names every axis once: {w.x} has {axes}, and {shown(dims)} has {len(dims)}.", *fixes)
    order = different_axes(w, "dims", dims)
    _reorder(w, order)


def _reorder(w: Working, order: Sequence[int]) -> None:
    strides = strides_of(w.x)
    for place, source in enumerate(order):
        if place != source:
            w.line(f"axis {place}", f"axis {source} of the input", f"{w.x}[{source}]", w.x.shape[source])
    give(w, [w.x.shape[source] for source in order], strides=tuple(strides[source] for source in order))


def transpose(w: Working) -> None:
    """Two axes swapped."""
    w.require_inputs(1)
    first, second = axis_of(w, "dim0"), axis_of(w, "dim1")
    order = list(range(len(w.x.shape)))
    if order:
        order[first], order[second] = second, first
    _reorder(w, order)


def transpose_matrix(w: Working) -> None:
    """`x.t()`: the two axes of a matrix swapped."""
    w.require_inputs(1)
    if len(w.x.shape) > 2:
        w.refuse(f"t swaps the axes of a matrix, and {w.x} has {len(w.x.shape)}: use transpose with two axes.")
    _reorder(w, tuple(reversed(range(len(w.x.shape)))))


def movedim(w: Working) -> None:
    """Some axes to other places, the rest in their order."""
    w.require_inputs(1)
    source = different_axes(w, "source", whole_numbers(w, "source"))
    goal = different_axes(w, "destination", whole_numbers(w, "destination"))
    if len(source) != len(goal):
        w.refuse(f"movedim got {len(source)} axes to move and {len(goal)} places for them.")
    if not w.x.shape:
        _reorder(w, ())
        return
    stay = iter(place for place in range(len(w.x.shape)) if place not in source)
    moved = dict(zip(goal, source, strict=True))
    _reorder(w, [moved[place] if place in moved else next(stay) for place in range(len(w.x.shape))])


def squeeze(w: Working) -> None:
    """Axes of size 1 dropped: all of them, or the named ones where their size is 1."""
    w.require_inputs(1)
    named = set(range(len(w.x.shape)))
    if w.args["dim"] is not None:
        named = set(different_axes(w, "dim", whole_numbers(w, "dim")))
    kept = []
    for place, size in enumerate(w.x.shape):
        if place in named and size == 1:
            w.line(f"axis {place}", "size 1 is dropped", "1", 1)
            continue
        kept.append(place)
        if place in named and not isinstance(size, int):
            w.require_at_least(size, 2, f"squeeze drops axis {place} where its size is 1.")
    if len(kept) == len(w.x.shape) and w.args["dim"] is not None:
        w.notes.append("squeeze drops axes of size 1 only: this one changes nothing.")
    strides = strides_of(w.x)
    give(w, [w.x.shape[place] for place in kept], strides=tuple(strides[place] for place in kept))


def unsqueeze(w: Working) -> None:
    """A new axis of size 1."""
    w.require_inputs(1)
    axes = len(w.x.shape)
    place = axis(w, "dim", w.integer("dim"), axes + 1)
    strides = strides_of(w.x)
    step = w.x.shape[place] * strides[place] if place < axes else 1
    w.line(f"axis {place}", "a new axis", "1", 1)
    give(w, (*w.x.shape[:place], 1, *w.x.shape[place:]), strides=(*strides[:place], step, *strides[place:]))


def flip(w: Working) -> None:
    """The order along some axes turned round; the shape stays."""
    w.require_inputs(1)
    different_axes(w, "dims", whole_numbers(w, "dims"))
    give(w, w.x.shape)


RESHAPING: dict[str, Formula] = {
    "view": view,
    "reshape": reshape,
    "flatten": flatten,
    "unflatten": unflatten,
    "contiguous": contiguous,
    "permute": permute,
    "transpose": transpose,
    "t": transpose_matrix,
    "movedim": movedim,
    "squeeze": squeeze,
    "unsqueeze": unsqueeze,
    "flip": flip,
}
