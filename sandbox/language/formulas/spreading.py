"""Operations that make a tensor larger: repeat it, pad it, or join it with others."""

from __future__ import annotations

from dataclasses import replace

from sandbox.language.formulas import padding
from sandbox.language.formulas.tensors import (
    axis,
    axis_of,
    give,
    promoted,
    shown,
    strides_of,
    whole_numbers,
)
from sandbox.language.formulas.working import Fix, Formula, Working
from sandbox.language.model import INTEGER, Tensor, Value
from sandbox.language.size import Size

_PADDINGS = {"reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}


def expand(w: Working) -> None:
    """Axes of size 1 read as if they were larger, new ones in front; nothing is copied."""
    w.require_inputs(1)
    sizes = whole_numbers(w, "size")
    new = len(sizes) - len(w.x.shape)
    if new < 0:
        w.refuse(
            f"expand needs a size for each axis: {w.x} has {len(w.x.shape)}, and {shown(sizes)} has {len(sizes)}.",
            Fix({"size": (-1,) * -new + sizes}),
        )
    shape, strides = list[Size](sizes[:new]), list[Size]([0] * new)
    if any(size < 0 for size in sizes[:new]):
        w.refuse(f"-1 keeps an axis as it is, and the first {new} of {shown(sizes)} are new.")
    for place, (given, step) in enumerate(zip(w.x.shape, strides_of(w.x), strict=True), start=new):
        wanted = sizes[place]
        if wanted == -1 or wanted == given:
            shape.append(given)
            strides.append(step)
            continue
        if wanted == 0 and not isinstance(given, int):
            w.refuse(f"Whether axis {place - new} of {w.x} can become 0 depends on {given}: only 1 can.")
        fixes = () if wanted < -1 else (Fix({"size": (*sizes[:place], -1, *sizes[place + 1 :])}),)
        words = (
            f"expand stretches axes of size 1 only: axis {place - new} of {w.x} is {given} and cannot become {wanted}."
        )
        if given != 1 or wanted < 0:
            w.require_equal(given, wanted, words, *fixes)
        w.line(f"axis {place}", "1 read again and again", f"1 -> {wanted}", wanted)
        shape.append(wanted)
        strides.append(0)
    give(w, shape, strides=tuple(strides))


def repeat(w: Working) -> None:
    """Copies along every axis, new axes in front."""
    w.require_inputs(1)
    repeats = whole_numbers(w, "repeats")
    new = len(repeats) - len(w.x.shape)
    if new < 0:
        w.refuse(
            f"repeat needs a number for each axis: {w.x} has {len(w.x.shape)}, {shown(repeats)} has {len(repeats)}.",
            Fix({"repeats": (1,) * -new + repeats}),
        )
    if min(repeats, default=0) < 0:
        w.refuse(f"repeat cannot copy an axis {min(repeats)} times.")
    shape: list[Size] = []
    for place, times in enumerate(repeats):
        size: Size = w.x.shape[place - new] if place >= new else 1
        shape.append(size * times)
        w.line(f"axis {place}", "size * repeats", f"{size}*{times}", size * times)
    give(w, shape)


def pad(w: Working) -> None:
    """`F.pad`: pairs of widths, for the last axis first."""
    w.require_inputs(1)
    widths = whole_numbers(w, "pad")
    axes = len(w.x.shape)
    if len(widths) % 2:
        w.refuse(f"pad takes two widths an axis, before and after, and got {len(widths)} numbers.")
    mode = w.args["mode"]
    if mode != "constant":
        _pad_from_inside(w, mode, widths)
        return
    if len(widths) > 2 * axes:
        w.refuse(
            f"{len(widths)} widths pad {len(widths) // 2} axes, and {w.x} has {axes}.", Fix({"pad": widths[: 2 * axes]})
        )
    shape = list(w.x.shape)
    for pair in range(len(widths) // 2):
        place, before, after = axes - 1 - pair, widths[2 * pair], widths[2 * pair + 1]
        size = shape[place] + before + after
        filled = f"{shape[place]} + {before} + {after}"
        cropped = min(before, 0) + min(after, 0)
        words = f"Padding with {before} and {after} takes {-cropped} from axis {place}, which has {shape[place]}."
        w.require_at_least(shape[place] + cropped, 0, words)
        w.line(f"axis {place}", "size + before + after", filled, size)
        shape[place] = size
    give(w, shape)


def _pad_from_inside(w: Working, mode: Value, widths: tuple[int, ...]) -> None:
    """What the padding layers of `torch.nn` do for the same widths."""
    if mode not in _PADDINGS:
        modes = ("constant", *_PADDINGS)
        w.refuse(f"`mode` of pad is one of {', '.join(modes)}, not {mode!r}.", *(Fix({"mode": word}) for word in modes))
    if w.args["value"]:
        w.refuse(f"pad with mode={mode!r} repeats what is there and takes no `value`.", Fix({"mode": "constant"}))
    formula = padding.FORMULAS.get(f"{_PADDINGS[str(mode)]}Pad{len(widths) // 2}d")
    if formula is None:
        w.refuse(f"pad with mode={mode!r} pads the last 1, 2 or 3 axes, and {len(widths)} widths were written.")
    inner = replace(w, args={"padding": widths}, outputs=[])
    formula(inner)
    give(w, inner.outputs[0].tensor.shape)


def one_hot(w: Working) -> None:
    """A new last axis with a 1 at the class's place."""
    w.require_inputs(1)
    classes = w.integer("num_classes")
    if w.x.dtype != INTEGER:
        w.refuse(f"one_hot takes class numbers ({INTEGER}), and got {w.x.dtype}.")
    if classes == -1:
        w.refuse("With num_classes=-1 the last axis depends on the largest class in the data: write the number.")
    if classes < 1:
        w.refuse(f"one_hot needs at least one class, and num_classes is {classes}.", Fix({"num_classes": 1}))
    w.line("last", "num_classes", str(classes), classes)
    give(w, (*w.x.shape, classes))


def cat(w: Working) -> None:
    """Tensors one after another along an axis; all other axes must be equal."""
    joined = [tensor for tensor in w.inputs if tensor.shape != (0,)]  # torch lets the empty list's tensor join anything
    if any(not tensor.shape for tensor in w.inputs):
        w.refuse("cat joins along an axis, and a single number has none: use stack.")
    if not joined:
        give(w, (0,), dtype=promoted(w.inputs))
        return
    first = joined[0]
    place = axis(w, "dim", w.integer("dim"), len(first.shape))
    for number, tensor in enumerate(joined[1:], start=2):
        _fits(w, first, tensor, number, place)
    sizes = [tensor.shape[place] for tensor in joined]
    total: Size = 0
    for size in sizes:
        total = size + total
    w.line(f"axis {place}", "the sizes added", " + ".join(str(size) for size in sizes), total)
    give(w, (*first.shape[:place], total, *first.shape[place + 1 :]), dtype=promoted(w.inputs))


def _fits(w: Working, first: Tensor, tensor: Tensor, number: int, place: int) -> None:
    if len(tensor.shape) != len(first.shape):
        w.refuse(f"cat needs the same number of axes in all tensors: tensor {number} is {tensor}, the first {first}.")
    for other, (a, b) in enumerate(zip(first.shape, tensor.shape, strict=True)):
        if other != place:
            words = (
                f"cat along axis {place} needs the other axes equal: axis {other} is {a} in {first}, {b} in {tensor}."
            )
            w.require_equal(b, a, words, Fix({"dim": other}))


def stack(w: Working) -> None:
    """Equal tensors along a new axis."""
    first = w.x
    for number, tensor in enumerate(w.inputs[1:], start=2):
        words = f"stack needs equal shapes: tensor {number} is {tensor}, the first {first}."
        w.require(len(tensor.shape) == len(first.shape), words)
        for a, b in zip(first.shape, tensor.shape, strict=True):
            w.require_equal(b, a, words)
    place = axis_of(w, "dim", len(first.shape) + 1)
    count = len(w.inputs)
    w.line(f"axis {place}", "the number of tensors", str(count), count)
    give(w, (*first.shape[:place], count, *first.shape[place:]), dtype=promoted(w.inputs))


SPREADING: dict[str, Formula] = {
    "expand": expand,
    "repeat": repeat,
    "pad": pad,
    "one_hot": one_hot,
    "cat": cat,
    "stack": stack,
}
