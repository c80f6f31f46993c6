"""What comes out of the pooling layers."""

from __future__ import annotations

from functools import partial
from math import isinf

from sandbox.language.formulas.spatial import (
    LETTERS,
    Planes,
    Window,
    exactly_per_axis,
    factor,
    one_or_all,
    planes_of,
    read_planes,
    require_fit,
    require_least,
    require_some,
    scaled,
    signed,
)
from sandbox.language.formulas.working import Field, Fix, Formula, Working
from sandbox.language.model import FLOAT, INTEGER, Value
from sandbox.language.size import Size

# What torch's CPU kernels are made for; its meta device takes anything.
_FLOATS = ("float16", "bfloat16", "float32", "float64")
_COMPLEX = {"complex64": "float32", "complex128": "float64"}  # and what their absolute values are
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
    divisor = working.args.get("divisor_override")
    words = "`divisor_override` is 0, and nothing can be divided by that."
    working.require(divisor != 0, words, Fix({"divisor_override": None}))
    planes, windows = _windows(working, axes, (1,) * axes)
    _require_whole_kernel(working, windows)
    _pool(working, planes, windows)


def power_pool(working: Working, axes: int) -> None:
    """LPPool1d, LPPool2d, LPPool3d: an average pool of powers and the root of it; at infinity a max pool."""
    norm = working.args["norm_type"]
    working.require(
        isinstance(norm, int | float) and norm != 0,
        f"`norm_type` is the power and the root, a number other than 0, not {norm!r}.",
        Fix({"norm_type": 2}),
    )
    infinite = isinstance(norm, float) and isinf(norm)
    kernel = working.args["kernel_size"]
    if axes > 1:
        exactly_per_axis(working, "kernel_size", axes)
    elif isinstance(kernel, tuple) and not infinite:
        first = kernel[0] if kernel else 1
        working.refuse("LPPool1d multiplies by `kernel_size`, and needs a plain number.", Fix({"kernel_size": first}))
    if infinite:
        _check_dtype(working, (*_FLOATS, *_COMPLEX, *(() if axes == 1 else _WHOLE)))
        planes, windows = _windows(working, axes, (1,) * axes)
        _pool(working, planes, windows, _COMPLEX.get(working.x.dtype))
        return
    _check_dtype(working, (*(("float32", "float64") if axes == 3 else _FLOATS), *_WHOLE, "bool"))
    planes, windows = _windows(working, axes, (1,) * axes)
    _require_whole_kernel(working, windows)
    _pool(working, planes, windows, working.x.dtype if working.x.dtype in _FLOATS else FLOAT)


def adaptive_pool(working: Working, axes: int, *, greatest: bool) -> None:
    """AdaptiveAvgPool1d to 3d and AdaptiveMaxPool1d to 3d: the size is given, and the windows follow."""
    working.require_inputs(1)
    wanted = _wanted(working, axes)
    # An average over everything is a mean to torch, which takes more than its pools do.
    mean = not greatest and set(wanted) == {1}
    planes = _any_planes(working, axes) if mean and axes > 1 else read_planes(working, axes)
    adapt(working, planes, wanted, greatest=greatest)
    space: list[Size] = []
    for place, (letter, size, number) in enumerate(zip(LETTERS[axes], planes.space, wanted, strict=True)):
        made = size if number is None else number
        name = "output_size" if axes == 1 else f"output_size[{place}]"
        if number is None:
            working.line(letter, f"{name} is None, which keeps {letter}", letter, made)
        else:
            working.line(letter, f"{name}, whatever {letter} is", name, made)
        space.append(made)
    working.output((*working.x.shape[:-axes], *space))
    if greatest and working.flag("return_indices"):
        _indices(working)


def adapt(working: Working, planes: Planes, wanted: tuple[Size | None, ...], *, greatest: bool = False) -> None:
    """What torch asks of an input whose axes of space become as long as is wanted."""
    axes = len(planes.space)
    for number in wanted:
        if number is not None:
            working.require_at_least(number, 0, f"A size of {number} is wanted, and there are none below 0.")
    if not greatest and set(wanted) == {1}:
        _check_dtype(working, (*_FLOATS, *_COMPLEX))
        return
    _require_space_to_adapt(working, planes, greatest=greatest)
    # Torch's averages over lines and images do not come to the dtype where nothing comes out.
    if greatest or axes == 3 or 0 not in (*planes.lead, *wanted):
        _check_dtype(working, _FLOATS)


def _any_planes(working: Working, axes: int) -> Planes:
    """The last axes as space, however many stand before them."""
    shape = working.x.shape
    fewest = axes + 1 if isinstance(working.args["output_size"], tuple) else axes
    if len(shape) in (axes + 1, axes + 2) or len(shape) < fewest:
        return read_planes(working, axes)
    return Planes(shape[: -axes - 1], shape[-axes - 1] if len(shape) > axes else 1, shape[-axes:])


def fractional_pool(working: Working, axes: int) -> None:
    """FractionalMaxPool2d and FractionalMaxPool3d: windows of one size at random places."""
    size, ratio = working.args["output_size"], working.args["output_ratio"]
    working.require(
        (size is None) != (ratio is None),
        f"{working.stage.name} needs either `output_size` or `output_ratio`, and not both.",
        Fix({"output_size": None}) if ratio is not None else Fix({"output_ratio": 0.5}),
    )
    kernel = exactly_per_axis(working, "kernel_size", axes)
    if axes == 3:
        require_least(working, "kernel_size", kernel, 1)
    ratios = _ratios(working, ratio, axes) if ratio is not None else ()
    planes = read_planes(working, axes)
    _require_all_but_first(working, planes)
    space = _fractional_sizes(working, planes, ratios)
    _check_dtype(working, (*_FLOATS, *(_COMPLEX if 0 in (*planes.lead, *space) else ())))
    # In three dimensions torch wants one element to spare.
    spare = 1 if axes == 3 else 0
    for letter, axis, made, width in zip(LETTERS[axes], planes.space, space, kernel, strict=True):
        least = made + width - 1 + spare
        words = f"{made} windows of {width} on {letter} need {least} elements or more, and there are {axis}."
        working.require_at_least(axis, least, words, *_fractional_fixes(planes, kernel, spare))
    working.output((*planes.lead, *space))
    if working.flag("return_indices"):
        _indices(working)


def _fractional_sizes(working: Working, planes: Planes, ratios: tuple[float, ...]) -> tuple[Size, ...]:
    letters = LETTERS[len(planes.space)]
    if not ratios:
        sizes = exactly_per_axis(working, "output_size", len(letters))
        require_least(working, "output_size", sizes, 0)
        for letter, number in zip(letters, sizes, strict=True):
            working.line(letter, "output_size", "output_size", number)
        return sizes
    space: list[Size] = []
    for letter, axis, ratio in zip(letters, planes.space, ratios, strict=True):
        made = scaled(working, letter, axis, ratio)
        working.line(letter, f"floor({letter} * output_ratio)", f"floor({factor(axis)} * {ratio})", made)
        space.append(made)
    return tuple(space)


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
    _require_all_but_first(working, planes)
    kernel = exactly_per_axis(working, "kernel_size", axes)
    stride = kernel if working.args["stride"] is None else _at_least_per_axis(working, "stride", axes)
    padding = _at_least_per_axis(working, "padding", axes)
    if axes == 3:
        require_least(working, "stride", stride, 1)
    space: list[Size] = []
    for letter, size, k, s, p in zip(LETTERS[axes], planes.space, kernel, stride, padding, strict=True):
        made = (size - 1) * s - 2 * p + k
        filled = f"({size} - 1)*{signed(s)} - 2*{signed(p)} + {signed(k)}"
        working.line(letter, f"({letter} - 1)s - 2p + k", filled, made)
        space.append(made)
    chosen = _chosen(working, space, stride)
    for letter, made in zip(LETTERS[axes], chosen, strict=True):
        words = f"{letter} would come out as {made}: `padding` takes away more than there is."
        working.require_at_least(made, 0, words, Fix({"padding": 0}))
    if 0 not in (*planes.lead, *chosen):
        working.require(values.dtype in _FLOATS, f"{working.stage.name} does not exist for {values.dtype} on the CPU.")
    working.output((*planes.lead, *chosen))


def _at_least_per_axis(working: Working, name: str, axes: int) -> tuple[int, ...]:
    """In one and two dimensions torch reads as many numbers as it needs, and overlooks what follows them."""
    value = working.args[name]
    if axes < 3 and isinstance(value, tuple) and len(value) > axes:
        working.args[name] = value[:axes]
    return exactly_per_axis(working, name, axes)


def _chosen(working: Working, space: list[Size], stride: tuple[int, ...]) -> list[Size]:
    """The sizes that `output_size` asks for: pooling loses less than a stride of them, and that can be given back."""
    value = working.args.get("output_size")
    if value is None:
        return space
    sizes = [each for each in value if isinstance(each, int)] if isinstance(value, tuple) else []
    sizes = sizes[2:] if len(sizes) == len(space) + 2 else sizes
    working.require(
        len(sizes) == len(space),
        f"`output_size` has {len(space)} or {len(space) + 2} sizes, and not {value!r}.",
        Fix({"output_size": None}),
    )
    for made, size, step in zip(space, sizes, stride, strict=True):
        words = f"`output_size` {size} must be less than a stride of {step} away from {made}."
        working.require_at_least(size, made - step + 1, words, Fix({"output_size": None}))
        working.require_at_least(made + step - 1, size, words, Fix({"output_size": None}))
    return list(sizes)


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
    halves = [number // 2 for number in kernel]
    for window, half in zip(windows, halves, strict=True):
        working.require(
            window.before <= half,
            f"`padding` {window.before} is more than {half}, half of the kernel: "
            f"a window could see nothing but padding.",
            Fix({"padding": one_or_all([min(number, most) for number, most in zip(padding, halves, strict=True)])}),
            Fix({"kernel_size": one_or_all([max(k, 2 * p) for k, p in zip(kernel, padding, strict=True)])}),
        )
    _require_space(working, planes)
    return planes, windows


def _require_space(working: Working, planes: Planes) -> None:
    """Torch pools an empty batch, and no other empty axis."""
    for letter, size in zip(("C", *LETTERS[len(planes.space)]), (planes.channels, *planes.space), strict=True):
        require_some(working, size, f"{letter} is {size}: there is nothing to pool.")


def _require_all_but_first(working: Working, planes: Planes) -> None:
    """Some kernels take the first axis for the batch, whether it is or not."""
    letters = ("N", "C", *LETTERS[len(planes.space)])[-len(working.x.shape) :]
    for letter, size in list(zip(letters, working.x.shape, strict=True))[1:]:
        require_some(working, size, f"{letter} is {size}: there is nothing to pool.")


def _require_space_to_adapt(working: Working, planes: Planes, *, greatest: bool) -> None:
    axes = len(planes.space)
    if greatest or axes == 3:
        _require_all_but_first(working, planes)
        return
    for letter, size in zip(LETTERS[axes], planes.space, strict=True):
        require_some(working, size, f"{letter} is {size}: there is nothing to pool.")


def _require_whole_kernel(working: Working, windows: list[Window]) -> None:
    """In three dimensions an average wants the whole kernel on the input itself, whatever the padding."""
    if len(windows) < 3:
        return
    for window in windows:
        words = f"{working.stage.name} needs {window.kernel} elements or more on {window.letter} before padding, "
        words += f"and there are {window.size}."
        most = [min(each.kernel, each.size) if isinstance(each.size, int) else each.kernel for each in windows]
        fixes = (Fix({"kernel_size": one_or_all(most)}),) if min(most) > 0 else ()
        working.require_at_least(window.size, window.kernel, words, *fixes)


def _pool(working: Working, planes: Planes, windows: list[Window], dtype: str | None = None) -> None:
    """Slides the windows and writes the output down."""
    ceil = working.flag("ceil_mode")
    padding = "padding" if "padding" in working.args else None
    if not ceil:
        require_fit(working, windows, padding)
    space = [_line(working, window, ceil=ceil) for window in windows]
    if ceil:
        for window, made in zip(windows, space, strict=True):
            words = f"Not even one window of {window.reach} starts on {window.letter}, where there are {window.size}."
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
    if axes > 1 and isinstance(value, tuple) and None in value:
        numbers = tuple(each for each in value if each is None or (isinstance(each, int) and each is not True))
        words = f"`output_size` of {working.stage.name} is {axes} sizes (None keeps one), not {value!r}."
        working.require(len(numbers) == len(value) == axes, words)
    else:
        numbers = exactly_per_axis(working, "output_size", axes)
    require_least(working, "output_size", [0 if number is None else number for number in numbers], 0)
    return numbers


def _ratios(working: Working, ratio: Value, axes: int) -> tuple[float, ...]:
    ratios = ratio if isinstance(ratio, tuple) else (ratio,) * axes
    ratios = ratios[:3]  # in three dimensions torch overlooks what follows
    known = tuple(float(each) for each in ratios if isinstance(each, int | float) and 0 < each < 1)
    working.require(
        len(known) == len(ratios) == axes,
        f"`output_ratio` is a number between 0 and 1, or {axes} of them, not {ratio!r}.",
        Fix({"output_ratio": 0.5}),
    )
    return known


def _fractional_fixes(planes: Planes, kernel: tuple[int, ...], spare: int) -> tuple[Fix, ...]:
    sizes = [size for size in planes.space if isinstance(size, int)]
    if len(sizes) < len(kernel):
        return ()
    most = [size - width + 1 - spare for size, width in zip(sizes, kernel, strict=True)]
    return (Fix({"output_size": one_or_all(most), "output_ratio": None}),) if min(most) > 0 else ()


FORMULAS: dict[str, Formula] = {
    **{f"MaxPool{n}d": partial(max_pool, axes=n) for n in LETTERS},
    **{f"AvgPool{n}d": partial(average_pool, axes=n) for n in LETTERS},
    **{f"LPPool{n}d": partial(power_pool, axes=n) for n in LETTERS},
    **{f"AdaptiveAvgPool{n}d": partial(adaptive_pool, axes=n, greatest=False) for n in LETTERS},
    **{f"AdaptiveMaxPool{n}d": partial(adaptive_pool, axes=n, greatest=True) for n in LETTERS},
    **{f"FractionalMaxPool{n}d": partial(fractional_pool, axes=n) for n in (2, 3)},
    **{f"MaxUnpool{n}d": partial(max_unpool, axes=n) for n in LETTERS},
}
