"""Readings of arguments, sizes and dtypes that many formulas share, so that all refuse in the same words.

What torch checks only on real tensors (dtypes above all) is checked here too: the meta device lets it pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from sandbox.language.formulas.working import Fix, Misfit, Working
from sandbox.language.model import FLOAT, Dtype, Stage, Tensor, Unknown, Value
from sandbox.language.size import Expr, Size

FLOATS = ("float32", "float64", "float16", "bfloat16")
COMPLEX = ("complex64", "complex128")
SIGNED = ("int64", "int32", "int16", "int8")
WIDTHS: Mapping[str, int] = {"float64": 8, "float16": 2, "bfloat16": 2, "complex64": 8, "complex128": 16}
LARGEST_BYTES = 2**63 - 1
DEEPEST = 10_000  # layers stacked in one module: beyond this nobody waits for torch to build it


def whole(w: Working, name: str, least: int | None = None, *fixes: Fix) -> int:
    """A whole-number argument of at least `least`; `?` is refused, since nothing here can solve it."""
    if isinstance(w.args[name], Unknown):
        w.refuse(f"The input does not determine `{name}` of {w.stage.name}: write a number in place of `?`.")
    value = w.integer(name)
    if least is not None and value < least:
        wanted = {0: "cannot be negative", 1: "must be at least 1"}.get(least, f"must be at least {least}")
        w.refuse(f"`{name}` of {w.stage.name} {wanted}, and is {value}.", *fixes)
    return value


def features_last(x: Tensor, wanted: Size) -> tuple[Fix, ...]:
    """Brings the axis that has the wanted size last, where another one has it: the one nearest to the end."""
    last = len(x.shape) - 1
    for axis in range(last - 1, -1, -1):
        if x.shape[axis] == wanted:
            others = tuple(each for each in range(last + 1) if each != axis)
            moved = Stage("op", "permute", {"dims": (*others, axis)})
            return (Fix(insert=Stage("op", "transpose", {"dim0": axis, "dim1": last}) if last - axis == 1 else moved),)
    return ()


def solved(w: Working, name: str, wanted: Size, least: int | None = 0) -> Size:
    """A whole-number argument for which `?` may stand, then taken from the input."""
    if isinstance(w.args[name], Unknown):
        return w.solve(name, wanted)
    return whole(w, name, least)


def number(w: Working, name: str) -> float:
    """An argument that must be a number."""
    value = w.args[name]
    if isinstance(value, int | float):
        return value
    raise Misfit(f"{w.stage.name} wants a number for `{name}`, not {shown(value)}.")


def probability(w: Working, name: str = "p") -> float:
    """An argument between 0 and 1."""
    value = number(w, name)
    if value < 0 or value > 1:
        nearest = value / 100 if 1 < value <= 100 else min(max(value, 0.0), 1.0)
        w.refuse(f"`{name}` of {w.stage.name} is a probability between 0 and 1, and is {value}.", Fix({name: nearest}))
    return value


def choice(w: Working, name: str, choices: Sequence[str]) -> str:
    """An argument that is one of a few words."""
    value = w.args[name]
    if isinstance(value, str) and value in choices:
        return value
    words = " or ".join(repr(word) for word in choices)
    fixes = tuple(Fix({name: word}) for word in choices)
    raise Misfit(f"`{name}` of {w.stage.name} is {words}, not {shown(value)}.", fixes)


def truth(w: Working, name: str) -> bool:
    """An argument that torch insists is True or False."""
    value = w.args[name]
    if isinstance(value, bool):
        return value
    raise Misfit(f"{w.stage.name} wants True or False for `{name}`, not {shown(value)}.", (Fix({name: bool(value)}),))


def shown(value: Value) -> str:
    """A value as one writes it."""
    if isinstance(value, Unknown):
        return "`?`"
    if isinstance(value, Dtype):
        return f"torch.{value.name}"
    return value.name if isinstance(value, Stage) else repr(value)


def axis_of(w: Working, name: str = "dim") -> int:
    """An axis of the first input, counted from 0; negative ones count from the end."""
    value = w.args[name]
    if isinstance(value, bool):
        w.refuse(f"{w.stage.name} wants a whole number for `{name}`, not {value}.")
    dim, axes = whole(w, name), max(len(w.x.shape), 1)
    if not -axes <= dim < axes:
        w.refuse(
            f"{w.x} has {len(w.x.shape)} axes, so `{name}` goes from {-axes} to {axes - 1}, and is {dim}.",
            Fix({name: -1}),
        )
    return dim % axes


def only_dtypes(w: Working, accepted: Sequence[str]) -> None:
    """The first input's dtype must be one of these."""
    if w.x.dtype not in accepted:
        w.refuse(f"{w.stage.name} is not made for {w.x.dtype} input on the CPU: use float32.")


def weight_dtype(w: Working) -> str:
    """The dtype that the layer's weights have: float32 unless `dtype=` says otherwise."""
    value = w.args.get("dtype")
    if value is None:
        return FLOAT
    if not isinstance(value, Dtype):
        w.refuse(f"`dtype` of {w.stage.name} is a dtype such as torch.float64, not {shown(value)}.")
    if value.name not in FLOATS + COMPLEX:
        w.refuse(
            f"{w.stage.name} learns by gradients, and {value.name} weights can have none.", Fix({"dtype": Dtype(FLOAT)})
        )
    return value.name


def match_weights(w: Working) -> None:
    """Every input must have the dtype of the weights."""
    weights = weight_dtype(w)
    for tensor in w.inputs:
        if tensor.dtype == weights:
            continue
        same = {other.dtype for other in w.inputs} == {tensor.dtype}
        fixes = (Fix({"dtype": Dtype(tensor.dtype)}),) if same and tensor.dtype in FLOATS + COMPLEX else ()
        w.refuse(f"{w.stage.name} has {weights} weights and cannot take {tensor.dtype} input.", *fixes)


def countable(w: Working, *shape: Size) -> None:
    """A weight must not have more bytes than torch can count, which is 2^63 - 1."""
    numbers = [size for size in shape if isinstance(size, int)]
    width = WIDTHS.get(weight_dtype(w), 4)
    if len(numbers) == len(shape) and max((prod(numbers) * width, *numbers)) > LARGEST_BYTES:
        sizes = " x ".join(f"{size:,}" for size in numbers)
        w.refuse(f"{w.stage.name} would need a weight of {sizes}: more than the 2^63 - 1 bytes that torch can count.")


def times(*sizes: Size) -> str:
    """A product as one writes it, with sums in brackets: `32*(L + 1)*10`; factors of 1 stay."""
    return "*".join(f"({size})" if isinstance(size, Expr) and len(size.terms) > 1 else str(size) for size in sizes)


def affordable_depth(w: Working, name: str, layers: int) -> None:
    """Layers that torch builds one by one: past a bound it is not asked to."""
    if layers > DEEPEST:
        w.refuse(
            f"`{name}` = {layers:,} asks torch to build {layers:,} layers one after the other; Stride stops at "
            f"{DEEPEST:,}.",
            Fix({name: 12}),
        )
