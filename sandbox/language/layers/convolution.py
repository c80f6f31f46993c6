"""How the convolution layers are written."""

from __future__ import annotations

from sandbox.language.layers.spatial import AXES, WINDOW_FLAGS, other_letters, planes_layout, ranked
from sandbox.language.layers.spec import LayerSpec

_TRANSPOSED = (
    "convtranspose",
    "conv_transpose",
    "transposedconv",
    "transposeconv",
    "tconv",
    "convt",
    "deconv",
    "upconv",
)
_CHANNEL_FLAGS = {"g": "groups", "i": "in_channels", "o": "out_channels"}
_LAZY_FLAGS = {"g": "groups", "o": "out_channels"}
_WINDOW = {flag: WINDOW_FLAGS[flag] for flag in "kspd"}
_TRANSPOSED_WINDOW = _WINDOW | {"op": "output_padding"}

LAYERS: tuple[LayerSpec, ...] = (
    *(
        LayerSpec(
            name=f"Conv{n}d",
            layout=planes_layout(n, channels="in_channels"),
            aliases=ranked(n, "conv", "convolution"),
            flags=_WINDOW | _CHANNEL_FLAGS,
            letters=other_letters(n),
            family="convolution",
        )
        for n in AXES
    ),
    *(
        LayerSpec(
            name=f"ConvTranspose{n}d",
            layout=planes_layout(n, channels="in_channels"),
            aliases=(*ranked(n, *_TRANSPOSED), f"conv{n}dtranspose", f"conv{n}d_transpose", f"conv{n}dt"),
            flags=_TRANSPOSED_WINDOW | _CHANNEL_FLAGS,
            letters=other_letters(n),
            family="transposed convolution",
        )
        for n in AXES
    ),
    *(
        LayerSpec(
            name=f"LazyConv{n}d",
            layout=planes_layout(n),
            aliases=ranked(n, "lazyconv", "lazy_conv"),
            flags=_WINDOW | _LAZY_FLAGS,
            letters=other_letters(n),
            family="convolution",
        )
        for n in AXES
    ),
    *(
        LayerSpec(
            name=f"LazyConvTranspose{n}d",
            layout=planes_layout(n),
            aliases=ranked(n, "lazyconvtranspose", "lazydeconv", "lazy_conv_transpose"),
            flags=_TRANSPOSED_WINDOW | _LAZY_FLAGS,
            letters=other_letters(n),
            family="transposed convolution",
        )
        for n in AXES
    ),
)
