"""What comes out of the resampling layers."""

from __future__ import annotations

from functools import partial
from math import isfinite

from sandbox.language.formulas.pooling import adapt
from sandbox.language.formulas.spatial import (
    LETTERS,
    Planes,
    count,
    factor,
    operation,
    require_some,
    scaled,
)
from sandbox.language.formulas.working import Fix, Formula, Working
from sandbox.language.model import Value
from sandbox.language.size import Size

_FLOATS = ("float16", "bfloat16", "float32", "float64")
# The numbers of spatial axes that a mode is made for, and the dtypes that its CPU kernel knows.
_MODES: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "nearest": ((1, 2, 3), (*_FLOATS, "uint8")),
    "nearest-exact": ((1, 2, 3), (*_FLOATS, "uint8")),
    "area": ((1, 2, 3), _FLOATS),
    "linear": ((1,), _FLOATS),
    "bilinear": ((2,), (*_FLOATS, "uint8")),
    "bicubic": ((2,), (*_FLOATS, "uint8")),
    "trilinear": ((3,), _FLOATS),
}
_UNALIGNED = ("nearest", "nearest-exact", "area")
_BY_AXES = {1: "linear", 2: "bilinear", 3: "trilinear"}


def upsample(working: Working, mode: str | None = None) -> None:
    """Upsample, and the two older layers that are an Upsample of one mode."""
    working.require_inputs(1)
    mode = mode or _mode(working)
    axes = len(working.x.shape) - 2
    _check_size_or_scale(working)
    _check_rank(working, axes, mode)
    planes = Planes(working.x.shape[:1], working.x.shape[1], working.x.shape[2:])
    space = _sizes(working, planes)
    if mode == "area":
        adapt(working, planes, space)
    else:
        _check_kernel(working, planes, space, _MODES[mode][1])
    working.output((*planes.lead, *space))


def _mode(working: Working) -> str:
    mode, aligned = working.args["mode"], working.args["align_corners"]
    words = f"`mode` is one of {', '.join(_MODES)}, not {mode!r}."
    working.require(mode in _MODES, words, Fix({"mode": "nearest"}))
    working.require(
        aligned is None or mode not in _UNALIGNED,
        f"mode={mode!r} has no corners to align: `align_corners` is for linear, bilinear, bicubic and trilinear.",
        Fix({"align_corners": None}),
    )
    return str(mode)


def _check_size_or_scale(working: Working) -> None:
    size, scale = working.args["size"], working.args["scale_factor"]
    # Torch takes a scale of 0 for one that was not given.
    given = bool(scale) or isinstance(scale, tuple)
    working.require(
        (size is None) != (not given),
        f"{working.stage.name} needs either `size` or `scale_factor`, and not both.",
        Fix({"size": None}) if given else Fix({"scale_factor": 2}),
    )
    working.require(
        size is None or not working.flag("recompute_scale_factor"),
        "`recompute_scale_factor` needs a `scale_factor`, and `size` is given.",
        Fix({"recompute_scale_factor": None}),
    )


def _check_rank(working: Working, axes: int, mode: str) -> None:
    name = working.stage.name
    if axes not in LETTERS:
        fixes = (Fix(insert=operation("unsqueeze", dim=0)),) if axes == 0 else ()
        words = f"{name} takes (N, C, L), (N, C, H, W) or (N, C, D, H, W), and your input {working.x} has "
        working.refuse(f"{words}{count(axes + 2, 'axis', 'axes')}.", *fixes)
    allowed = _MODES[mode][0]
    letters = ", ".join(("N", "C", *LETTERS[allowed[0]]))
    fixes = (Fix({"mode": _BY_AXES[axes]}),) if name == "Upsample" else ()
    if axes == allowed[0] - 1:  # an image without its batch
        fixes = (Fix(insert=operation("unsqueeze", dim=0)), *fixes)
    words = f"mode={mode!r} takes ({letters}), and your input {working.x} has {axes + 2} axes."
    working.require(axes in allowed, words, *fixes)


def _sizes(working: Working, planes: Planes) -> tuple[Size, ...]:
    """What `size` says or `scale_factor` makes of each axis."""
    letters = LETTERS[len(planes.space)]
    size = working.args["size"]
    if size is not None:
        _check_length(working, "size", size, len(letters))
        sizes = working.per_axis("size", len(letters))
        for letter, number in zip(letters, sizes, strict=True):
            working.line(letter, "size", "size", number)
        return sizes
    made: list[Size] = []
    for letter, axis, scale in zip(letters, planes.space, _scales(working, len(letters)), strict=True):
        new = scaled(working, letter, axis, scale)
        working.line(letter, f"floor({letter} * scale_factor)", f"floor({factor(axis)} * {scale:g})", new)
        made.append(new)
    return tuple(made)


def _scales(working: Working, axes: int) -> tuple[float, ...]:
    value = working.args["scale_factor"]
    _check_length(working, "scale_factor", value, axes)
    values = value if isinstance(value, tuple) else (value,) * axes
    scales = tuple(float(each) for each in values if isinstance(each, int | float) and isfinite(each))
    words = f"`scale_factor` is a number, or {axes} of them, not {value!r}."
    working.require(len(scales) == axes, words, Fix({"scale_factor": 2}))
    return scales


def _check_length(working: Working, name: str, value: Value, axes: int) -> None:
    if isinstance(value, tuple):
        words = f"`{name}` has {count(len(value), 'number')}, and your input {working.x} has {axes} to resize."
        working.require(len(value) == axes, words, *(Fix({name: number}) for number in value[:1]))


def _check_kernel(working: Working, planes: Planes, space: tuple[Size, ...], dtypes: tuple[str, ...]) -> None:
    """What torch asks of every mode but `area`."""
    letters = LETTERS[len(space)]
    for letter, size in zip(("C", *letters), (planes.channels, *planes.space), strict=True):
        require_some(working, size, f"{letter} is {size}: there is nothing to resample.")
    for letter, size in zip(letters, space, strict=True):
        require_some(working, size, f"{letter} would come out as {size}, and torch wants 1 or more.")
    words = f"{working.stage.name} does not exist for {working.x.dtype} in this mode, only for {', '.join(dtypes)}."
    working.require(working.x.dtype in dtypes, words)


FORMULAS: dict[str, Formula] = {
    "Upsample": upsample,
    "UpsamplingNearest2d": partial(upsample, mode="nearest"),
    "UpsamplingBilinear2d": partial(upsample, mode="bilinear"),
}
