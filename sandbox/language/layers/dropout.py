"""How the dropout layers are written."""

from __future__ import annotations

from sandbox.language.layers.sequences import letters_written
from sandbox.language.layers.spec import Args, LayerSpec, Layout, Sizes
from sandbox.language.model import Tensor


def _any(default: str) -> Layout:
    def layout(_args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
        return (letters_written(sizes, tuple(default)),)

    return layout


def _spec(name: str, default: str, *aliases: str) -> LayerSpec:
    words = {
        "AlphaDropout": "alpha_dropout",
        "FeatureAlphaDropout": "feature_alpha_dropout",
    }
    return LayerSpec(
        name=name,
        layout=_any(default),
        aliases=aliases,
        flags={"p": "p"},
        letters={"T": "L", "S": "L", "F": "C"},
        functional=(words.get(name, name.lower()),),
        family="dropout",
    )


LAYERS: tuple[LayerSpec, ...] = (
    _spec("Dropout", "C", "do", "drop"),
    _spec("Dropout1d", "CL", "do1d", "drop1d", "dropout_1d"),
    _spec("Dropout2d", "CHW", "do2d", "drop2d", "spatialdropout", "dropout_2d"),
    _spec("Dropout3d", "CDHW", "do3d", "drop3d", "dropout_3d"),
    _spec("AlphaDropout", "C", "alpha_dropout", "alphado"),
    _spec("FeatureAlphaDropout", "CL", "feature_alpha_dropout"),
)
