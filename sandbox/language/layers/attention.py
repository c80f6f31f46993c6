"""How MultiheadAttention is written."""

from __future__ import annotations

from sandbox.language.layers.sequences import written
from sandbox.language.layers.spec import Args, LayerSpec, Sizes
from sandbox.language.model import Tensor
from sandbox.language.size import Size


def _sequence(length: Size, batch: Size, features: Size, args: Args) -> Tensor:
    return Tensor((batch, length, features) if args.get("batch_first") else (length, batch, features))


def _attention(args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    """(L, N, embed_dim) attending to itself; query, key and value where S, kdim or vdim is written."""
    length, batch, features = sizes("L"), sizes("N"), sizes("E", args["embed_dim"])
    query = _sequence(length, batch, features, args)
    source = written(sizes, "S")
    if source is None and args.get("kdim") is None and args.get("vdim") is None:
        return (query,)
    keys = sizes("S") if source is None else source
    kdim, vdim = args.get("kdim"), args.get("vdim")
    key = _sequence(keys, batch, kdim if isinstance(kdim, int) else features, args)
    value = _sequence(keys, batch, vdim if isinstance(vdim, int) else features, args)
    return (query, key, value)


LAYERS: tuple[LayerSpec, ...] = (
    LayerSpec(
        name="MultiheadAttention",
        layout=_attention,
        aliases=("mha", "attention", "multiheadattn", "multihead", "multi_head_attention", "selfattention", "attn"),
        flags={"h": "num_heads"},
        letters={"T": "L", "C": "E", "D": "E"},
        call="self_attention",
        extra={"need_weights": True, "average_attn_weights": True},
        forward=("need_weights", "average_attn_weights"),
        family="attention",
    ),
)
