"""How the transformer layers are written.

TransformerEncoder and TransformerDecoder take a layer; the language also takes that layer's arguments directly:
`transformerencoder 512 8 6` is d_model, nhead, num_layers.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.language.layers.spec import Args, LayerSpec, Sizes
from sandbox.language.model import Stage, Tensor, Value
from sandbox.language.size import Size

_LETTERS = {"C": "E", "D": "E"}
_FLAGS = {"h": "nhead"}
_INNER: Mapping[str, Value] = {
    "d_model": None,
    "nhead": None,
    "dim_feedforward": 2048,
    "dropout": 0.1,
    "activation": "relu",
    "layer_norm_eps": 1e-5,
    "batch_first": False,
    "norm_first": False,
    "bias": True,
    "dtype": None,
}
_ORDER = ("d_model", "nhead", "num_layers", "dim_feedforward", "dropout", "activation")


def _arguments(args: Args) -> Args:
    """The arguments of the layer inside, where it was written as a module."""
    for name in ("encoder_layer", "decoder_layer"):
        module = args.get(name)
        if isinstance(module, Stage):
            return module.args
    return args


def _sequence(args: Args, sizes: Sizes, length: Size) -> Tensor:
    inner = _arguments(args)
    features = sizes("E", inner.get("d_model"))
    batch = sizes("N")
    return Tensor((batch, length, features) if inner.get("batch_first") else (length, batch, features))


def _one(args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    """(L, N, d_model), or (N, L, d_model) with batch_first."""
    return (_sequence(args, sizes, sizes("L")),)


def _target_and_memory(args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    """The target (T, N, d_model) and the memory (S, N, d_model)."""
    return (_sequence(args, sizes, sizes("T")), _sequence(args, sizes, sizes("S")))


def _source_and_target(args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    """The source (S, N, d_model) and the target (T, N, d_model)."""
    return (_sequence(args, sizes, sizes("S")), _sequence(args, sizes, sizes("T")))


LAYERS: tuple[LayerSpec, ...] = (
    LayerSpec(
        name="TransformerEncoderLayer",
        layout=_one,
        aliases=("encoderlayer", "encoder_layer", "tel", "transformer_encoder_layer"),
        flags=_FLAGS,
        letters={**_LETTERS, "T": "L", "S": "L"},
        family="transformer",
    ),
    LayerSpec(
        name="TransformerDecoderLayer",
        layout=_target_and_memory,
        aliases=("decoderlayer", "decoder_layer", "tdl", "transformer_decoder_layer"),
        flags=_FLAGS,
        letters={**_LETTERS, "L": "T"},
        family="transformer",
    ),
    LayerSpec(
        name="TransformerEncoder",
        layout=_one,
        aliases=("encoder", "transformer_encoder"),
        flags=_FLAGS,
        letters={**_LETTERS, "T": "L", "S": "L"},
        extra=_INNER,
        nested={"encoder_layer": "TransformerEncoderLayer"},
        positional=_ORDER,
        family="transformer",
    ),
    LayerSpec(
        name="TransformerDecoder",
        layout=_target_and_memory,
        aliases=("decoder", "transformer_decoder"),
        flags=_FLAGS,
        letters={**_LETTERS, "L": "T"},
        extra=_INNER,
        nested={"decoder_layer": "TransformerDecoderLayer"},
        positional=_ORDER,
        family="transformer",
    ),
    LayerSpec(
        name="Transformer",
        layout=_source_and_target,
        aliases=("encoderdecoder", "encoder_decoder", "seq2seq"),
        flags=_FLAGS,
        letters={**_LETTERS, "L": "T"},
        family="transformer",
    ),
)
