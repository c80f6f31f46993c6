"""One line that works for every layer and operation: what an error and `/help` show."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sandbox.language import catalogue
from sandbox.language.layers.registry import LAYERS

_VALUES: Mapping[str, str] = {
    "in_channels": "3", "out_channels": "16", "kernel_size": "3", "in_features": "20", "out_features": "10",
    "in1_features": "20", "in2_features": "30", "num_features": "16", "num_channels": "16", "num_groups": "4",
    "num_embeddings": "1000", "embedding_dim": "64", "input_size": "10", "hidden_size": "20", "embed_dim": "64",
    "num_heads": "8", "d_model": "64", "nhead": "8", "num_layers": "2", "output_size": "4", "norm_type": "2",
    "normalized_shape": "16", "padding": "2", "value": "0.5", "upscale_factor": "2", "downscale_factor": "2",
    "groups": "2", "size": "2", "threshold": "0.1", "dim": "1", "unflattened_size": "2x8", "n_classes": "100",
    "num_classes": "10", "cutoffs": "(10, 50)", "dim_feedforward": "128",
}  # fmt: skip
_OF_LAYER: Mapping[str, str] = {
    "ChannelShuffle": "channelshuffle 2 @ 1x4x8x8",
    "Fold": "fold (4, 5) (2, 2) @ 1x12x12",
    "FractionalMaxPool2d": "fractionalmaxpool2d 3 output_size=4x4 @ 1x3x16x16",
    "FractionalMaxPool3d": "fractionalmaxpool3d 3 output_size=4x4x4 @ 1x3x16x16x16",
    "GLU": "glu @ 8x20",
    "Identity": "identity @ 8x20",
    "PixelShuffle": "pixelshuffle 2 @ 1x8x4x4",
    "PixelUnshuffle": "pixelunshuffle 2 @ 1x2x8x8",
    "Transformer": "transformer 64 8 2 2",
    "Unflatten": "unflatten 1 2x8 @ 32x16",
    "Upsample": "upsample scale_factor=2 @ 1x3x8x8",
    "UpsamplingBilinear2d": "upsamplingbilinear2d scale_factor=2 @ 1x3x8x8",
    "UpsamplingNearest2d": "upsamplingnearest2d scale_factor=2 @ 1x3x8x8",
}
_OF_OP: Mapping[str, str] = {
    "amax": "amax 1 @ 32x10",
    "amin": "amin 1 @ 32x10",
    "argmax": "argmax 1 @ 32x10",
    "argmin": "argmin 1 @ 32x10",
    "bmm": "bmm 8x2x3 8x3x4",
    "broadcast": "broadcast 8x1x6x1 7x1x5",
    "cat": "cat 2x3 4x3 dim=0",
    "chunk": "chunk 4 dim=1 @ 32x12",
    "contiguous": "contiguous @ 32x12",
    "einsum": "einsum bij,bjk->bik 2x3x4 2x4x5",
    "expand": "expand 4 3 @ 1x3",
    "flatten": "torch.flatten 1 @ 32x3x8x8",
    "flip": "flip 0 1 @ 2x3",
    "matmul": "matmul 2x3 3x4",
    "max": "max 1 @ 32x10",
    "mean": "mean 1 @ 32x10",
    "min": "min 1 @ 32x10",
    "mm": "mm 2x3 3x4",
    "movedim": "movedim 1 2 @ 32x3x100",
    "narrow": "narrow 1 0 3 @ 32x10",
    "one_hot": "one_hot 10 @ int64 32",
    "pad": "pad 1 1 @ 32x3x100",
    "permute": "permute 0 2 1 @ 32x3x100",
    "repeat": "repeat 2 1 @ 4x3",
    "reshape": "reshape 32 -1 @ 32x3x100",
    "select": "select 1 0 @ 32x10",
    "split": "split 4 dim=1 @ 32x12",
    "squeeze": "squeeze 1 @ 32x1x10",
    "stack": "stack 2x3 2x3 dim=0",
    "sum": "sum 1 @ 32x10",
    "t": "t @ 2x3",
    "transpose": "transpose 1 2 @ 32x3x100",
    "unbind": "unbind 0 @ 2x3",
    "unflatten": "torch.unflatten 1 2x8 @ 32x16",
    "unsqueeze": "unsqueeze 1 @ 32x10",
    "view": "view 32 -1 @ 32x3x100",
    "float": "float | linear 5 3 @ int64 2x5",
    "long": "long @ 8x20",
    "to": "to float64 @ 2x3",
}


@cache
def example(kind: str, name: str) -> str:
    """A line that works: `conv1d 3 16 k3`."""
    if kind == "op":
        return _OF_OP.get(name, f"{name} @ 2x3")
    return _OF_LAYER.get(name) or _from_signature(name)


def _from_signature(name: str) -> str:
    """The class in lower case and its required arguments: the layout supplies the input."""
    flags = {parameter: flag for flag, parameter in LAYERS[name].flags.items()}
    _, names = catalogue.short_order(name)
    words = [name.lower()]
    for parameter in names:
        glued = flags.get(parameter) if parameter == "kernel_size" and len(words) == len(names) else None
        words.append(f"{glued or ''}{usual_value(parameter)}")
    return " ".join(words)


def usual_value(parameter: str) -> str:
    """What a beginner would write for a parameter, for an example."""
    return _VALUES.get(parameter, "2")
