"""How the distances are written."""

from __future__ import annotations

from sandbox.language.layers.spec import Args, LayerSpec, Sizes
from sandbox.language.model import Tensor


def _pair(_args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    """Two lists of vectors (N, E)."""
    vectors = Tensor((sizes("N"), sizes("E")))
    return vectors, vectors


LAYERS: tuple[LayerSpec, ...] = (
    LayerSpec(
        name="CosineSimilarity",
        layout=_pair,
        aliases=("cosine", "cossim", "cosinesim", "cos_sim"),
        functional=("cosine_similarity",),
        letters={"C": "E", "D": "E"},
        family="distance",
    ),
    LayerSpec(
        name="PairwiseDistance",
        layout=_pair,
        aliases=("euclidean", "l2distance"),
        functional=("pairwise_distance",),
        letters={"C": "E", "D": "E"},
        family="distance",
    ),
)
