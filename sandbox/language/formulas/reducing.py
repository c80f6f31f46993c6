"""What losses do in the end: keep every number, average them or add them up."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.language.formulas.checks import shown
from sandbox.language.formulas.tensors import give, summed_dtype, times
from sandbox.language.formulas.working import Fix, Working
from sandbox.language.model import INTEGER, Tensor
from sandbox.language.size import Size

_KNOWN = ("none", "mean", "sum")


def two(w: Working, target: str = "a target") -> tuple[Tensor, Tensor]:
    """The scores and the target."""
    if len(w.inputs) != 2:
        w.refuse(f"{w.stage.name} compares its input with {target}: it takes 2 tensors, and got {len(w.inputs)}.")
    return w.inputs[0], w.inputs[1]


def three(w: Working, names: str) -> tuple[Tensor, Tensor, Tensor]:
    """Three inputs, named for the message."""
    if len(w.inputs) != 3:
        w.refuse(f"{w.stage.name} takes 3 tensors, {names}, and got {len(w.inputs)}.")
    return w.inputs[0], w.inputs[1], w.inputs[2]


def reduce(w: Working, shape: Sequence[Size], dtype: str, *, also: tuple[str, ...] = ()) -> None:
    """The loss: one number for each of `shape`, or one for all."""
    how = _reduction(w, also)
    if how == "none":
        w.line("loss", "reduction='none' keeps every number", str(Tensor(tuple(shape))), 1)
        give(w, shape, name="loss", dtype=dtype)
        return
    if how == "mean" and summed_dtype(dtype) == INTEGER:
        w.refuse(f"The mean of {dtype} numbers is no {dtype}: convert to float first.")
    word = {"mean": "averaged", "batchmean": "added up and divided by the batch size"}.get(how, "added up")
    w.line("loss", f"reduction='{how}': {times(shape)} numbers {word}", f"{Tensor(tuple(shape))} -> ()", 1)
    give(w, (), name="loss", dtype=summed_dtype(dtype))


def _reduction(w: Working, also: tuple[str, ...]) -> str:
    average, fold = w.args.get("size_average"), w.args.get("reduce")
    if average is not None or fold is not None:
        if fold is not None and not fold:
            return "none"
        return "mean" if average is None or average else "sum"
    how = w.args["reduction"]
    known = (*_KNOWN, *also)
    if not isinstance(how, str) or how not in known:
        words = f"`reduction` of {w.stage.name} is one of {', '.join(known)}, not {shown(how)}."
        w.refuse(words, *(Fix({"reduction": word}) for word in ("mean", "sum", "none")))
    return how


def no_weights(w: Working, *names: str) -> None:
    """Weights are tensors, which a line cannot hold; they would not change a shape."""
    for name in names:
        if w.args.get(name) is not None:
            w.refuse(f"`{name}` of {w.stage.name} is a tensor and cannot be written here; it changes no shape.", Fix())


def is_float(tensor: Tensor) -> bool:
    """Whether its numbers have fractions (and no imaginary part)."""
    return "float" in tensor.dtype
