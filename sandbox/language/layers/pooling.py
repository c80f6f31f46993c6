"""How the pooling layers are written."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.language.layers.spatial import AXES, WINDOW_FLAGS, other_letters, planes_layout, ranked
from sandbox.language.layers.spec import Args, LayerSpec, Sizes
from sandbox.language.model import INTEGER, Tensor

_WINDOW = {flag: WINDOW_FLAGS[flag] for flag in "ksp"}
_UNPADDED = {flag: WINDOW_FLAGS[flag] for flag in "ks"}
_KERNEL = {"k": "kernel_size", "o": "output_size"}
_SIZE = {"o": "output_size"}
_GLOBAL_AVG = ("gap", "globalavgpool", "global_avg_pool", "globalaveragepooling")
_GLOBAL_MAX = ("gmp", "globalmaxpool", "global_max_pool", "globalmaxpooling")
_GLOBAL = {*_GLOBAL_AVG, *_GLOBAL_MAX}


def _spec(name: str, axes: int, words: tuple[str, ...], flags: Mapping[str, str], *functional: str) -> LayerSpec:
    presets = {word: {"output_size": 1} for word in ranked(axes, *(word for word in words if word in _GLOBAL))}
    return LayerSpec(
        name=f"{name}{axes}d",
        layout=planes_layout(axes),
        aliases=ranked(axes, *words),
        flags=flags,
        letters=other_letters(axes),
        functional=functional,
        presets=presets,
        family="pooling",
    )


def _unpool(axes: int) -> LayerSpec:
    def layout(_args: Args, size: Sizes) -> tuple[Tensor, ...]:
        """The values and where they come from."""
        shape = (size("N"), size("C"), *(size(letter) for letter in AXES[axes]))
        return (Tensor(shape), Tensor(shape, INTEGER))

    return LayerSpec(
        name=f"MaxUnpool{axes}d",
        layout=layout,
        aliases=ranked(axes, "maxunpool", "unpool", "max_unpool"),
        flags=_WINDOW,
        letters=other_letters(axes),
        extra={"output_size": None},
        forward=("output_size",),
        family="pooling",
    )


LAYERS: tuple[LayerSpec, ...] = (
    *(
        _spec(
            "MaxPool",
            n,
            ("maxpool", "max_pool", "mp", "maxpooling", "pool"),
            WINDOW_FLAGS,
            f"max_pool{n}d",
        )
        for n in AXES
    ),
    *(
        _spec(
            "AvgPool",
            n,
            ("avgpool", "avg_pool", "ap", "averagepool", "meanpool", "avgpooling"),
            _WINDOW,
            f"avg_pool{n}d",
        )
        for n in AXES
    ),
    *(_spec("LPPool", n, ("lppool", "lp_pool", "powerpool"), _UNPADDED, f"lp_pool{n}d") for n in AXES),
    *(
        _spec(
            "AdaptiveAvgPool",
            n,
            ("adaptiveavgpool", "adaptive_avg_pool", "aap", "adaptivepool", *_GLOBAL_AVG),
            _SIZE,
            f"adaptive_avg_pool{n}d",
        )
        for n in AXES
    ),
    *(
        _spec(
            "AdaptiveMaxPool",
            n,
            ("adaptivemaxpool", "adaptive_max_pool", "amp", *_GLOBAL_MAX),
            _SIZE,
            f"adaptive_max_pool{n}d",
        )
        for n in AXES
    ),
    *(
        _spec(
            "FractionalMaxPool",
            n,
            ("fractionalmaxpool", "fractional_max_pool", "fmp"),
            _KERNEL,
            f"fractional_max_pool{n}d",
        )
        for n in (2, 3)
    ),
    *(_unpool(n) for n in AXES),
)
