"""Operations that cut a tensor along an axis."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.language.formulas.tensors import axis_of, give, shown, strides_of, whole_numbers
from sandbox.language.formulas.working import Fix, Formula, Working
from sandbox.language.size import Size

_MOST_PIECES = 1000  # more are listed by nobody


def split(w: Working) -> None:
    """Pieces of one size (the last may be smaller), or of the sizes listed."""
    place = _cut_axis(w)
    given = w.x.shape[place]
    wanted = w.args["split_size_or_sections"]
    if isinstance(wanted, tuple):
        _sections(w, place, whole_numbers(w, "split_size_or_sections"))
        return
    size = w.integer("split_size_or_sections")
    w.require(size >= 0, f"split cannot make pieces of size {size}.", Fix({"split_size_or_sections": 1}))
    whole = _known(w, place, "split")
    if size == 0:
        w.require(whole == 0, f"Pieces of size 0 never use up axis {place}, which is {given}.")
        _pieces(w, place, [0])
        return
    count = max(-(-whole // size), 1)
    _affordable(w, count)
    w.line("pieces", "ceil(size / split_size)", f"ceil({whole}/{size})", count)
    _pieces(w, place, [min(size, whole - start * size) for start in range(count)])


def _sections(w: Working, place: int, sections: tuple[int, ...]) -> None:
    w.require(min(sections, default=0) >= 0, f"split cannot make a piece of size {min(sections, default=0)}.")
    given, total = w.x.shape[place], sum(sections)
    filled = " + ".join(str(size) for size in sections)
    words = f"The pieces must use up axis {place}: {filled or 0} = {total}, and it is {given}."
    fixes = []
    if sections and isinstance(given, int):
        fixes = [Fix({"split_size_or_sections": (*sections[:-1], given - total + sections[-1])})]
    w.require_equal(given, total, words, *fixes)
    w.line(f"axis {place}", "the pieces added", filled, total)
    _pieces(w, place, sections)


def chunk(w: Working) -> None:
    """So many pieces of equal size, as far as the axis allows."""
    place = _cut_axis(w)
    chunks, given = w.integer("chunks"), w.x.shape[place]
    w.require(chunks >= 1, f"chunk needs at least one chunk, not {chunks}.", Fix({"chunks": 1}))
    if not isinstance(given, int):
        _affordable(w, chunks)
        w.require_multiple(given, chunks, f"Axis {place} divides into {chunks} equal pieces.")
        w.line("each piece", "size / chunks", f"{given}/{chunks}", given // chunks)
        _pieces(w, place, [given // chunks] * chunks)
        return
    size = -(-given // chunks)
    count = -(-given // size) if size else chunks
    _affordable(w, count)
    w.line("each piece", "ceil(size / chunks)", f"ceil({given}/{chunks})", size)
    if count != chunks:
        w.notes.append(
            f"{count} pieces of {size} already use up the {given}: chunk gives fewer than the {chunks} asked."
        )
    _pieces(w, place, [min(size, given - start * size) for start in range(count)])


def unbind(w: Working) -> None:
    """Every slice along an axis, which disappears."""
    place = _cut_axis(w)
    count = _known(w, place, "unbind")
    _affordable(w, count)
    strides = strides_of(w.x)
    w.line("tensors", f"size of axis {place}", str(count), count)
    for number in range(count):
        _without(w, place, strides, f"output[{number}]")


def narrow(w: Working) -> None:
    """A range of an axis."""
    place = _cut_axis(w)
    start, length, given = w.integer("start"), w.integer("length"), w.x.shape[place]
    w.require(length >= 0, f"narrow cannot take {length} elements.")
    if start < 0:
        w.require_at_least(given, -start, f"`start` = {start} lies before axis {place}, which is {given}.")
        w.require_at_least(-start, length, f"From {start} on there are {-start} elements left, and not {length}.")
    else:
        words = f"{start} + {length} = {start + length} lies past the end of axis {place}, which is {given}."
        room = given - start if isinstance(given, int) else 0
        fixes = (Fix({"length": room}),) if isinstance(room, int) and room > 0 else (Fix({"start": 0}),)
        w.require_at_least(given, start + length, words, *fixes)
    w.line(f"axis {place}", "length", str(length), length)
    _pieces(w, place, [length], name="output")


def select(w: Working) -> None:
    """One slice of an axis, which disappears."""
    place = _cut_axis(w)
    index, given = w.integer("index"), w.x.shape[place]
    words = f"Index {index} is out of range for axis {place}, which is {given}."
    w.require_at_least(given, index + 1 if index >= 0 else -index, words, Fix({"index": 0}), Fix({"index": -1}))
    _without(w, place, strides_of(w.x), "output")


def _cut_axis(w: Working) -> int:
    w.require_inputs(1)
    if not w.x.shape:
        w.refuse(f"{w.stage.name} needs an axis to cut, and a single number has none.")
    return axis_of(w)


def _known(w: Working, place: int, name: str) -> int:
    size = w.x.shape[place]
    if not isinstance(size, int):
        w.refuse(f"How many tensors {name} gives depends on {size}: write that size too.")
    return size


def _affordable(w: Working, count: int) -> None:
    w.require(
        count <= _MOST_PIECES, f"{w.stage.name} would give {count:,} tensors; Stride lists {_MOST_PIECES:,} at most."
    )


def _pieces(w: Working, place: int, sizes: Sequence[Size], name: str | None = None) -> None:
    strides = strides_of(w.x)
    for number, size in enumerate(sizes):
        shape = (*w.x.shape[:place], size, *w.x.shape[place + 1 :])
        give(w, shape, strides=strides, name=name or f"output[{number}]")
    if len(sizes) > 1:
        w.notes.append(f"{w.stage.name} gives a tuple of {len(sizes)} tensors along axis {place}: {shown(sizes)}.")


def _without(w: Working, place: int, strides: Sequence[Size], name: str) -> None:
    shape = (*w.x.shape[:place], *w.x.shape[place + 1 :])
    give(w, shape, strides=(*strides[:place], *strides[place + 1 :]), name=name)


CUTTING: dict[str, Formula] = {
    "split": split,
    "chunk": chunk,
    "unbind": unbind,
    "narrow": narrow,
    "select": select,
}
