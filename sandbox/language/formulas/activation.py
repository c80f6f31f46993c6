"""What comes out of the activation layers: nearly always the shape that went in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sandbox.language.formulas.checks import (
    COMPLEX,
    FLOATS,
    SIGNED,
    axis_of,
    choice,
    countable,
    match_weights,
    number,
    only_dtypes,
    solved,
)
from sandbox.language.formulas.working import Fix, Formula, Working
from sandbox.language.model import FLOAT, UNKNOWN
from sandbox.language.size import Size

_UNSIGNED = ("uint8",)
_INTEGERS = (*SIGNED, *_UNSIGNED)
_TO_FLOAT = (*_INTEGERS, "bool")  # what torch promotes to float32 by itself


def _pointwise(
    accepted: Sequence[str] = FLOATS,
    numbers: Sequence[str] = (),
    promoted: Sequence[str] = (),
    check: Callable[[Working], None] | None = None,
) -> Formula:
    """A formula for a layer that changes each element by itself.

    Args:
        accepted: the dtypes it keeps.
        numbers: the arguments that must be numbers.
        promoted: the dtypes that come out as float32.
        check: what else must hold.
    """

    def formula(w: Working) -> None:
        w.require_inputs(1)
        for name in numbers:
            number(w, name)
        if check is not None:
            check(w)
        only_dtypes(w, (*accepted, *promoted))
        w.output(w.x.shape, dtype=FLOAT if w.x.dtype in promoted else None)
        w.count(0, "0")

    return formula


def _celu(w: Working) -> None:
    w.require(number(w, "alpha") != 0, "`alpha` of CELU divides, so it cannot be 0.", Fix({"alpha": 1.0}))


def _gelu(w: Working) -> None:
    choice(w, "approximate", ("none", "tanh"))


def _hardtanh(w: Working) -> None:
    low, high = number(w, "min_val"), number(w, "max_val")
    if w.args.get("min_value") is not None:
        low = number(w, "min_value")
    if w.args.get("max_value") is not None:
        high = number(w, "max_value")
    if high <= low:
        w.refuse(
            f"Hardtanh needs max_val above min_val, and they are {high} and {low}.",
            Fix({"min_val": min(low, high), "max_val": max(low, high)}) if low != high else Fix({"max_val": low + 1}),
        )
    if w.x.dtype in _UNSIGNED and low < 0:
        w.refuse(f"Hardtanh cannot cut {w.x.dtype} at {low}: an unsigned number is never negative.")


def _rrelu(w: Working) -> None:
    low, high = number(w, "lower"), number(w, "upper")
    w.require(
        low <= high,
        f"RReLU draws its slope between `lower` and `upper`, and {low} is above {high}.",
        Fix({"lower": high, "upper": low}),
    )
    if w.training and w.x.dtype == "float16":
        w.refuse("RReLU cannot draw float16 slopes in training on the CPU: use float32.")


def _softshrink(w: Working) -> None:
    value = number(w, "lambd")
    w.require(value >= 0, f"`lambd` of Softshrink cannot be negative, and is {value}.", Fix({"lambd": -value}))


def _prelu(w: Working) -> None:
    w.require_inputs(1)
    number(w, "init")
    axes = len(w.x.shape)
    channels: Size = w.x.shape[1] if axes > 1 else 1
    slopes = solved(w, "num_parameters", channels)
    countable(w, slopes)
    match_weights(w)
    if slopes != 1:
        one = Fix({"num_parameters": 1})
        if not axes:
            w.refuse(f"PReLU({slopes}) has a slope for each channel, and the input has no axes.", one)
        where = f"axis 1 of {w.x} is {channels}" if axes > 1 else f"{w.x} has no channel axis and counts as one channel"
        fitting = (Fix({"num_parameters": channels}),) if isinstance(channels, int) else ()
        w.require_equal(
            channels, slopes, f"PReLU({slopes}) has a slope for each of {slopes} channels; {where}.", one, *fitting
        )
    w.output(w.x.shape)
    w.count(slopes, str(slopes))


def _softmax(w: Working) -> None:
    """Numbers along one axis that add up to 1."""
    w.require_inputs(1)
    axes = len(w.x.shape)
    if w.args.get("dim") == UNKNOWN:
        w.args["dim"] = w.solved["dim"] = -1
    if w.args.get("dim") is None:
        axis = 0 if axes in {0, 1, 3} else 1
        w.notes.append(f"No `dim`: torch takes axis {axis} here and warns. Write dim=-1 or the axis that you mean.")
    else:
        axis = axis_of(w)
    only_dtypes(w, FLOATS)
    w.output(w.x.shape)
    if axes:
        w.line(f"axis {axis}", "adds up to 1", f"{w.x.shape[axis]} numbers", w.x.shape[axis])
    w.count(0, "0")


def _softmax2d(w: Working) -> None:
    """Softmax over the channels at each place of an image."""
    w.require_inputs(1)
    w.require_dims(3, 4, layout="(N, C, H, W) or (C, H, W)")
    only_dtypes(w, FLOATS)
    w.output(w.x.shape)
    axis = len(w.x.shape) - 3
    w.line("C", "adds up to 1", f"{w.x.shape[axis]} numbers", w.x.shape[axis])
    w.count(0, "0")


def _glu(w: Working) -> None:
    """One half of an axis gates the other: `a * sigmoid(b)`."""
    w.require_inputs(1)
    if not w.x.shape:
        w.refuse("GLU halves an axis, and the input is a single number without axes.")
    axis = axis_of(w)
    size = w.x.shape[axis]
    even = [k for k, other in enumerate(w.x.shape) if isinstance(other, int) and other % 2 == 0]
    w.require_multiple(
        size,
        2,
        f"GLU splits axis {axis} of {w.x} into two halves, and {size} is odd.",
        *(Fix({"dim": other}) for other in even),
    )
    only_dtypes(w, FLOATS)
    shape = list(w.x.shape)
    shape[axis] = size // 2
    w.output(tuple(shape))
    w.line(f"axis {axis}", "size/2", f"{size}/2", size // 2)
    w.count(0, "0")


_RELU = _pointwise((*FLOATS, *_INTEGERS))
_WITH_COMPLEX = (*FLOATS, *COMPLEX)

FORMULAS: dict[str, Formula] = {
    "CELU": _pointwise(numbers=("alpha",), check=_celu),
    "ELU": _pointwise(numbers=("alpha",)),
    "GELU": _pointwise(check=_gelu),
    "GLU": _glu,
    "Hardshrink": _pointwise(numbers=("lambd",)),
    "Hardsigmoid": _pointwise(),
    "Hardswish": _pointwise(),
    "Hardtanh": _pointwise((*FLOATS, *_INTEGERS), check=_hardtanh),
    "LeakyReLU": _pointwise(numbers=("negative_slope",)),
    "LogSigmoid": _pointwise(),
    "LogSoftmax": _softmax,
    "Mish": _pointwise(),
    "PReLU": _prelu,
    "RReLU": _pointwise(check=_rrelu),
    "ReLU": _RELU,
    "ReLU6": _RELU,
    "SELU": _pointwise(),
    "SiLU": _pointwise(_WITH_COMPLEX),
    "Sigmoid": _pointwise(_WITH_COMPLEX, promoted=_TO_FLOAT),
    "Softmax": _softmax,
    "Softmax2d": _softmax2d,
    "Softmin": _softmax,
    "Softplus": _pointwise(numbers=("beta", "threshold")),
    "Softshrink": _pointwise(check=_softshrink),
    "Softsign": _pointwise(_WITH_COMPLEX, promoted=_INTEGERS),
    "Tanh": _pointwise(_WITH_COMPLEX, promoted=_TO_FLOAT),
    "Tanhshrink": _pointwise(_WITH_COMPLEX, promoted=_INTEGERS),
    "Threshold": _pointwise((*FLOATS, *_INTEGERS), numbers=("threshold", "value")),
}
