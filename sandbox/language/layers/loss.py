"""How the losses are written. Targets that name classes are whole numbers; all others have the scores' shape."""

from __future__ import annotations

from sandbox.language.layers.sequences import letters_written, written
from sandbox.language.layers.spec import Args, LayerSpec, Layout, Sizes
from sandbox.language.model import INTEGER, Tensor
from sandbox.language.size import Size


def _alike(count: int) -> Layout:
    def layout(_args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
        return (letters_written(sizes),) * count

    return layout


def _classes(_args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    """Scores (N, C, ...) and one class for each of the other places."""
    batch = sizes("N")
    places = [size for letter in "LDHW" if (size := written(sizes, letter)) is not None]
    return Tensor((batch, sizes("C"), *places)), Tensor((batch, *places), INTEGER)


def _labels(_args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    scores = (sizes("N"), sizes("C"))
    return Tensor(scores), Tensor(scores, INTEGER)


def _vectors(count: int, *, target: bool) -> Layout:
    """Embeddings (N, E), and a target (N,) of 1 and -1."""

    def layout(_args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
        batch = sizes("N")
        return (Tensor((batch, sizes("E"))),) * count + ((Tensor((batch,)),) if target else ())

    return layout


def _ranks(_args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    return (Tensor((sizes("N"),)),) * 3


def _features(args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    """Features (N, in_features) and one class each."""
    batch = sizes("N")
    outputs = args.get("out_features") or ()
    axes: list[Size] = [size for size in outputs if isinstance(size, int)] if isinstance(outputs, tuple) else []
    return Tensor((batch, sizes("E", args["in_features"]))), Tensor((batch, *axes), INTEGER)


def _alignments(_args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    """Log-probabilities (T, N, C), targets (N, S), and both lengths (N,)."""
    batch = sizes("N")
    lengths = Tensor((batch,), INTEGER)
    return Tensor((sizes("T"), batch, sizes("C"))), Tensor((batch, sizes("S")), INTEGER), lengths, lengths


LAYERS: tuple[LayerSpec, ...] = (
    LayerSpec(
        name="CrossEntropyLoss",
        layout=_classes,
        aliases=("ce", "xent", "crossentropy", "celoss", "softmaxloss"),
        functional=("cross_entropy",),
        letters={"T": "L", "S": "L"},
        family="loss",
    ),
    LayerSpec(
        name="NLLLoss",
        layout=_classes,
        aliases=("nll",),
        functional=("nll_loss",),
        letters={"T": "L", "S": "L"},
        family="loss",
    ),
    LayerSpec(
        name="L1Loss", layout=_alike(2), aliases=("mae", "l1", "maeloss"), functional=("l1_loss",), family="loss"
    ),
    LayerSpec(name="MSELoss", layout=_alike(2), aliases=("mse", "l2loss"), functional=("mse_loss",), family="loss"),
    LayerSpec(
        name="SmoothL1Loss", layout=_alike(2), aliases=("smoothl1",), functional=("smooth_l1_loss",), family="loss"
    ),
    LayerSpec(name="HuberLoss", layout=_alike(2), aliases=("huber",), functional=("huber_loss",), family="loss"),
    LayerSpec(
        name="BCELoss",
        layout=_alike(2),
        aliases=("bce", "binarycrossentropy"),
        functional=("binary_cross_entropy",),
        family="loss",
    ),
    LayerSpec(
        name="BCEWithLogitsLoss",
        layout=_alike(2),
        aliases=("bcewithlogits", "bcelogits"),
        functional=("binary_cross_entropy_with_logits",),
        family="loss",
    ),
    LayerSpec(
        name="KLDivLoss", layout=_alike(2), aliases=("kl", "kldiv", "klloss"), functional=("kl_div",), family="loss"
    ),
    LayerSpec(
        name="PoissonNLLLoss",
        layout=_alike(2),
        aliases=("poissonnll", "poissonloss"),
        functional=("poisson_nll_loss",),
        family="loss",
    ),
    LayerSpec(
        name="GaussianNLLLoss",
        layout=_alike(3),
        aliases=("gaussiannll", "gaussianloss"),
        functional=("gaussian_nll_loss",),
        family="loss",
    ),
    LayerSpec(
        name="SoftMarginLoss",
        layout=_alike(2),
        aliases=("softmargin",),
        functional=("soft_margin_loss",),
        family="loss",
    ),
    LayerSpec(
        name="HingeEmbeddingLoss",
        layout=_alike(2),
        aliases=("hinge", "hingeloss", "hingeembedding"),
        functional=("hinge_embedding_loss",),
        family="loss",
    ),
    LayerSpec(
        name="MultiLabelSoftMarginLoss",
        layout=_alike(2),
        aliases=("multilabelsoftmargin",),
        functional=("multilabel_soft_margin_loss",),
        family="loss",
    ),
    LayerSpec(
        name="MultiLabelMarginLoss",
        layout=_labels,
        aliases=("multilabelmargin",),
        functional=("multilabel_margin_loss",),
        family="loss",
    ),
    LayerSpec(
        name="MultiMarginLoss",
        layout=_classes,
        aliases=("multimargin",),
        functional=("multi_margin_loss",),
        family="loss",
    ),
    LayerSpec(
        name="MarginRankingLoss",
        layout=_ranks,
        aliases=("marginranking", "rankingloss"),
        functional=("margin_ranking_loss",),
        family="loss",
    ),
    LayerSpec(
        name="CosineEmbeddingLoss",
        layout=_vectors(2, target=True),
        aliases=("cosineembedding", "cosineloss"),
        functional=("cosine_embedding_loss",),
        family="loss",
    ),
    LayerSpec(
        name="TripletMarginLoss",
        layout=_vectors(3, target=False),
        aliases=("triplet", "tripletloss", "tripletmargin"),
        functional=("triplet_margin_loss",),
        family="loss",
    ),
    LayerSpec(
        name="TripletMarginWithDistanceLoss",
        layout=_vectors(3, target=False),
        aliases=("tripletdistance",),
        functional=("triplet_margin_with_distance_loss",),
        family="loss",
    ),
    LayerSpec(
        name="CTCLoss",
        layout=_alignments,
        aliases=("ctc",),
        functional=("ctc_loss",),
        letters={"L": "T"},
        family="loss",
    ),
    LayerSpec(
        name="AdaptiveLogSoftmaxWithLoss",
        layout=_features,
        aliases=("adaptivesoftmax", "adaptivelogsoftmax"),
        family="loss",
    ),
    LayerSpec(
        name="LinearCrossEntropyLoss", layout=_features, aliases=("linearcrossentropy", "linearce"), family="loss"
    ),
)
