"""What comes out of the convolution layers."""

from __future__ import annotations

from functools import partial
from math import prod

from sandbox.language.formulas.extension import Edge, extend, most
from sandbox.language.formulas.spatial import (
    LETTERS,
    Planes,
    Window,
    elements,
    exactly_per_axis,
    one_or_all,
    operation,
    read_planes,
    require_fit,
    require_least,
    require_some,
    times,
)
from sandbox.language.formulas.working import Field, Fix, Formula, Working
from sandbox.language.model import FLOAT, Dtype
from sandbox.language.size import Expr, Size

# The dtypes in which torch can both initialise weights and convolve on the CPU.
WEIGHT_DTYPES = ("float32", "float64", "float16", "bfloat16", "complex64", "complex128")
MKLDNN_ELEMENTS = 20480  # below it, one image is convolved without oneDNN
PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def convolve(working: Working, axes: int, *, lazy: bool = False) -> None:
    """Conv1d, Conv2d, Conv3d and their lazy forms."""
    stride = _positive(working, "stride", axes)
    _check_padding_words(working, stride)
    planes = read_planes(working, axes)
    dilation = _dilation(working, planes, axes)
    groups, out = _channels(working, planes, lazy=lazy)
    _check_weight_dtype(working)
    kernel = _kernel(working, planes, axes)
    pads = _pads(working, kernel, dilation, axes)
    windows = [
        Window(*each)
        for each in zip(LETTERS[axes], planes.space, kernel, stride, *zip(*pads, strict=True), dilation, strict=True)
    ]
    _extend_or_check(working, planes, windows)
    require_fit(working, windows, None if isinstance(working.args["padding"], str) else "padding")
    space = tuple(window.steps for window in windows)
    for window, size in zip(windows, space, strict=True):
        working.line(window.letter, window.formula, window.filled, size)
    # Torch gives no channels at all for an input that has none.
    made = 0 if planes.channels == 0 else out
    working.output((*planes.batch, made, *space))
    _count(working, planes.channels, out, groups, kernel, transposed=False)
    per_output = planes.channels // groups
    working.multiply_adds(
        elements(*planes.batch, out, *space, per_output, *kernel),
        f"{times(*planes.batch, out, *space)} * {times(per_output, *kernel)}",
    )
    working.field_of_view = Field(tuple(window.reach for window in windows), stride)


def convolve_transposed(working: Working, axes: int, *, lazy: bool = False) -> None:
    """ConvTranspose1d, ConvTranspose2d, ConvTranspose3d and their lazy forms."""
    _check_transposed_words(working)
    stride = _positive(working, "stride", axes)
    padding = _not_negative(working, "padding", axes)
    extra = _not_negative(working, "output_padding", axes)
    planes = read_planes(working, axes)
    dilation = _dilation(working, planes, axes)
    groups, out = _channels(working, planes, lazy=lazy, transposed=True)
    _check_weight_dtype(working)
    kernel = _kernel(working, planes, axes)
    if 0 not in planes.batch:  # torch does not look at it for an empty batch
        _check_output_padding(working, extra, stride, dilation)
    _require_elements(working, planes)
    late = any(op >= s for op, s in zip(extra, stride, strict=True))
    least = (
        0
        if 0 in planes.batch
        or (not late and _takes_empty_results(working, planes, groups, kernel, (*stride, *dilation)))
        else 1
    )
    space = []
    for letter, size, k, s, p, d, op in zip(
        LETTERS[axes], planes.space, kernel, stride, padding, dilation, extra, strict=True
    ):
        made = (size - 1) * s - 2 * p + d * (k - 1) + op + 1
        filled = f"({size} - 1)*{s} - 2*{p} + {d}*({k}-1) + {op} + 1"
        words = f"On {letter}, {filled} = {made}: `padding` takes away more than there is."
        working.require_at_least(made, least, words, *_padding_fixes(made, p, padding, least))
        working.line(letter, f"({letter} - 1)s - 2p + d(k-1) + op + 1", filled, made)
        space.append(made)
    working.output((*planes.batch, out, *space))
    _count(working, planes.channels, out, groups, kernel, transposed=True)
    per_input = out // groups
    working.multiply_adds(
        elements(*planes.batch, planes.channels, *planes.space, per_input, *kernel),
        f"{times(*planes.batch, planes.channels, *planes.space)} * {times(per_input, *kernel)}",
    )


def _check_transposed_words(working: Working) -> None:
    mode, padding = working.args["padding_mode"], working.args["padding"]
    working.require(
        mode == "zeros",
        f"{working.stage.name} knows only padding_mode='zeros', not {mode!r}.",
        Fix({"padding_mode": "zeros"}),
    )
    working.require(
        not isinstance(padding, str),
        f"{working.stage.name} takes numbers for `padding`, not {padding!r}.",
        Fix({"padding": 0}),
    )


def _padding_fixes(made: Size, here: int, padding: tuple[int, ...], least: int) -> tuple[Fix, ...]:
    if isinstance(made, Expr):
        return ()
    most = max((made + 2 * here - least) // 2, 0)
    return (Fix({"padding": one_or_all([min(each, most) for each in padding])}),)


def _takes_empty_results(
    working: Working, planes: Planes, groups: int, kernel: tuple[int, ...], spread: tuple[int, ...]
) -> bool:
    """Whether a result without elements is allowed: oneDNN allows it, torch's own kernel does not.

    The rule by which torch chooses with one thread is `use_mkldnn` in aten/src/ATen/native/Convolution.cpp.
    """
    batch = planes.batch[0] if planes.batch else 1
    if working.x.dtype not in (FLOAT, "complex64") or not isinstance(batch, int):
        return False
    height, width = (1, *kernel)[-2:]
    known = [size for size in (batch, planes.channels, *(1, *planes.space)[-3:][:2]) if isinstance(size, int)]
    worth_it = set(spread) != {1} or batch >= 16 or (height, width) != (1, 1)
    return worth_it and (groups > 1 or min(height, width) > 3 or batch > 1 or prod(known) > MKLDNN_ELEMENTS)


def _positive(working: Working, name: str, axes: int) -> tuple[int, ...]:
    numbers = working.per_axis(name, axes)
    require_least(working, name, numbers, 1)
    return numbers


def _dilation(working: Working, planes: Planes, axes: int) -> tuple[int, ...]:
    """Torch takes 0 where it has nothing to convolve."""
    numbers = working.per_axis("dilation", axes)
    require_least(working, "dilation", numbers, 0 if 0 in planes.lead else 1)
    return numbers


def _not_negative(working: Working, name: str, axes: int) -> tuple[int, ...]:
    numbers = working.per_axis(name, axes)
    require_least(working, name, numbers, 0)
    return numbers


def _kernel(working: Working, planes: Planes, axes: int) -> tuple[int, ...]:
    kernel = exactly_per_axis(working, "kernel_size", axes)
    require_least(working, "kernel_size", kernel, 0 if planes.channels == 0 else 1)
    return kernel


def _check_padding_words(working: Working, stride: tuple[int, ...]) -> None:
    mode, padding = working.args["padding_mode"], working.args["padding"]
    working.require(
        mode in PADDING_MODES,
        f"padding_mode is one of {', '.join(PADDING_MODES)}, not {mode!r}.",
        Fix({"padding_mode": "zeros"}),
    )
    if not isinstance(padding, str):
        return
    working.require(
        padding in ("same", "valid"),
        f"`padding` is a number, 'same' or 'valid', not {padding!r}.",
        Fix({"padding": "same"}),
        Fix({"padding": 0}),
    )
    working.require(
        padding == "valid" or set(stride) == {1},
        f"padding='same' keeps the size only with stride 1, and the stride is {one_or_all(stride)}.",
        Fix({"stride": 1}),
        Fix({"padding": _half(working)}),
    )


def _half(working: Working) -> int:
    kernel = working.args["kernel_size"]
    largest = (
        max((each for each in kernel if isinstance(each, int)), default=1) if isinstance(kernel, tuple) else kernel
    )
    return largest // 2 if isinstance(largest, int) else 0


def _pads(working: Working, kernel: tuple[int, ...], dilation: tuple[int, ...], axes: int) -> list[tuple[int, int]]:
    """What is added before and after each axis."""
    padding, zeros = working.args["padding"], working.args["padding_mode"] == "zeros"
    if padding == "valid":
        return [(0, 0)] * axes
    if padding == "same":
        totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        return [(total // 2, total - total // 2) for total in totals]
    numbers = working.per_axis("padding", axes) if zeros else exactly_per_axis(working, "padding", axes)
    if zeros:
        require_least(working, "padding", numbers, 0)
    return [(number, number) for number in numbers]


def _channels(working: Working, planes: Planes, *, lazy: bool, transposed: bool = False) -> tuple[int, int]:
    """Groups and output channels, once they and the input's channels are known to go together."""
    groups, out = working.integer("groups"), working.integer("out_channels")
    require_least(working, "groups", (groups,), 1)
    require_least(working, "out_channels", (out,), 1)
    if lazy:
        words = f"Your input has {planes.channels} channels, and `groups` {groups} does not divide them."
        working.require_multiple(planes.channels, groups, words, Fix({"groups": 1}))
    else:
        _match_channels(working, planes, groups)
    if transposed:
        require_some(working, planes.channels, "Your input has 0 channels: there is nothing to convolve.")
    if transposed and lazy and out >= groups and not working.flag("bias"):
        return groups, out // groups * groups  # only here does torch round instead of refusing
    if out % groups:
        words = f"`groups` is {groups}, and does not divide out_channels {out}."
        working.refuse(words, Fix({"out_channels": -(-out // groups) * groups}), Fix({"groups": 1}))
    return groups, out


def _match_channels(working: Working, planes: Planes, groups: int) -> None:
    wanted = working.solve("in_channels", planes.channels)
    if isinstance(wanted, int):
        require_least(working, "in_channels", (wanted,), 0)
        if wanted % groups:
            working.refuse(f"`groups` is {groups}, and does not divide in_channels {wanted}.", Fix({"groups": 1}))
    if planes.channels == wanted:
        return
    has = "1 channel" if planes.channels == 1 else f"{planes.channels} channels"
    working.require_equal(
        planes.channels,
        wanted,
        f"Your input has {has}, the layer was built for {wanted}.",
        *_channel_fixes(working, planes, wanted, groups),
    )


def _channel_fixes(working: Working, planes: Planes, wanted: Size, groups: int) -> tuple[Fix, ...]:
    fixes: list[Fix] = []
    rank, first = len(working.x.shape), len(planes.batch)
    if wanted == 1 and not planes.batch:
        fixes.append(Fix(insert=operation("unsqueeze", dim=1)))
    if wanted in planes.space:
        # The channels stand on another axis, most often on the last one.
        found = rank - 1 if planes.space[-1] == wanted else first + 1 + planes.space.index(wanted)
        order = list(range(rank))
        order.insert(first, order.pop(found))
        fixes.append(Fix(insert=operation("permute", dims=tuple(order))))
    channels = planes.channels
    if isinstance(channels, int):
        if channels % groups == 0:
            fixes.append(Fix({"in_channels": channels}))
        elif groups == wanted:
            fixes.append(Fix({"in_channels": channels, "groups": channels, "out_channels": channels}))
        else:
            fixes.append(Fix({"in_channels": channels, "groups": 1}))
    return tuple(fixes)


def _check_weight_dtype(working: Working) -> None:
    dtype = working.args.get("dtype")
    name = dtype.name if isinstance(dtype, Dtype) else FLOAT
    working.require(
        name in WEIGHT_DTYPES,
        f"{working.stage.name} cannot have {name} weights: they must be floating point or complex.",
        Fix({"dtype": Dtype(FLOAT)}),
    )
    got = working.x.dtype
    fixes = (Fix({"dtype": Dtype(got)}),) if got in WEIGHT_DTYPES else ()
    working.require(
        got == name,
        f"Your input is {got}, and {working.stage.name} has {name} weights: torch does not mix them.",
        *fixes,
    )


def _extend_or_check(working: Working, planes: Planes, windows: list[Window]) -> None:
    """Padding by a mode asks things of the input; zeros ask only that there is something to convolve."""
    mode = str(working.args["padding_mode"])
    if mode == "zeros":
        _require_elements(working, planes)
        return
    edges = [Edge(window.letter, window.size, window.before, window.after) for window in windows]
    limits = [most(edge.size, mode) for edge in edges]
    clipped = [
        window.before if limit is None else min(window.before, limit)
        for window, limit in zip(windows, limits, strict=True)
    ]
    even = not isinstance(working.args["padding"], str)
    fixes = (Fix({"padding": one_or_all(clipped)}),) if even and min(clipped) >= 0 else ()
    extend(working, (planes.channels,), edges, mode, *fixes, Fix({"padding_mode": "zeros"}))


def _require_elements(working: Working, planes: Planes) -> None:
    """An empty batch is fine, and so are no channels; an empty axis of space is not."""
    if 0 in planes.lead:
        return
    for letter, size in zip(LETTERS[len(planes.space)], planes.space, strict=True):
        require_some(working, size, f"{letter} is {size}: there is nothing to convolve.")


def _check_output_padding(
    working: Working, extra: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> None:
    for op, s, d in zip(extra, stride, dilation, strict=True):
        working.require(
            op < max(s, d),
            f"`output_padding` {op} must be smaller than the stride {s} or the dilation {d}.",
            Fix({"output_padding": max(s, d) - 1}),
            Fix({"stride": op + 1}),
        )


def _count(
    working: Working, channels: Size, out: int, groups: int, kernel: tuple[int, ...], *, transposed: bool
) -> None:
    first, second = (channels, out) if transposed else (out, channels)
    bias = out if working.flag("bias") else 0
    share = times(second) if groups == 1 else f"({second}/{groups})"
    worked = "*".join((times(first), share, *(str(each) for each in kernel)))
    total = elements(first, second // groups, *kernel) + bias
    working.count(total, f"{worked} + {bias}" if bias else worked)


FORMULAS: dict[str, Formula] = {
    **{f"Conv{n}d": partial(convolve, axes=n) for n in LETTERS},
    **{f"LazyConv{n}d": partial(convolve, axes=n, lazy=True) for n in LETTERS},
    **{f"ConvTranspose{n}d": partial(convolve_transposed, axes=n) for n in LETTERS},
    **{f"LazyConvTranspose{n}d": partial(convolve_transposed, axes=n, lazy=True) for n in LETTERS},
}
