"""How the resampling layers are written."""

from __future__ import annotations

from sandbox.language.layers.sequences import written
from sandbox.language.layers.spatial import AXES, planes_layout
from sandbox.language.layers.spec import Args, LayerSpec, Sizes
from sandbox.language.model import Tensor

_BY_MODE = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}


def _resized(args: Args, size: Sizes) -> tuple[Tensor, ...]:
    """As many axes as the mode, the arguments or the written letters ask for; an image where nothing says."""
    return planes_layout(_axes(args, size))(args, size)


def _axes(args: Args, size: Sizes) -> int:
    by_mode = _BY_MODE.get(str(args["mode"]))
    if by_mode:
        return by_mode
    for name in ("size", "scale_factor"):
        value = args[name]
        if isinstance(value, tuple) and len(value) in AXES:
            return len(value)
    if written(size, "D") is not None:
        return 3
    return 1 if written(size, "L") is not None else 2


LAYERS: tuple[LayerSpec, ...] = (
    LayerSpec(
        name="Upsample",
        layout=_resized,
        aliases=("interpolate", "resize", "upsampling", "up"),
        flags={"sf": "scale_factor"},
        letters={"T": "L"},
        functional=("interpolate", "upsample"),
        family="resampling",
    ),
    LayerSpec(
        name="UpsamplingNearest2d",
        layout=planes_layout(2),
        aliases=("upsamplenearest", "upsamplingnearest", "upsample_nearest", "nearest"),
        flags={"sf": "scale_factor"},
        functional=("upsample_nearest",),
        family="resampling",
    ),
    LayerSpec(
        name="UpsamplingBilinear2d",
        layout=planes_layout(2),
        aliases=("upsamplebilinear", "upsamplingbilinear", "upsample_bilinear"),
        flags={"sf": "scale_factor"},
        functional=("upsample_bilinear",),
        family="resampling",
    ),
)
