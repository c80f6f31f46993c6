"""What comes out of the losses that compare number with number; the other files of losses are gathered here."""

from __future__ import annotations

from sandbox.language.formulas.checks import number
from sandbox.language.formulas.class_losses import CLASS_LOSSES
from sandbox.language.formulas.embedding_losses import EMBEDDING_LOSSES
from sandbox.language.formulas.products import stretched
from sandbox.language.formulas.reducing import is_float, no_weights, reduce, three, two
from sandbox.language.formulas.tensors import promoted
from sandbox.language.formulas.working import Fix, Formula, Working
from sandbox.language.model import FLOAT, Tensor
from sandbox.language.size import Size


def absolute(w: Working) -> None:
    """L1Loss: |input - target|."""
    left, right = two(w)
    w.require("bool" not in {left.dtype, right.dtype}, f"{w.stage.name} subtracts, and bool cannot be subtracted.")
    shape = _aligned(w)
    reduce(w, shape, _dtype(w, shape))


def squared(w: Working) -> None:
    """MSELoss: at least one side has fractions."""
    two(w)
    shape = _aligned(w)
    dtype = _dtype(w, shape)
    w.require("float" in dtype, f"{w.stage.name} is made for numbers with fractions, and got {dtype}.")
    reduce(w, shape, dtype)


def smooth(w: Working) -> None:
    """SmoothL1Loss: squared near 0, absolute beyond `beta`."""
    beta = number(w, "beta")
    w.require(beta >= 0, f"`beta` of SmoothL1Loss cannot be negative, and is {beta}.", Fix({"beta": 1.0}))
    (squared if beta else absolute)(w)


def huber(w: Working) -> None:
    """HuberLoss: the dtype of the input alone."""
    left, _ = two(w)
    w.require(number(w, "delta") > 0, f"`delta` of HuberLoss must be greater than 0, and is {w.args['delta']}.")
    w.require(is_float(left), f"HuberLoss is made for input with fractions, and got {left.dtype}.")
    reduce(w, _aligned(w), left.dtype)


def _aligned(w: Working) -> tuple[Size, ...]:
    left, right = w.inputs
    if left.shape != right.shape:
        w.notes.append(
            f"Input {left} and target {right} differ: torch warns, stretches them over each other and compares every "
            "pair, which is seldom what was meant."
        )
    return stretched(w, [left.shape, right.shape])


def _dtype(w: Working, shape: tuple[Size, ...]) -> str:
    """Stretched first, both sides have the same say."""
    return promoted([Tensor(shape, tensor.dtype) for tensor in w.inputs])


def binary(w: Working) -> None:
    """BCELoss: probabilities against targets of the same shape and dtype."""
    left, right = two(w)
    no_weights(w, "weight")
    _same_shape(w, left, right)
    w.require(
        is_float(left) and left.dtype == right.dtype,
        f"BCELoss needs float input and a target of the same dtype, and got {left.dtype} and {right.dtype}: "
        "target.float() is usually missing.",
    )
    reduce(w, left.shape, left.dtype)


def binary_with_logits(w: Working) -> None:
    """BCEWithLogitsLoss: scores against targets of the same shape; the loss has the target's dtype."""
    left, right = two(w)
    no_weights(w, "weight", "pos_weight")
    _same_shape(w, left, right)
    w.require(
        is_float(left) and is_float(right),
        f"BCEWithLogitsLoss needs float input and a float target, and got {left.dtype} and {right.dtype}: "
        "target.float() is usually missing.",
    )
    reduce(w, left.shape, right.dtype)


def _same_shape(w: Working, left: Tensor, right: Tensor) -> None:
    words = f"{w.stage.name} needs input and target of one shape, and got {left} and {right}."
    if (*right.shape, 1) == left.shape:
        words += " target.unsqueeze(-1) or input.squeeze(-1) makes them equal."
    w.require(len(left.shape) == len(right.shape), words)
    for a, b in zip(left.shape, right.shape, strict=True):
        w.require_equal(b, a, words)


def divergence(w: Working) -> None:
    """KLDivLoss: log-probabilities against probabilities."""
    left, right = two(w)
    w.require(is_float(left) and is_float(right), f"KLDivLoss needs floats, and got {left.dtype} and {right.dtype}.")
    shape = stretched(w, [left.shape, right.shape])
    if w.args["reduction"] == "mean":
        w.notes.append("'mean' divides by every element; 'batchmean' is the divergence of the mathematics.")
    reduce(w, shape, promoted(w.inputs), also=("batchmean",))


def poisson(w: Working) -> None:
    """PoissonNLLLoss: counts against rates; the rates become floats."""
    rates, counts = two(w)
    number(w, "eps")
    kinds = {rates.dtype, counts.dtype}
    subtracts_bool = kinds == {"bool"} if w.flag("log_input") else rates.dtype == "bool"
    w.require(
        not subtracts_bool and not (w.flag("full") and counts.dtype == "bool"),
        "PoissonNLLLoss subtracts, and bool cannot be subtracted.",
    )
    shape = stretched(w, [rates.shape, counts.shape])
    rates = Tensor(rates.shape, rates.dtype if is_float(rates) else FLOAT)
    reduce(w, shape, promoted((rates, counts)))


def gaussian(w: Working) -> None:
    """GaussianNLLLoss: a variance of the input's shape, or of it without (or with 1 for) one axis."""
    left, right, spread = three(w, "input, target and variance")
    number(w, "eps")
    w.require(is_float(spread), f"The variance must have fractions, and is {spread.dtype}.")
    variance = spread
    if spread.shape != left.shape:
        if spread.shape == left.shape[:-1] and left.shape:
            variance = Tensor((*spread.shape, 1), spread.dtype)
        else:
            _one_axis_off(w, left, spread)
    shape = stretched(w, [left.shape, right.shape, variance.shape])
    w.require(
        "bool" not in {left.dtype, right.dtype},
        "GaussianNLLLoss subtracts, and bool cannot be subtracted.",
    )
    reduce(w, shape, promoted((Tensor(shape, promoted((left, right))), variance)))


def _one_axis_off(w: Working, left: Tensor, spread: Tensor) -> None:
    words = f"The variance must be {left}, or that with 1 for one axis or without the last one, and is {spread}."
    w.require(len(left.shape) == len(spread.shape), words)
    different = [b for a, b in zip(left.shape, spread.shape, strict=True) if a != b]
    w.require(different == [1], words)


def soft_margin(w: Working) -> None:
    """SoftMarginLoss: the loss has the input's shape, over which the target may stretch."""
    left, right = two(w)
    w.require(is_float(left), f"SoftMarginLoss is made for input with fractions, and got {left.dtype}.")
    shape = stretched(w, [left.shape, right.shape])
    words = f"SoftMarginLoss writes into the input's shape {left}, and the target {right} is larger."
    w.require(len(shape) == len(left.shape), words)
    for a, b in zip(shape, left.shape, strict=True):
        w.require_equal(b, a, words)
    reduce(w, shape, left.dtype)


def hinge(w: Working) -> None:
    """HingeEmbeddingLoss: distances against 1 and -1."""
    left, _ = two(w)
    w.require(left.dtype != "bool", "HingeEmbeddingLoss subtracts, and bool cannot be subtracted.")
    margin = number(w, "margin")
    w.require(left.dtype != "uint8" or margin >= 0, f"A margin of {margin} is no uint8.", Fix({"margin": 1.0}))
    reduce(w, stretched(w, [tensor.shape for tensor in w.inputs]), left.dtype)


def many_labels(w: Working) -> None:
    """MultiLabelSoftMarginLoss: one loss a sample, averaged over the classes on the last axis."""
    left, right = two(w)
    no_weights(w, "weight")
    w.require(is_float(left), f"MultiLabelSoftMarginLoss is made for input with fractions, and got {left.dtype}.")
    w.require(right.dtype != "bool", "1 - target is computed, and bool cannot be subtracted: target.float().")
    w.require(bool(left.shape), "MultiLabelSoftMarginLoss needs an axis of classes, and got a single number.")
    shape = stretched(w, [left.shape, right.shape])
    place = len(left.shape) - 1
    reduce(w, (*shape[:place], *shape[place + 1 :]), promoted(w.inputs))


FORMULAS: dict[str, Formula] = {
    "L1Loss": absolute,
    "MSELoss": squared,
    "SmoothL1Loss": smooth,
    "HuberLoss": huber,
    "BCELoss": binary,
    "BCEWithLogitsLoss": binary_with_logits,
    "KLDivLoss": divergence,
    "PoissonNLLLoss": poisson,
    "GaussianNLLLoss": gaussian,
    "SoftMarginLoss": soft_margin,
    "HingeEmbeddingLoss": hinge,
    "MultiLabelSoftMarginLoss": many_labels,
    **CLASS_LOSSES,
    **EMBEDDING_LOSSES,
}
