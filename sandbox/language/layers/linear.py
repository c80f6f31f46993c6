"""How the linear layers are written."""

from __future__ import annotations

from sandbox.language.layers.sequences import features_last, letters_written
from sandbox.language.layers.spec import Args, LayerSpec, Sizes
from sandbox.language.model import Tensor


def _linear(args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    """(N, in_features), or (N, L, in_features) where L is written."""
    return (features_last(sizes, args["in_features"]),)


def _lazy(_args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    return (features_last(sizes, None),)


def _bilinear(args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    """(N, in1_features) and (N, in2_features)."""
    batch = sizes("N")
    return (
        Tensor((batch, sizes("E", args["in1_features"]))),
        Tensor((batch, sizes("H", args["in2_features"]))),
    )


def _anything(_args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    return (letters_written(sizes),)


LAYERS: tuple[LayerSpec, ...] = (
    LayerSpec(
        name="Linear",
        layout=_linear,
        aliases=("fc", "dense", "lin", "fullyconnected", "fully_connected", "affine", "projection", "proj"),
        flags={"i": "in_features", "o": "out_features"},
        letters={"T": "L", "S": "L", "C": "E", "F": "E", "H": "E", "D": "E"},
        family="linear",
    ),
    LayerSpec(
        name="LazyLinear",
        layout=_lazy,
        aliases=("lazyfc", "lazydense", "lazy_linear"),
        flags={"o": "out_features"},
        letters={"T": "L", "S": "L", "C": "E", "F": "E", "H": "E", "D": "E"},
        family="linear",
    ),
    LayerSpec(name="Bilinear", layout=_bilinear, aliases=("bilin",), family="linear"),
    LayerSpec(
        name="Identity",
        layout=_anything,
        aliases=("id", "noop", "skip", "passthrough"),
        letters={"T": "L"},
        family="linear",
    ),
)
