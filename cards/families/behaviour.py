"""What layers do with numbers: training and eval mode, losses, normalisation, and metrics from a confusion matrix."""

from __future__ import annotations

import math
from random import Random

from cards.families.family import Draft, Family, shown, wrong
from cards.misconceptions import Wrong


def _dropout(draw: Random, level: int) -> Draft:
    p, scale = draw.choice(((0.5, 2), (0.75, 4), (0.2, 1.25)))
    x = draw.choice((2, 4, 6, 8))
    training = level > 1 and draw.random() < 0.5
    kept = x * scale
    if training:
        return Draft(
            asks="number",
            prompt=f"`nn.Dropout(p={p})` in training mode gets a tensor full of {x}. Which number do those that are "
            "not zeroed become?",
            key=kept,
            wrong=(
                wrong("M20", x, "Those that are left are scaled by 1/(1-p), so that the mean stays."),
                wrong("M20", round(x * (1 - p), 6), "It divides by 1-p: those that are left grow."),
                wrong("M20", round(x / p, 2), "It divides by 1-p, not by p."),
            ),
            working=f"{x} / (1 - {p}) = {kept:g}",
            proof=f"claim(nn.Dropout({p})(torch.full((1000,), {float(x)})).max())",
            tolerance=1e-4,
        )
    return Draft(
        asks="number",
        prompt=f"`nn.Dropout(p={p})` in eval mode gets a tensor full of {x}. Which number comes out?",
        key=x,
        wrong=(
            wrong("M20", round(x * (1 - p), 6)),
            wrong("M20", kept, "That is what training does to those that are left: eval changes nothing."),
            wrong("M20", x * p, "Eval changes nothing at all."),
        ),
        working="in eval mode dropout does nothing",
        proof=f"claim(nn.Dropout({p}).eval()(torch.full((1000,), {float(x)})).unique().item())",
        tolerance=1e-4,
    )


def _normalised(draw: Random, level: int) -> Draft:
    low, gap = draw.choice((1, 2, 3, 5)), draw.choice((2, 4, 6))
    high = low + gap
    training = level == 1 or draw.random() < 0.5
    mode = "training mode" if training else "eval mode, which has never seen a batch,"
    key = (-1.0, 1.0) if training else (float(low), float(high))
    call = "nn.BatchNorm1d(1)" + ("" if training else ".eval()")
    return Draft(
        asks="numbers",
        prompt=f"A fresh `nn.BatchNorm1d(1)` in {mode} gets `[[{low}.], [{high}.]]`. Which two numbers come out, "
        "rounded to whole ones?",
        key=tuple(round(value) for value in key),
        wrong=(
            wrong("M21", (low, high), "In training mode BatchNorm uses the batch's own mean and variance.")
            if training
            else wrong("M21", (-1, 1)),
            wrong("", (0, 1), "The mean becomes 0 and the deviation 1, so there is as much below as above."),
            wrong("", (-gap // 2, gap // 2), "It also divides by the standard deviation."),
        ),
        working=f"mean {low + gap / 2:g}, deviation {gap / 2:g}: -1 and 1"
        if training
        else "the running mean is 0 and the running variance 1 at first: nothing changes",
        proof=f"claim({call}(torch.tensor([[{low}.], [{high}.]])).round().int().flatten())",
        signed=True,
    )


def _entropy(draw: Random, level: int) -> Draft:
    odds = draw.choice((3, 4, 9))
    right = odds / (1 + odds)
    picked = right if level < 3 else 1 - right
    key = -math.log(picked)
    softened = math.exp(right), math.exp(1 - right)
    again = softened[0] / sum(softened)
    twice = -math.log(again if level < 3 else 1 - again)
    target = 0 if level < 3 else 1
    return Draft(
        asks="number",
        prompt=f"`nn.CrossEntropyLoss()` gets the logits `[[log({odds}), 0]]` and the target `[{target}]`. What is "
        "the loss, to two decimals? (log is the natural one: log 2 = 0.693, log 3 = 1.099, log 5 = 1.609)",
        key=round(key, 2),
        wrong=(
            wrong("M18", round(twice, 2)),
            wrong("", round(picked, 2), "That is the probability: the loss is minus its logarithm."),
            wrong("", round(math.log(1 / (1 - picked)), 2), "That is the other class."),
            wrong("", round(-math.log2(picked), 2), "torch takes the natural logarithm."),
        ),
        working=f"softmax gives {right:.2f} and {1 - right:.2f}; -log({picked:.2f}) = {key:.2f}",
        proof=f"claim(F.cross_entropy(torch.tensor([[math.log({odds}), 0.]]), torch.tensor([{target}])))",
        tolerance=0.006,
    )


def _means(draw: Random, level: int) -> Draft:
    n, channels, length = draw.sample((2, 3, 4, 5, 6, 8), 3)
    kind = draw.choice(("batch", "layer") if level == 1 else ("batch", "layer", "instance", "group"))
    groups = next((size for size in (2, 3) if channels % size == 0 and size < channels), 1)
    layer, key, why = {
        "batch": (f"nn.BatchNorm1d({channels})", channels, "one for each channel, over batch and length"),
        "layer": (f"nn.LayerNorm({length})", n * channels, "one for each row of the last axis"),
        "instance": (f"nn.InstanceNorm1d({channels})", n * channels, "one for each channel of each sample"),
        "group": (f"nn.GroupNorm({groups}, {channels})", n * groups, "one for each group of each sample"),
    }[kind]
    axes = {"batch": "(0, 2)", "layer": "-1", "instance": "-1"}.get(kind)
    x = f"torch.randn({n}, {channels}, {length})"
    spread = f"y.mean({axes})" if axes else f"y.view({n}, {groups}, -1).mean(-1)"
    return Draft(
        asks="number",
        prompt=f"`{layer}` in training mode gets an input of shape {shown((n, channels, length))}. How many means "
        "does it compute?",
        key=key,
        wrong=(
            wrong("", channels, "That is BatchNorm: one for each channel."),
            wrong("", n, "That would be one for each sample, over everything else."),
            wrong("", length, "That would be one for each position."),
            wrong("", n * channels, "That would be one for each channel of each sample."),
            wrong("", n * length, "That would be one for each position of each sample."),
            wrong("", 1, "One mean over everything is what none of these layers takes."),
        ),
        working=f"{why}: {key}",
        proof=f"y = {layer}({x})\nmeans = {spread}\nassert means.abs().max() < 1e-4\nclaim(means.numel())",
    )


_METRICS = {
    "accuracy": "(tp + tn) / (tp + fp + fn + tn)",
    "precision": "tp / (tp + fp)",
    "recall": "tp / (tp + fn)",
    "specificity": "tn / (tn + fp)",
    "F1": "2 * tp / (2 * tp + fp + fn)",
    "balanced accuracy": "(tp / (tp + fn) + tn / (tn + fp)) / 2",
}
_CONFUSED = {
    "accuracy": "That counts what was right among all.",
    "precision": "That asks: of those called positive, how many are?",
    "recall": "That asks: of those that are positive, how many were found?",
    "specificity": "That asks: of those that are negative, how many were called so?",
    "F1": "That is F1, the harmonic mean of precision and recall.",
    "balanced accuracy": "That is the mean of recall and specificity.",
}


def _metric(draw: Random, level: int) -> Draft:
    names = ("accuracy", "precision", "recall") if level == 1 else tuple(_METRICS) if level == 3 else (
        "precision", "recall", "specificity", "F1")  # fmt: skip
    name = draw.choice(names)
    tp, fp, fn, tn = draw.choice(_TABLES)
    counts = {"tp": tp, "fp": fp, "fn": fn, "tn": tn}
    values = {each: _computed(each, **counts) for each in _METRICS}
    key = round(values[name], 2)
    others: list[Wrong] = [wrong("", round(value, 2), _CONFUSED[each]) for each, value in values.items()]
    formula = filled = _METRICS[name]
    for each, count in counts.items():
        formula, filled = formula.replace(each, each.upper()), filled.replace(each, str(count))
    return Draft(
        asks="number",
        prompt=f"A classifier has TP={tp}, FP={fp}, FN={fn}, TN={tn}. What is its {name}, to two decimals?",
        key=key,
        wrong=tuple(others),
        working=f"{formula} = {filled} = {values[name]:.4g}"
        + ("" if math.isclose(values[name], key) else f", to two decimals {key}"),
        proof=_METRIC_PROOF.format(tp=tp, fp=fp, fn=fn, tn=tn, formula=_METRICS[name]),
        tolerance=0.006,
    )


# Counted from predictions, so that the formula meets what its letters mean.
_METRIC_PROOF = """
truth = torch.tensor([1] * {tp} + [0] * {fp} + [1] * {fn} + [0] * {tn})
called = torch.tensor([1] * {tp} + [1] * {fp} + [0] * {fn} + [0] * {tn})
tp = ((truth == 1) & (called == 1)).sum().item()
fp = ((truth == 0) & (called == 1)).sum().item()
fn = ((truth == 1) & (called == 0)).sum().item()
tn = ((truth == 0) & (called == 0)).sum().item()
claim({formula})
""".strip()
_TABLES = ((8, 2, 4, 6), (6, 4, 2, 8), (9, 1, 3, 7), (4, 1, 6, 9), (15, 5, 10, 70), (30, 20, 10, 40), (12, 3, 8, 77))


def _computed(name: str, *, tp: int, fp: int, fn: int, tn: int) -> float:
    """A metric by its formula, written out once more: what torch proves must not be what it is compared with."""
    match name:
        case "accuracy":
            return (tp + tn) / (tp + fp + fn + tn)
        case "precision":
            return tp / (tp + fp)
        case "recall":
            return tp / (tp + fn)
        case "specificity":
            return tn / (tn + fp)
        case "F1":
            return 2 * tp / (2 * tp + fp + fn)
        case _:
            return (tp / (tp + fn) + tn / (tn + fp)) / 2


FAMILIES = (
    Family(id="dropout", title="dropout in both modes", topic="dropout", rule="dropout-scale", make=_dropout),
    Family(id="batchnorm-mode", title="BatchNorm in both modes", topic="norm", rule="bn-mode", make=_normalised),
    Family(id="cross-entropy", title="cross-entropy by hand", topic="losses", rule="cross-entropy", make=_entropy),
    Family(id="norm-axes", title="what is normalised over what", topic="norm", rule="norm-axes", make=_means),
    Family(id="metric", title="metrics of a classifier", topic="metrics", rule="metric", make=_metric),
)
