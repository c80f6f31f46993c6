"""What comes out of the pooling layers."""

from __future__ import annotations

from functools import partial

from sandbox.language.formulas.spatial import (
    LETTERS,
    Planes,
    Window,
    exactly_per_axis,
    one_or_all,
    planes_of,
    read_planes,
    require_fit,
    require_least,
    require_some,
    scaled,
)
from sandbox.language.formulas.working import Field, Fix, Formula, Working
from sandbox.language.model import FLOAT, INTEGER, Value
from sandbox.language.size import Expr, Size

# What torch's CPU kernels are made for; its meta device takes anything.
_FLOATS = ("float16", "bfloat16", "float32", "float64")
_WHOLE = ("int8", "uint8", "int16", "int32", "int64")


def max_pool(working: Working, axes: int) -> None:
    """MaxPool1d, MaxPool2d, MaxPool3d."""
    indices = working.flag("return_indices")
    # The one-dimensional kernel that keeps no indices knows floats only.
    _check_dtype(working, _FLOATS if axes == 1 and not indices else (*_FLOATS, *_WHOLE))
    dilation = _at_least(working, "dilation", axes, 1)
    planes, windows = _windows(working, axes, dilation)
    _pool(working, planes, windows)
    if indices:
        _indices(working)


def average_pool(working: Working, axes: int) -> None:
    """AvgPool1d, AvgPool2d, AvgPool3d."""
    _check_dtype(working, ("float32", "float64", "int64") if axes == 3 else (*_FLOATS, "int64"))
    if "divisor_override" in working.args:
        divisor = working.args["divisor_override"]
        working.require(
            divisor != 0, "`divisor_override` is 0: a sum cannot be divided by it.", Fix({"divisor_override": 1})
        )
    planes, windows = _windows(working, axes, (1,) * axes)
    _pool(working, planes, windows)


def power_pool(working: Working, axes: int) -> None:
    """LPPool1d, LPPool2d, LPPool3d: an average pool of powers, and the root of it."""
    working.require(working.args["norm_type"] != 0, "`norm_type` 0 asks for a 0th root.", Fix({"norm_type": 2}))
    kernel = working.args["kernel_size"]
    if axes == 1 and isinstance(kernel, tuple):
        first = kernel[0] if kernel else 1
        working.refuse("LPPool1d multiplies by `kernel_size`, and needs a plain number.", Fix({"kernel_size": first}))
    exactly_per_axis(working, "kernel_size", axes)
    _check_dtype(working, (*(("float32", "float64") if axes == 3 else _FLOATS), *_WHOLE, "bool"))
    dtype = working.x.dtype if working.x.dtype in _FLOATS else FLOAT
    planes, windows = _windows(working, axes, (1,) * axes)
    _pool(working, planes, windows, dtype)


def adaptive_pool(working: Working, axes: int, *, greatest: bool) -> None:
    """AdaptiveAvgPool1d to 3d and AdaptiveMaxPool1d to 3d: the size is given, and the windows follow."""
    _check_dtype(working, _FLOATS)
    planes = read_planes(working, axes)
    wanted = _wanted(working, axes)
    _require_space(working, planes)
    space: list[Size] = []
    for place, (letter, size, number) in enumerate(zip(LETTERS[axes], planes.space, wanted, strict=True)):
        made = size if number is None else number
        name = "output_size" if axes == 1 else f"output_size[{place}]"
        working.line(
            letter, f"output_size, whatever {letter} is", f"{letter} as it is" if number is None else name, made
        )
        space.append(made)
    working.output((*planes.lead, *space))
    if greatest and working.flag("return_indices"):
        _indices(working)


def fractional_pool(working: Working, axes: int) -> None:
    """FractionalMaxPool2d and FractionalMaxPool3d: windows of one size at random places."""
    size, ratio = working.args["output_size"], working.args["output_ratio"]
    name = working.stage.name
    working.require(
        (size is None) != (ratio is None),
        f"{name} needs either `output_size` or `output_ratio`, and not both.",
        Fix({"output_size": None}) if ratio is not None else Fix({"output_ratio": 0.5}),
    )
    kernel = _at_least(working, "kernel_size", axes, 1)
    _check_dtype(working, _FLOATS)
    planes = read_planes(working, axes)
    _require_space(working, planes)
    space: list[Size] = []
    for place, (letter, axis) in enumerate(zip(LETTERS[axes], planes.space, strict=True)):
        if ratio is None:
            made: Size = exactly_per_axis(working, "output_size", axes)[place]
            working.line(letter, "output_size", "output_size", made)
        else:
            factor = _ratios(working, ratio, axes)[place]
            made = scaled(working, letter, axis, factor)
            working.line(letter, f"floor({letter} * output_ratio)", f"floor({axis} * {factor})", made)
        space.append(made)
    for letter, axis, made, width in zip(LETTERS[axes], planes.space, space, kernel, strict=True):
        words = (
            f"{made} windows of {width} on {letter} need at least {made + width - 1} elements, and there are {axis}."
        )
        working.require_at_least(axis, made + width - 1, words, *_fractional_fixes(planes, kernel))
    working.output((*planes.lead, *space))
    if working.flag("return_indices"):
        _indices(working)


def max_unpool(working: Working, axes: int) -> None:
    """MaxUnpool1d, MaxUnpool2d, MaxUnpool3d: values put back where their indices say."""
    working.require_inputs(2)
    values, indices = working.inputs
    working.require(
        indices.dtype == INTEGER, f"The indices must be {INTEGER}, as MaxPool{axes}d gives them, not {indices.dtype}."
    )
    planes = planes_of(working, values, axes)
    working.require(
        values.shape == indices.shape,
        f"Values {values} and indices {indices} come from the same MaxPool{axes}d and have one shape.",
    )
    kernel = working.per_axis("kernel_size", axes)
    stride = kernel if working.args["stride"] is None else working.per_axis("stride", axes)
    padding = working.per_axis("padding", axes)
    space = []
    for letter, size, k, s, p in zip(LETTERS[axes], planes.space, kernel, stride, padding, strict=True):
        made = (size - 1) * s - 2 * p + k
        working.line(letter, f"({letter} - 1)s - 2p + k", f"({size} - 1)*{s} - 2*{p} + {k}", made)
        space.append(made)
    working.output((*planes.lead, *space))


def _check_dtype(working: Working, known: tuple[str, ...]) -> None:
    working.require_inputs(1)
    working.require(
        working.x.dtype in known,
        f"{working.stage.name} does not exist for {working.x.dtype} on the CPU, only for {', '.join(known)}.",
    )


def _at_least(working: Working, name: str, axes: int, least: int) -> tuple[int, ...]:
    numbers = working.per_axis(name, axes)
    require_least(working, name, numbers, least)
    return numbers


def _windows(working: Working, axes: int, dilation: tuple[int, ...]) -> tuple[Planes, list[Window]]:
    """The input's planes and the window on each of their axes."""
    kernel = _at_least(working, "kernel_size", axes, 1)
    stride = kernel if working.args["stride"] is None else _at_least(working, "stride", axes, 1)
    padding = _at_least(working, "padding", axes, 0) if "padding" in working.args else (0,) * axes
    planes = read_planes(working, axes)
    windows = [
        Window(*each)
        for each in zip(LETTERS[axes], planes.space, kernel, stride, padding, padding, dilation, strict=True)
    ]
    halves = [window.reach // 2 for window in windows]
    for window, half in zip(windows, halves, strict=True):
        working.require(
            window.before <= half,
            f"`padding` {window.before} is more than half of the kernel, {window.reach}: a window could see padding alone.",
            Fix({"padding": one_or_all([min(number, most) for number, most in zip(padding, halves, strict=True)])}),
            Fix({"kernel_size": one_or_all([max(k, 2 * p) for k, p in zip(kernel, padding, strict=True)])}),
        )
    _require_space(working, planes)
    return planes, windows


def _require_space(working: Working, planes: Planes) -> None:
    """Torch pools an empty batch, and no other empty axis."""
    for letter, size in zip(("C", *LETTERS[len(planes.space)]), (planes.channels, *planes.space), strict=True):
        require_some(working, size, f"{letter} is 0: there is nothing to pool.")


def _pool(working: Working, planes: Planes, windows: list[Window], dtype: str | None = None) -> None:
    """Slides the windows and writes the output down."""
    ceil = working.flag("ceil_mode")
    padding = "padding" if "padding" in working.args else None
    if not ceil:
        require_fit(working, windows, padding)
    space = [_line(working, window, ceil=ceil) for window in windows]
    for window, made in zip(windows, space, strict=True):
        words = f"No window fits on {window.letter}: the kernel spans {window.reach} of {window.padded}."
        working.require_at_least(made, 1, words)
    working.output((*planes.lead, *space), dtype=dtype)
    working.field_of_view = Field(tuple(window.reach for window in windows), tuple(window.stride for window in windows))


def _line(working: Working, window: Window, *, ceil: bool) -> Size:
    """One axis of a pool; with `ceil_mode` the last window must still start on the input or the padding before it."""
    if not ceil:
        working.line(window.letter, window.formula, window.filled, window.steps)
        return window.steps
    rounded = (window.padded - window.reach + window.stride - 1) // window.stride + 1
    started = (window.size + window.before - 1) // window.stride + 1
    formula = window.formula.replace("floor", "ceil")
    if window.before + window.stride <= window.reach:
        working.line(window.letter, formula, window.filled.replace("floor", "ceil"), rounded)
        return rounded
    filled = f"floor(({window.size} + {window.before} - 1)/{window.stride}) + 1"
    working.line(
        window.letter, f"floor(({window.letter} + p - 1)/s) + 1: the last window starts inside", filled, started
    )
    return started


def _indices(working: Working) -> None:
    working.output(working.outputs[0].tensor.shape, "indices", INTEGER)


def _wanted(working: Working, axes: int) -> tuple[int | None, ...]:
    """The sizes asked for; None keeps an axis."""
    value = working.args["output_size"]
    if axes > 1 and isinstance(value, tuple) and None in value and len(value) == axes:
        filled = dict(working.args, output_size=tuple(0 if each is None else each for each in value))
        numbers = Working(working.stage, filled, working.inputs).per_axis("output_size", axes)
        found = tuple(None if old is None else new for old, new in zip(value, numbers, strict=True))
    else:
        found = working.per_axis("output_size", axes)
    require_least(working, "output_size", [number for number in found if number is not None], 0)
    return found


def _ratios(working: Working, ratio: Value, axes: int) -> tuple[float, ...]:
    ratios = ratio if isinstance(ratio, tuple) else (ratio,) * axes
    known = tuple(float(each) for each in ratios if isinstance(each, int | float) and 0 < each < 1)
    working.require(
        len(known) == len(ratios) == axes,
        f"`output_ratio` is a number between 0 and 1, or {axes} of them, not {ratio!r}.",
        Fix({"output_ratio": 0.5}),
    )
    return known


def _fractional_fixes(planes: Planes, kernel: tuple[int, ...]) -> tuple[Fix, ...]:
    if any(isinstance(size, Expr) for size in planes.space):
        return ()
    most = [size - width + 1 for size, width in zip(planes.space, kernel, strict=True) if isinstance(size, int)]
    return (Fix({"output_size": one_or_all(most)}),) if min(most) > 0 else ()


FORMULAS: dict[str, Formula] = {
    **{f"MaxPool{n}d": partial(max_pool, axes=n) for n in LETTERS},
    **{f"AvgPool{n}d": partial(average_pool, axes=n) for n in LETTERS},
    **{f"LPPool{n}d": partial(power_pool, axes=n) for n in LETTERS},
    **{f"AdaptiveAvgPool{n}d": partial(adaptive_pool, axes=n, greatest=False) for n in LETTERS},
    **{f"AdaptiveMaxPool{n}d": partial(adaptive_pool, axes=n, greatest=True) for n in LETTERS},
    **{f"FractionalMaxPool{n}d": partial(fractional_pool, axes=n) for n in (2, 3)},
    **{f"MaxUnpool{n}d": partial(max_unpool, axes=n) for n in LETTERS},
}
