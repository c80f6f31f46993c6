"""How the layers that move elements between axes are written: Fold, Unfold and the shuffles."""

from __future__ import annotations

from sandbox.language.layers.spatial import WINDOW_FLAGS, other_letters, planes_layout
from sandbox.language.layers.spec import Args, LayerSpec, Sizes
from sandbox.language.model import Tensor, Value


def _columns(args: Args, size: Sizes) -> tuple[Tensor, ...]:
    """(N, C*k*k, L): as many channels as C says, and the columns that the image has where its numbers are right."""
    height, width = _pair(args["kernel_size"])
    return (Tensor((size("N"), size("C") * height * width, size("L", _blocks(args)))),)


def _blocks(args: Args) -> Value:
    each = zip(
        *(_pair(args[name]) for name in ("output_size", "kernel_size", "stride", "padding", "dilation")), strict=True
    )
    steps = [(size + 2 * p - d * (k - 1) - 1) // s + 1 for size, k, s, p, d in each if s > 0]
    found = steps[0] * steps[1] if len(steps) == 2 else 0
    return found if found > 0 else None


def _pair(value: Value) -> tuple[int, int]:
    """Two numbers, or ones where the argument is not right: the formula says what is wrong with it."""
    numbers = value if isinstance(value, tuple) and len(value) == 2 else (value, value)
    first, second = (number if isinstance(number, int) else 1 for number in numbers)
    return first, second


LAYERS: tuple[LayerSpec, ...] = (
    LayerSpec(
        name="Fold",
        layout=_columns,
        aliases=("col2im",),
        flags=WINDOW_FLAGS | {"o": "output_size"},
        functional=("fold",),
        family="folding",
    ),
    LayerSpec(
        name="Unfold",
        layout=planes_layout(2),
        aliases=("im2col",),
        flags=WINDOW_FLAGS,
        letters=other_letters(2),
        functional=("unfold",),
        family="folding",
    ),
    LayerSpec(
        name="PixelShuffle",
        layout=planes_layout(2),
        aliases=("pixel_shuffle", "depthtospace", "depth_to_space", "subpixel", "ps"),
        flags={"r": "upscale_factor"},
        letters=other_letters(2),
        functional=("pixel_shuffle",),
        family="shuffle",
    ),
    LayerSpec(
        name="PixelUnshuffle",
        layout=planes_layout(2),
        aliases=("pixel_unshuffle", "spacetodepth", "space_to_depth"),
        flags={"r": "downscale_factor"},
        letters=other_letters(2),
        functional=("pixel_unshuffle",),
        family="shuffle",
    ),
    LayerSpec(
        name="ChannelShuffle",
        layout=planes_layout(2),
        aliases=("channel_shuffle",),
        flags={"g": "groups"},
        letters=other_letters(2),
        functional=("channel_shuffle",),
        family="shuffle",
    ),
)
