"""How the normalisation layers are written."""

from __future__ import annotations

from sandbox.language.layers.sequences import letters_written, written
from sandbox.language.layers.spec import Args, LayerSpec, Layout, Sizes
from sandbox.language.model import Tensor, Value

_SYNONYMS = {"T": "L", "S": "L", "F": "C", "E": "C"}


def _channels(letters: str) -> Layout:
    """(N, C, ...) with these axes after the channels; for none of them, (N, C) or (N, C, L) where L is written."""

    def layout(args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
        channels = sizes("C", args.get("num_features"))
        if letters:
            return (Tensor((sizes("N"), channels, *(sizes(letter) for letter in letters))),)
        length = written(sizes, "L")
        return (Tensor((sizes("N"), channels, *(() if length is None else (length,)))),)

    return layout


def _grouped(args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    """(N, num_channels) and the axes that are written, else H and W."""
    rest = [size for letter in "LDHW" if (size := written(sizes, letter)) is not None]
    return (Tensor((sizes("N"), sizes("C", args["num_channels"]), *(rest or (sizes("H"), sizes("W"))))),)


def _trailing(args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    """(N, *normalized_shape), or (N, L, *normalized_shape) where L is written."""
    shape: Value = args["normalized_shape"]
    parts = shape if isinstance(shape, tuple) else (shape,)
    letters = {1: "E", 2: "HW", 3: "CHW", 4: "CDHW"}.get(len(parts), "")
    length = written(sizes, "L")
    last = [sizes(letter, part) for letter, part in zip(letters, parts, strict=False)]
    if not letters:  # more axes than there are letters
        last = [part for part in parts if isinstance(part, int)]
    return (Tensor((sizes("N"), *(() if length is None else (length,)), *last)),)


def _image(_args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    return (Tensor((sizes("N"), sizes("C"), sizes("H"), sizes("W"))),)


def _written_or_image(_args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    return (letters_written(sizes, ("C", "H", "W")),)


def _norm(kind: str, layout: Layout, *aliases: str) -> LayerSpec:
    return LayerSpec(name=kind, layout=layout, aliases=aliases, letters=_SYNONYMS, family="normalisation")


LAYERS: tuple[LayerSpec, ...] = (
    _norm(
        "BatchNorm1d",
        _channels(""),
        "bn",
        "bn1d",
        "bn1",
        "batchnorm",
        "batch_norm",
        "batchnorm_1d",
        "batchnormalization",
    ),
    _norm(
        "BatchNorm2d",
        _channels("HW"),
        "bn",
        "bn2d",
        "bn2",
        "batchnorm",
        "batch_norm",
        "batchnorm_2d",
        "batchnormalization",
    ),
    _norm(
        "BatchNorm3d",
        _channels("DHW"),
        "bn",
        "bn3d",
        "bn3",
        "batchnorm",
        "batch_norm",
        "batchnorm_3d",
        "batchnormalization",
    ),
    _norm("LazyBatchNorm1d", _channels(""), "lazybn1d", "lazybn", "lazybatchnorm"),
    _norm("LazyBatchNorm2d", _channels("HW"), "lazybn2d", "lazybn", "lazybatchnorm"),
    _norm("LazyBatchNorm3d", _channels("DHW"), "lazybn3d", "lazybn", "lazybatchnorm"),
    _norm("SyncBatchNorm", _channels("HW"), "syncbn", "sync_batch_norm"),
    _norm("InstanceNorm1d", _channels("L"), "in1d", "instancenorm", "instance_norm"),
    _norm("InstanceNorm2d", _channels("HW"), "in2d", "instancenorm", "instance_norm"),
    _norm("InstanceNorm3d", _channels("DHW"), "in3d", "instancenorm", "instance_norm"),
    _norm("LazyInstanceNorm1d", _channels("L"), "lazyin1d", "lazyinstancenorm"),
    _norm("LazyInstanceNorm2d", _channels("HW"), "lazyin2d", "lazyinstancenorm"),
    _norm("LazyInstanceNorm3d", _channels("DHW"), "lazyin3d", "lazyinstancenorm"),
    LayerSpec(
        name="GroupNorm",
        layout=_grouped,
        aliases=("gn", "group_norm", "groupnormalization"),
        flags={"g": "num_groups"},
        letters=_SYNONYMS,
        family="normalisation",
    ),
    LayerSpec(
        name="LayerNorm",
        layout=_trailing,
        aliases=("ln", "layer_norm", "layernormalization"),
        letters={"T": "L", "S": "L", "F": "E"},
        family="normalisation",
    ),
    LayerSpec(
        name="RMSNorm",
        layout=_trailing,
        aliases=("rms", "rms_norm"),
        letters={"T": "L", "S": "L", "F": "E"},
        family="normalisation",
    ),
    LayerSpec(
        name="LocalResponseNorm",
        layout=_written_or_image,
        aliases=("lrn", "local_response_norm"),
        letters=_SYNONYMS,
        functional=("local_response_norm",),
        family="normalisation",
    ),
    LayerSpec(name="CrossMapLRN2d", layout=_image, aliases=("crossmaplrn",), family="normalisation"),
)
