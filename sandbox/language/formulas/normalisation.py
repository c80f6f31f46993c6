"""What comes out of the normalisation layers: the shape that went in, where the channels fit."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sandbox.language.formulas.checks import (
    COMPLEX,
    FLOATS,
    countable,
    features_last,
    number,
    only_dtypes,
    solved,
    times,
    weight_dtype,
    whole,
)
from sandbox.language.formulas.working import Fix, Formula, Misfit, Working
from sandbox.language.model import FLOAT, Dtype, Stage, Unknown
from sandbox.language.size import Size, product

_LAYOUTS: Mapping[tuple[int, ...], str] = {
    (2, 3): "(N, C) or (N, C, L)",
    (4,): "(N, C, H, W)",
    (5,): "(N, C, D, H, W)",
}
_UNBATCHED: Mapping[tuple[int, ...], str] = {
    (2, 3): "(N, C, L) or (C, L)",
    (3, 4): "(N, C, H, W) or (C, H, W)",
    (4, 5): "(N, C, D, H, W) or (C, D, H, W)",
}
_AXES: Mapping[str, int] = {"1d": 3, "2d": 4, "3d": 5}  # with a batch
_MIXED: Mapping[str, tuple[str, ...]] = {
    "float16": ("float32",),
    "bfloat16": ("float32",),
}  # input -> weights that the CPU also takes


def _batch(w: Working, axes: tuple[int, ...] | None) -> None:
    """BatchNorm: each channel over the batch and all places. `axes` None takes any number from 2 up."""
    w.require_inputs(1)
    fixed = _fixed_channels(w)
    if axes is None:
        w.require(len(w.x.shape) >= 2, f"{w.stage.name} takes (N, C, ...), and {w.x} has {len(w.x.shape)} axes.")
    else:
        _require_axes(w, axes, _LAYOUTS[axes])
    channels = w.x.shape[1]
    features = _features(w, channels) if fixed else channels
    stored = features if w.flag("track_running_stats") else None
    count = product((w.x.shape[0], *w.x.shape[2:]))
    batch_statistics = w.training or stored is None
    if w.stage.name == "SyncBatchNorm":
        w.require(channels != 0, "SyncBatchNorm needs at least one channel.")
        w.require_at_least(channels, 1, "SyncBatchNorm needs at least one channel.")
    if batch_statistics:
        _several_values(w, count)
    _epsilon(w, positive=batch_statistics)
    _dtype(w, stored is not None)
    if stored is not None or w.flag("affine"):
        w.require(features != 0 or not w.flag("affine"), f"torch's {w.stage.name} cannot scale 0 channels.")
        if 0 not in w.x.shape:
            _match_channels(w, channels, features, 1)
    w.output(w.x.shape)
    _affine(w, features)


def _instance(w: Working, axes: tuple[int, ...]) -> None:
    """InstanceNorm: each channel of each sample over its own places."""
    w.require_inputs(1)
    fixed = _fixed_channels(w)
    _require_axes(w, axes, _UNBATCHED[axes])
    axis = len(w.x.shape) - axes[0]
    channels = w.x.shape[axis]
    features = _features(w, channels) if fixed else w.x.shape[1]
    affine, stored = w.flag("affine"), w.flag("track_running_stats")
    if affine or (stored and _statistics_matter(w, channels)):
        _match_channels(w, channels, features, axis)
    elif isinstance(features, int) and features != channels:
        w.notes.append(f"torch warns: num_features={features} is not used, and the input has {channels} channels.")
    if w.training or not stored:
        _several_places(w, product(w.x.shape[axis + 1 :]))
    _dtype(w, stored=False)  # running statistics of any dtype will do here
    if affine:
        w.require(0 not in w.x.shape[: axis + 1], f"torch's {w.stage.name} with affine=True needs at least one sample.")
    w.output(w.x.shape)
    _affine(w, features)


def _statistics_matter(w: Working, channels: Size) -> bool:
    """Whether InstanceNorm's running statistics meet the input's channels: of an empty input, in training alone."""
    if product(w.x.shape) != 0:
        return True
    no_samples = len(w.x.shape) == _AXES[w.stage.name[-2:]] and w.x.shape[0] == 0
    return w.training and not (no_samples and channels == 1)


def _fixed_channels(w: Working) -> bool:
    """Whether `num_features` is an argument; a lazy layer takes it from its input."""
    if "num_features" not in w.args:
        return False
    if not isinstance(w.args["num_features"], Unknown):
        size = whole(w, "num_features", 0 if w.flag("affine") or w.flag("track_running_stats") else None)
        countable(w, size)
    return True


def _features(w: Working, channels: Size) -> Size:
    return solved(w, "num_features", channels, None)


def _match_channels(w: Working, channels: Size, features: Size, axis: int) -> None:
    name = f"{w.stage.name}({features})"
    fixes = [Fix({"num_features": channels})] if isinstance(channels, int) and "num_features" in w.args else []
    fixes += [
        Fix(insert=Stage("op", "transpose", {"dim0": axis, "dim1": other}))
        for other, size in enumerate(w.x.shape)
        if other > axis and size == features
    ][:1]
    words = f"{name} wants {features} channels on axis {axis}, and {w.x} has {channels} there."
    w.require_equal(channels, features, words, *fixes)


def _require_axes(w: Working, axes: tuple[int, ...], layout: str) -> None:
    """The number of axes; the same norm for another number of axes is the nearest fix."""
    if len(w.x.shape) in axes:
        return
    words = f"{w.stage.name} takes {layout}, and {w.x} has {len(w.x.shape)} axes."
    kind = {2: "1d", 3: "1d", 4: "2d", 5: "3d"}.get(len(w.x.shape))
    if kind and kind != w.stage.name[-2:]:
        words += f" {w.stage.name[:-2]}{kind} is the one for {len(w.x.shape)} axes."
    raise Misfit(words, tuple(_axis_fixes(w, axes)))


def _axis_fixes(w: Working, axes: tuple[int, ...]) -> list[Fix]:
    if len(w.x.shape) == min(axes) - 1:
        return [Fix(insert=Stage("op", "unsqueeze", {"dim": 0}))]
    return []


def _several_values(w: Working, count: Size) -> None:
    """One value has no variance: torch refuses it in training, but takes none at all."""
    words = (
        f"{w.stage.name} in training needs more than 1 value per channel to compare, and {w.x} has 1: "
        "use a larger batch, or eval()."
    )
    fix = Fix(evaluate=True)
    if isinstance(count, int):
        w.require(count != 1, words, fix)
    else:
        w.require_at_least(count, 2, words, fix)


def _several_places(w: Working, places: Size) -> None:
    words = f"{w.stage.name} needs more than 1 place per channel to compare, and {w.x} has 1."
    if isinstance(places, int):
        w.require(places != 1, words, *([Fix({"track_running_stats": True})] if not w.training else []))
    else:
        w.require_at_least(places, 2, words)


def _epsilon(w: Working, *, positive: bool) -> None:
    eps = number(w, "eps")
    if eps < 0 or (positive and eps == 0):
        sign = "above 0 in training" if positive else "0 or more"
        w.refuse(f"`eps` of {w.stage.name} must be {sign}, and is {eps}.", Fix({"eps": 1e-5}))


def _dtype(w: Working, stored: bool) -> None:
    """Weights and running statistics must have the input's dtype; half precision may have float32 ones."""
    only_dtypes(w, FLOATS)
    if not (w.flag("affine") or stored):
        return
    weights = weight_dtype(w)
    if w.x.dtype != weights and weights not in _MIXED.get(w.x.dtype, ()):
        words = f"{w.stage.name} has {weights} weights and cannot take {w.x.dtype} input."
        w.refuse(words, Fix({"dtype": Dtype(w.x.dtype)}))


def _affine(w: Working, features: Size) -> None:
    """A scale and a shift for each channel."""
    if not w.flag("affine"):
        w.count(0, "0")
        return
    shift = w.args.get("bias", True) is not False and bool(w.args.get("bias", True))
    w.count(features * (1 + shift), f"{features}" + f" + {features}" * shift)


def _group(w: Working) -> None:
    """Channels in groups, each group of a sample over its own values."""
    w.require_inputs(1)
    groups = whole(w, "num_groups")
    axes = len(w.x.shape)
    channels: Size = w.x.shape[1] if axes > 1 else 0
    features = solved(w, "num_channels", channels, 0 if w.flag("affine") else None)
    w.require(groups != 0, "`num_groups` of GroupNorm cannot be 0.", Fix({"num_groups": 1}))
    divisors = [Fix({"num_groups": near}) for near in _divisors(features, groups)]
    w.require_multiple(
        features, groups, f"GroupNorm cannot split {features} channels into {groups} equal groups.", *divisors
    )
    w.require(axes >= 2, f"GroupNorm takes (N, C, ...), and {w.x} has {axes} axes.")
    countable(w, features)
    w.require(groups > 0, f"`num_groups` of GroupNorm must be at least 1, and is {groups}.", Fix({"num_groups": 1}))
    if w.flag("affine"):
        fixes = [Fix({"num_channels": channels})] if isinstance(channels, int) else []
        words = f"GroupNorm({groups}, {features}) wants {features} channels on axis 1, and {w.x} has {channels} there."
        w.require_equal(channels, features, words, *fixes)
    else:
        w.require_multiple(channels, groups, f"GroupNorm cannot split {channels} channels into {groups} equal groups.")
    count = product((w.x.shape[0] * channels // groups, *w.x.shape[2:]))
    words = f"GroupNorm needs more than 1 value per group, and {w.x} in {groups} groups has 1."
    if isinstance(count, int):
        w.require(count != 1, words, *[Fix({"num_groups": near}) for near in _divisors(channels, groups - 1)])
    else:
        w.require_at_least(count, 2, words)
    number(w, "eps")
    _dtype(w, stored=False)
    w.output(w.x.shape)
    w.line("group", "C/num_groups", f"{channels}/{groups}", channels // groups)
    _affine(w, features)


def _divisors(channels: Size, near: int) -> list[int]:
    """Numbers of groups that divide the channels, the nearest first."""
    if not isinstance(channels, int) or channels <= 0:
        return []
    bound = range(1, min(channels, 4096) + 1)
    return sorted((d for d in bound if channels % d == 0), key=lambda d: abs(d - near))[:2]


def _trailing(w: Working, *, shift: bool, accepted: tuple[str, ...]) -> None:
    """LayerNorm and RMSNorm: the last axes together, as many as `normalized_shape` has."""
    w.require_inputs(1)
    wanted = _normalized_shape(w)
    learns = w.flag("elementwise_affine")
    if learns:
        countable(w, *wanted)
    axes = len(wanted)
    w.require(axes > 0, f"`normalized_shape` of {w.stage.name} needs at least one size.")
    if w.args.get("eps") is not None or w.stage.name == "LayerNorm":
        number(w, "eps")
    words = f"{w.stage.name} wants the last {_axes(axes)} to be {_tuple(wanted)}, and the input is {w.x}."
    fits = len(w.x.shape) >= axes
    if not fits:
        w.refuse(words, *_trailing_fixes(w, 1))
    for given, size in zip(w.x.shape[-axes:], wanted, strict=True):
        w.require_equal(given, size, words, *_trailing_fixes(w, axes))
    _trailing_dtype(w, learns, accepted)
    w.output(w.x.shape)
    size = product(wanted) if learns else 0
    bias = learns and shift and w.flag("bias")
    worked = times(*wanted)
    w.count(size + size * bias, (worked + f" + {worked}" * bias) if learns else "0")


def _axes(count: int) -> str:
    return "axis" if count == 1 else f"{count} axes"


def _tuple(shape: tuple[Size, ...]) -> str:
    return str(shape[0]) if len(shape) == 1 else f"({', '.join(str(size) for size in shape)})"


def _normalized_shape(w: Working) -> tuple[Size, ...]:
    value = w.args["normalized_shape"]
    if isinstance(value, Unknown):
        w.require(bool(w.x.shape), f"{w.stage.name} needs at least one axis to work on.")
        return (w.solve("normalized_shape", w.x.shape[-1]),)
    sizes = value if isinstance(value, tuple) else (value,)
    numbers = tuple(size for size in sizes if isinstance(size, int) and not isinstance(size, bool))
    w.require(len(numbers) == len(sizes), f"{w.stage.name} wants whole numbers for `normalized_shape`.")
    if w.flag("elementwise_affine"):
        w.require(all(size >= 0 for size in numbers), f"Sizes in `normalized_shape` cannot be negative: {numbers}.")
    return numbers


def _trailing_fixes(w: Working, axes: int) -> tuple[Fix, ...]:
    last = w.x.shape[-axes:]
    numbers = tuple(size for size in last if isinstance(size, int))
    if len(numbers) != axes:
        return ()
    wanted = w.args["normalized_shape"]
    moved = features_last(w.x, wanted) if axes == 1 and isinstance(wanted, int) else ()
    return (*moved, Fix({"normalized_shape": numbers[0] if axes == 1 else numbers}))


def _trailing_dtype(w: Working, learns: bool, accepted: tuple[str, ...]) -> None:
    only_dtypes(w, accepted)
    if not learns or w.stage.name == "RMSNorm":
        return
    weights = weight_dtype(w)
    if w.x.dtype != weights and weights not in _MIXED.get(w.x.dtype, ()):
        words = f"{w.stage.name} has {weights} weights and cannot take {w.x.dtype} input."
        w.refuse(words, Fix({"dtype": Dtype(w.x.dtype)}))


def _local_response(w: Working) -> None:
    """Each value against its neighbours in `size` channels."""
    w.require_inputs(1)
    size = whole(w, "size")
    w.require(
        len(w.x.shape) >= 3, f"LocalResponseNorm takes (N, C, L) or more axes, and {w.x} has {len(w.x.shape)} axes."
    )
    for name in ("alpha", "beta", "k"):
        number(w, name)
    if product(w.x.shape) != 0:
        w.require(size >= 1, f"`size` of LocalResponseNorm must be at least 1, and is {size}.", Fix({"size": 5}))
        half = () if len(w.x.shape) > 3 else ("float16", "bfloat16")  # the CPU's pooling over 3 axes lacks them
        only_dtypes(w, ("float32", "float64", *half, "int64"))
    w.output(w.x.shape, dtype=FLOAT if w.x.dtype == "int64" and product(w.x.shape) != 0 else None)
    w.count(0, "0")


def _cross_map(w: Working) -> None:
    """The Python twin of LocalResponseNorm, for images only."""
    w.require_inputs(1)
    size = whole(w, "size")
    w.require(len(w.x.shape) == 4, f"CrossMapLRN2d takes (N, C, H, W), and {w.x} has {len(w.x.shape)} axes.")
    w.require(w.x.shape[1] != 0, "CrossMapLRN2d needs at least one channel.")
    w.require(size != 0, "`size` of CrossMapLRN2d divides, so it cannot be 0.", Fix({"size": 5}))
    only_dtypes(w, (*FLOATS, *COMPLEX))
    w.output(w.x.shape)
    w.count(0, "0")


FORMULAS: dict[str, Formula] = {
    "BatchNorm1d": partial(_batch, axes=(2, 3)),
    "BatchNorm2d": partial(_batch, axes=(4,)),
    "BatchNorm3d": partial(_batch, axes=(5,)),
    "LazyBatchNorm1d": partial(_batch, axes=(2, 3)),
    "LazyBatchNorm2d": partial(_batch, axes=(4,)),
    "LazyBatchNorm3d": partial(_batch, axes=(5,)),
    "SyncBatchNorm": partial(_batch, axes=None),
    "InstanceNorm1d": partial(_instance, axes=(2, 3)),
    "InstanceNorm2d": partial(_instance, axes=(3, 4)),
    "InstanceNorm3d": partial(_instance, axes=(4, 5)),
    "LazyInstanceNorm1d": partial(_instance, axes=(2, 3)),
    "LazyInstanceNorm2d": partial(_instance, axes=(3, 4)),
    "LazyInstanceNorm3d": partial(_instance, axes=(4, 5)),
    "GroupNorm": _group,
    "LayerNorm": partial(_trailing, shift=True, accepted=FLOATS),
    "RMSNorm": partial(_trailing, shift=False, accepted=(*FLOATS, *COMPLEX)),
    "LocalResponseNorm": _local_response,
    "CrossMapLRN2d": _cross_map,
}
