"""Losses whose targets name classes: one whole number for each place of the scores."""

from __future__ import annotations

from itertools import pairwise
from math import inf, prod

from sandbox.language.formulas.checks import countable, number, solved, times, weight_dtype, whole
from sandbox.language.formulas.reducing import is_float, no_weights, reduce, two
from sandbox.language.formulas.tensors import give, promoted, whole_numbers
from sandbox.language.formulas.working import Fix, Formula, Working
from sandbox.language.model import INTEGER, Tensor
from sandbox.language.size import Size


def cross_entropy(w: Working) -> None:
    """CrossEntropyLoss: class numbers (N, ...), or probabilities shaped like the scores (N, C, ...)."""
    scores, target = two(w, "target classes")
    no_weights(w, "weight")
    _smoothing(w, -inf)  # torch takes a negative one for none at all
    if w.args.get("ignore_index") is not None:
        w.integer("ignore_index")
    _against(w, scores, target)


def _against(w: Working, scores: Tensor, target: Tensor) -> None:
    if scores.shape == target.shape:
        _probabilities(w, scores, target)
    else:
        reduce(w, _class_places(w, scores, target), scores.dtype)


def _smoothing(w: Working, least: float) -> None:
    smoothing = number(w, "label_smoothing")
    w.require(
        least <= smoothing <= 1,
        f"`label_smoothing` goes from 0 to 1, and is {smoothing}.",
        Fix({"label_smoothing": 0.1}),
    )


def _probabilities(w: Working, scores: Tensor, target: Tensor) -> None:
    name = w.stage.name
    w.require(
        is_float(target),
        f"A target shaped like the scores, {target}, is read as probabilities, and {target.dtype} cannot be: pass "
        f"class numbers of shape {Tensor(_places(scores))}, or target.float().",
    )
    w.require(is_float(scores), f"{name} is made for scores with fractions, and got {scores.dtype}.")
    w.require(bool(scores.shape), f"{name} needs an axis of classes, and got a single number.")
    ignored = w.args.get("ignore_index")
    if isinstance(ignored, int) and ignored >= 0:
        w.refuse(f"`ignore_index` = {ignored} names a class, and this target holds probabilities.")
    w.notes.append("The target has the shape of the scores, so it is read as probabilities.")
    reduce(w, _places(scores), promoted((scores, target)))


def _places(scores: Tensor) -> tuple[Size, ...]:
    """The scores' axes without the classes: axis 1, or the only one."""
    return (*scores.shape[:1], *scores.shape[2:]) if len(scores.shape) > 1 else ()


def negative_log_likelihood(w: Working) -> None:
    """NLLLoss: log-probabilities (N, C, ...) against class numbers (N, ...)."""
    scores, target = two(w, "target classes")
    no_weights(w, "weight")
    w.integer("ignore_index")
    reduce(w, _class_places(w, scores, target), scores.dtype)


def _class_places(w: Working, scores: Tensor, target: Tensor) -> tuple[Size, ...]:
    """The target's shape, once it has one class number for each place of the scores."""
    name = w.stage.name
    w.require(bool(scores.shape), f"{name} needs an axis of classes, and got a single number.")
    w.require(is_float(scores), f"{name} is made for scores with fractions, and got {scores.dtype}.")
    wanted = _places(scores)
    words = f"For scores {scores} the target holds one class number each: {Tensor(wanted)}, and not {target}."
    if len(target.shape) == len(wanted) + 1 and 1 in target.shape[1:]:
        words += f" target.squeeze({target.shape.index(1, 1)}) drops the axis of size 1."
    one_in_a_row = wanted == () and target.shape == (1,) and not _smooths(w)
    places = () if one_in_a_row else target.shape  # torch takes a row of one class for the class of a single sample
    w.require(len(places) == len(wanted), words)
    for a, b in zip(wanted, places, strict=True):
        w.require_equal(b, a, words)
    w.require(
        target.dtype == INTEGER or (target.dtype == "uint8" and len(scores.shape) <= 2),
        f"Class numbers are {INTEGER}, and this target is {target.dtype}: write target.long().",
    )
    return wanted


def _smooths(w: Working) -> bool:
    return "label_smoothing" in w.args and number(w, "label_smoothing") > 0


def multi_margin(w: Working) -> None:
    """MultiMarginLoss: scores (N, C) or (C,) against class numbers (N,) or ()."""
    scores, target = two(w, "target classes")
    no_weights(w, "weight")
    w.require(w.args["p"] in (1, 2), f"`p` of MultiMarginLoss is 1 or 2, not {w.args['p']!r}.", Fix({"p": 1}))
    number(w, "margin")
    shape = _rows(w, scores)
    words = f"For scores {scores} the target holds one class number each: {Tensor(shape)}, and not {target}."
    w.require(len(target.shape) <= 1, words)
    w.require_equal((target.shape or (1,))[0], (shape or (1,))[0], words)
    _whole_targets(w, scores, target)
    reduce(w, target.shape, scores.dtype)


def multi_label_margin(w: Working) -> None:
    """MultiLabelMarginLoss: scores (N, C) or (C,), class numbers of the same shape, ended by -1."""
    scores, target = two(w, "target classes")
    shape = _rows(w, scores)
    words = f"MultiLabelMarginLoss needs scores and target of one shape, and got {scores} and {target}."
    single = len(scores.shape) < 2  # a sample alone: then a number without axes counts as a row of one
    left, right = (scores.shape or (1,), target.shape or (1,)) if single else (scores.shape, target.shape)
    w.require(len(left) == len(right), words)
    for a, b in zip(left, right, strict=True):
        w.require_equal(b, a, words)
    _whole_targets(w, scores, target)
    reduce(w, shape, scores.dtype)


def _rows(w: Working, scores: Tensor) -> tuple[Size, ...]:
    w.require(len(scores.shape) <= 2, f"{w.stage.name} takes (N, C) or (C,), and got {scores}.")
    return scores.shape[:-1]


def _whole_targets(w: Working, scores: Tensor, target: Tensor) -> None:
    w.require(
        scores.dtype in {"float32", "float64"},
        f"{w.stage.name} is made for float32 and float64 scores, and got {scores.dtype}.",
    )
    w.require(target.dtype == INTEGER, f"Class numbers are {INTEGER}, and this target is {target.dtype}.")


def linear_cross_entropy(w: Working) -> None:
    """LinearCrossEntropyLoss: a linear layer to the classes and the cross entropy in one."""
    features, target = two(w, "target classes")
    no_weights(w, "weight", "options")
    _smoothing(w, 0)
    given = features.shape[-1] if features.shape else 0
    width, classes = solved(w, "in_features", given), whole(w, "num_classes", 0)
    axes = whole_numbers(w, "out_features")
    outputs = prod(axes, start=classes)
    countable(w, outputs, width)
    w.require(len(features.shape) in {1, 2}, f"LinearCrossEntropyLoss takes (N, in_features), and got {features}.")
    _weights_match(w, features)
    words = f"LinearCrossEntropyLoss wants {width} features on the last axis, and {features} has {given}."
    w.require_equal(given, width, words, *((Fix({"in_features": given}),) if isinstance(given, int) else ()))
    batch = features.shape[:-1]
    w.require(bool(batch) or not axes, f"With `out_features` the input needs a batch axis, and got {features}.")
    logits = Tensor((*batch, classes, *axes), features.dtype)
    probabilities = logits.shape == target.shape and w.args["ignore_index"] is not None
    w.require(not probabilities, "A target of probabilities takes no `ignore_index`.", Fix({"ignore_index": None}))
    bias = outputs if w.flag("bias") else 0
    w.count(width * outputs + bias, times(width, outputs) + (f" + {outputs}" if bias else ""))
    rows: Size = batch[0] if batch else 1
    w.multiply_adds(rows * width * outputs, times(rows, width, outputs))
    _against(w, logits, target)


def _weights_match(w: Working, features: Tensor) -> None:
    weights = weight_dtype(w)
    w.require(
        features.dtype == weights, f"{w.stage.name} has {weights} weights and cannot take {features.dtype} input."
    )


def adaptive(w: Working) -> None:
    """AdaptiveLogSoftmaxWithLoss: frequent classes in a head, the rest in ever narrower clusters."""
    features, target = two(w, "target classes")
    given = features.shape[-1] if features.shape else 0
    width, classes = solved(w, "in_features", given), whole(w, "n_classes")
    cutoffs = _cutoffs(w, classes)
    _adaptive_inputs(w, features, target)
    words = f"AdaptiveLogSoftmaxWithLoss wants {width} features on the last axis, and {features} has {given}."
    w.require_equal(given, width, words, *((Fix({"in_features": given}),) if isinstance(given, int) else ()))
    _adaptive_params(w, width if isinstance(width, int) else 0, cutoffs, classes)
    give(w, target.shape, name="output", dtype=features.dtype)
    give(w, (), name="loss", dtype=features.dtype)


def _cutoffs(w: Working, classes: int) -> tuple[int, ...]:
    cutoffs = whole_numbers(w, "cutoffs")
    rising = all(a < b for a, b in pairwise(cutoffs))
    w.require(
        bool(cutoffs) and rising and cutoffs[0] > 0 and cutoffs[-1] < classes,
        f"`cutoffs` rise from at least 1 to at most n_classes - 1 = {classes - 1}, and are {list(cutoffs)}.",
    )
    w.require(isinstance(w.args["cutoffs"], tuple), "`cutoffs` is a list of numbers such as [10, 100].")
    return cutoffs


def _adaptive_inputs(w: Working, features: Tensor, target: Tensor) -> None:
    words = f"AdaptiveLogSoftmaxWithLoss takes (N, in_features) with targets (N,), and got {features} and {target}."
    w.require(len(target.shape) <= 1 and len(features.shape) == len(target.shape) + 1, words)
    if target.shape:
        w.require_equal(target.shape[0], features.shape[0], words)
    w.require(target.dtype in {INTEGER, "int32"}, f"Class numbers are {INTEGER}, and this target is {target.dtype}.")
    _weights_match(w, features)


def _adaptive_params(w: Working, width: int, cutoffs: tuple[int, ...], classes: int) -> None:
    head = cutoffs[0] + len(cutoffs)
    parts, total = [f"{width}*{head}"], width * head
    if w.flag("head_bias"):
        parts, total = [*parts, str(head)], total + head
    shrink = number(w, "div_value")
    w.require(shrink != 0, "`div_value` divides, and cannot be 0.", Fix({"div_value": 4.0}))
    for place, (low, high) in enumerate(zip(cutoffs, (*cutoffs[1:], classes), strict=True), start=1):
        inner = int(width // shrink**place)
        w.require(inner >= 0, f"A cluster cannot have {inner} features: `div_value` must be positive.")
        parts.append(f"{width}*{inner} + {inner}*{high - low}")
        total += width * inner + inner * (high - low)
    w.count(total, " + ".join(parts))


CLASS_LOSSES: dict[str, Formula] = {
    "CrossEntropyLoss": cross_entropy,
    "NLLLoss": negative_log_likelihood,
    "MultiMarginLoss": multi_margin,
    "MultiLabelMarginLoss": multi_label_margin,
    "LinearCrossEntropyLoss": linear_cross_entropy,
    "AdaptiveLogSoftmaxWithLoss": adaptive,
}
