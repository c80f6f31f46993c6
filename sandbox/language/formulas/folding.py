"""What comes out of the layers that move elements between axes: Fold, Unfold and the shuffles."""

from __future__ import annotations

from math import isqrt

from sandbox.language.formulas.spatial import (
    LETTERS,
    Window,
    count,
    exactly_per_axis,
    one_or_all,
    read_planes,
    require_fit,
    require_least,
    require_some,
    times,
)
from sandbox.language.formulas.working import Fix, Formula, Working
from sandbox.language.model import Tensor
from sandbox.language.size import Size, product

# What torch's CPU kernels for blocks are made for: anything but whole numbers.
_BLOCK_DTYPES = ("float16", "bfloat16", "float32", "float64", "complex64", "complex128", "bool")


def unfold(working: Working) -> None:
    """Unfold: every window becomes a column, (N, C, H, W) to (N, C*k*k, L)."""
    kernel, padding, stride, dilation = _arguments(working)
    planes = read_planes(working, 2)
    _check_dtype(working)
    for letter, size in zip(("C", *LETTERS[2]), (planes.channels, *planes.space), strict=True):
        require_some(working, size, f"{letter} is {size}: there is nothing to unfold.")
    windows = _windows(planes.space, kernel, padding, stride, dilation)
    require_fit(working, windows)
    for window in windows:
        working.line(window.letter, window.formula, window.filled, window.steps)
    blocks = [window.steps for window in windows]
    columns = product((planes.channels, *kernel))
    working.line("C", "C * k_H * k_W", times(planes.channels, *kernel), columns)
    working.line("L", "windows on H * windows on W", times(*blocks), product(blocks))
    working.output((*planes.batch, columns, product(blocks)))


def fold(working: Working) -> None:
    """Fold: columns summed up into an image, (N, C*k*k, L) to (N, C, H, W)."""
    working.require_inputs(1)
    kernel, padding, stride, dilation = _arguments(working)
    sizes = exactly_per_axis(working, "output_size", 2)
    require_least(working, "output_size", sizes, 1)
    shape = working.x.shape
    working.require(
        len(shape) in (2, 3),
        f"Fold takes (N, C*k*k, L), or (C*k*k, L) without a batch, and your input {working.x} has "
        f"{count(len(shape), 'axis', 'axes')}.",
    )
    _check_dtype(working)
    columns, blocks = shape[-2:]
    for letter, size in (("C*k*k", columns), ("L", blocks)):
        require_some(working, size, f"{letter} is {size}: there is nothing to fold.")
    area = product(kernel)
    words = (
        f"Every column holds a channel's {times(*kernel)} = {area} elements, and {columns} is not a multiple of {area}."
    )
    working.require_multiple(columns, area, words)
    windows = _windows(sizes, kernel, padding, stride, dilation)
    require_fit(working, windows)
    wanted = product(window.steps for window in windows)
    sums = " and ".join(f"{window.filled} = {window.steps} on {window.letter}" for window in windows)
    working.require_equal(
        blocks,
        wanted,
        f"An image of {times(*sizes)} has {sums}, so {wanted} columns, and your input has {blocks}.",
        *_fold_fixes(blocks, windows),
        Fix(inputs=(Tensor((*working.x.shape[:-1], wanted), working.x.dtype),)),
    )
    working.line("C", "columns / (k_H * k_W)", f"{columns}/({times(*kernel)})", columns // area)
    for window, size in zip(windows, sizes, strict=True):
        working.line(window.letter, "output_size", "output_size", size)
    working.output((*shape[:-2], columns // area, *sizes))


def pixel_shuffle(working: Working) -> None:
    """PixelShuffle: r*r channels become one of r times the height and width."""
    working.require_inputs(1)
    factor = working.integer("upscale_factor")
    require_least(working, "upscale_factor", (factor,), 1)
    lead, channels, height, width = _image(working)
    wider = _wider(working, channels, factor**2)
    words = (
        f"PixelShuffle makes one channel of {factor}*{factor} = {factor**2}, and {channels} is not a multiple of that."
    )
    working.require_multiple(channels, factor**2, words, *_shuffle_fixes(channels, factor), *wider)
    made = (channels // factor**2, height * factor, width * factor)
    working.line("C", "C / r^2", f"{channels}/{factor}^2", made[0])
    working.line("H", "H * r", times(height, factor), made[1])
    working.line("W", "W * r", times(width, factor), made[2])
    working.output((*lead, *made))


def pixel_unshuffle(working: Working) -> None:
    """PixelUnshuffle: squares of r*r pixels become as many channels."""
    working.require_inputs(1)
    factor = working.integer("downscale_factor")
    require_least(working, "downscale_factor", (factor,), 1)
    lead, channels, height, width = _image(working)
    for letter, size in (("H", height), ("W", width)):
        working.require_multiple(size, factor, f"{letter} is {size}, not a multiple of downscale_factor {factor}.")
    if 0 in working.x.shape:  # torch's CPU kernel gives an empty input back as it is
        working.output(working.x.shape)
        return
    made = (channels * factor**2, height // factor, width // factor)
    working.line("C", "C * r^2", f"{times(channels)}*{factor}^2", made[0])
    working.line("H", "H / r", f"{times(height)}/{factor}", made[1])
    working.line("W", "W / r", f"{times(width)}/{factor}", made[2])
    working.output((*lead, *made))


def channel_shuffle(working: Working) -> None:
    """ChannelShuffle: the same channels in another order."""
    working.require_inputs(1)
    groups = working.integer("groups")
    require_least(working, "groups", (groups,), 1)
    shape = working.x.shape
    words = f"ChannelShuffle takes (N, C, ...) of 3 axes or more, and your input {working.x} has "
    working.require(len(shape) > 2, f"{words}{count(len(shape), 'axis', 'axes')}.")
    words = f"`groups` is {groups}, and does not divide the {shape[1]} channels on axis 1."
    working.require_multiple(shape[1], groups, words)
    working.output(shape)


def _arguments(working: Working) -> list[tuple[int, ...]]:
    """Kernel, padding, stride and dilation, two numbers each."""
    found = []
    for name, least in (("kernel_size", 1), ("padding", 0), ("stride", 1), ("dilation", 1)):
        numbers = exactly_per_axis(working, name, 2)
        require_least(working, name, numbers, least)
        found.append(numbers)
    return found


def _check_dtype(working: Working) -> None:
    words = f"{working.stage.name} does not exist for {working.x.dtype}, only for {', '.join(_BLOCK_DTYPES)}."
    working.require(working.x.dtype in _BLOCK_DTYPES, words)


def _windows(
    space: tuple[Size, ...],
    kernel: tuple[int, ...],
    padding: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> list[Window]:
    each = zip(LETTERS[2], space, kernel, stride, padding, padding, dilation, strict=True)
    return [Window(*one) for one in each]


def _fold_fixes(blocks: Size, windows: list[Window]) -> tuple[Fix, ...]:
    """The square image that has this many columns."""
    side = isqrt(blocks) if isinstance(blocks, int) else 0
    if side == 0 or side * side != blocks:
        return ()
    sizes = [(side - 1) * window.stride + window.reach - window.before - window.after for window in windows]
    return (Fix({"output_size": one_or_all(sizes)}),) if min(sizes) > 0 else ()


def _shuffle_fixes(channels: Size, factor: int) -> tuple[Fix, ...]:
    if not isinstance(channels, int):
        return ()
    smaller = [Fix({"upscale_factor": each}) for each in range(min(factor - 1, 8), 1, -1) if channels % each**2 == 0]
    return tuple(smaller[:1])


def _wider(working: Working, channels: Size, divisor: int) -> tuple[Fix, ...]:
    """The same image with the next number of channels that divides."""
    if not isinstance(channels, int) or divisor < 1:
        return ()
    shape = working.x.shape
    return (
        Fix(inputs=(Tensor((*shape[:-3], max(-(-channels // divisor), 1) * divisor, *shape[-2:]), working.x.dtype),)),
    )


def _image(working: Working) -> tuple[tuple[Size, ...], Size, Size, Size]:
    """Everything before the last three axes, and these."""
    shape = working.x.shape
    words = f"{working.stage.name} takes (..., C, H, W), and your input {working.x} has "
    working.require(len(shape) > 2, f"{words}{count(len(shape), 'axis', 'axes')}.")
    return shape[:-3], shape[-3], shape[-2], shape[-1]


FORMULAS: dict[str, Formula] = {
    "Fold": fold,
    "Unfold": unfold,
    "PixelShuffle": pixel_shuffle,
    "PixelUnshuffle": pixel_unshuffle,
    "ChannelShuffle": channel_shuffle,
}
