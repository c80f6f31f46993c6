"""How the embedding layers are written."""

from __future__ import annotations

from sandbox.language.layers.sequences import written
from sandbox.language.layers.spec import Args, LayerSpec, Sizes
from sandbox.language.model import INTEGER, Tensor


def _tokens(_args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    """(N, L) whole numbers."""
    return (Tensor((sizes("N"), sizes("L")), INTEGER),)


def _bags(args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    """(N, L) whole numbers; a list (L,) and (B,) offsets where B bags are written."""
    bags = written(sizes, "B")
    if bags is None:
        return _tokens(args, sizes)
    return (Tensor((sizes("L"),), INTEGER), Tensor((bags,), INTEGER))


_FLAGS = {"v": "num_embeddings", "d": "embedding_dim"}

LAYERS: tuple[LayerSpec, ...] = (
    LayerSpec(
        name="Embedding",
        layout=_tokens,
        aliases=("emb", "embed", "lookup", "embeddings", "wordembedding"),
        flags=_FLAGS,
        letters={"T": "L", "S": "L"},
        family="embedding",
    ),
    LayerSpec(
        name="EmbeddingBag",
        layout=_bags,
        aliases=("embbag", "embedbag", "embedding_bag", "bag"),
        flags=_FLAGS,
        letters={"T": "L", "S": "L"},
        family="embedding",
    ),
)
