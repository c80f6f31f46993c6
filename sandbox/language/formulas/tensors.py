"""What the tensor operations share: axes counted from either end, lists of sizes, memory layout, dtype promotion."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.language.formulas.working import Fix, Working
from sandbox.language.model import INTEGER, Output, Tensor, Unknown, Value
from sandbox.language.size import Size

Strides = tuple[Size, ...] | None

_KINDS = ("bool", "int", "float", "complex")
_WIDTH = {"bool": 1, "uint8": 8, "int8": 8, "int16": 16, "int32": 32, "int64": 64}


def give(
    w: Working, shape: Sequence[Size], *, strides: Strides = None, name: str = "output", dtype: str | None = None
) -> None:
    """One tensor that comes out, with its memory layout."""
    shape = tuple(shape)
    strides = None if strides == in_order(shape) else strides
    w.outputs.append(Output(name, Tensor(shape, dtype or w.x.dtype, strides)))


def whole_numbers(w: Working, name: str) -> tuple[int, ...]:
    """An argument that is a list of whole numbers, or one."""
    value = w.args[name]
    items = value if isinstance(value, tuple) else (value,)
    return tuple(_whole(w, name, item) for item in items)


def _whole(w: Working, name: str, value: Value) -> int:
    if isinstance(value, Unknown):
        w.refuse(f"{w.stage.name} takes -1, not `?`, for one size that follows from the others.")
    if isinstance(value, bool) or not isinstance(value, int):
        w.refuse(f"{w.stage.name} wants whole numbers for `{name}`, not {value!r}.")
    return value


def axis(w: Working, name: str, value: int, axes: int) -> int:
    """An axis counted from 0 where `axes` are there to choose from; a single number counts as one axis."""
    count = max(axes, 1)
    if not -count <= value < count:
        w.refuse(
            f"`{name}` is {value}, and {w.x} leaves {-count} to {count - 1} for it.",
            Fix({name: -1}),
            Fix({name: 0}),
        )
    return value % count


def axis_of(w: Working, name: str = "dim", axes: int | None = None) -> int:
    """The axis that an argument names."""
    return axis(w, name, w.integer(name), len(w.x.shape) if axes is None else axes)


def different_axes(w: Working, name: str, values: Sequence[int]) -> tuple[int, ...]:
    """Several axes of the first input, each at most once."""
    axes = max(len(w.x.shape), 1)
    outside = next((value for value in values if not -axes <= value < axes), None)
    if outside is not None:
        words = f"`{name}` is {outside}, and {w.x} leaves {-axes} to {axes - 1} for it."
        w.refuse(words, *_each_once(w, name, values))
    found = tuple(value % axes for value in values)
    if len(set(found)) != len(found):
        w.refuse(f"`{name}` = {shown(values)} names an axis twice.", *_each_once(w, name, values))
    return found


def _each_once(w: Working, name: str, values: Sequence[int]) -> tuple[Fix, ...]:
    """The same list where an axis that is not there, or stands there twice, becomes one that nobody named."""
    axes = max(len(w.x.shape), 1)
    free = [place for place in range(axes) if place not in {value % axes for value in values if -axes <= value < axes}]
    made: list[int] = []
    for value in values:
        fits = -axes <= value < axes and value % axes not in {each % axes for each in made}
        if not fits and not free:
            return ()
        made.append(value if fits else free.pop(0))
    return (Fix({name: made[0] if isinstance(w.args[name], int) else tuple(made)}),)


def shown(sizes: Sequence[Size]) -> str:
    """Sizes as torch prints a shape."""
    return str(Tensor(tuple(sizes)))


def times(sizes: Sequence[Size]) -> str:
    """A product as one writes it; 1 where there is nothing to multiply."""
    return "*".join(f"({size})" if " " in str(size) else str(size) for size in sizes) or "1"


def need(w: Working, count: int) -> tuple[Tensor, ...]:
    """At least so many inputs."""
    if len(w.inputs) < count:
        w.refuse(
            f"{w.stage.name} needs {count} tensors, and got {len(w.inputs)}: write their shapes, "
            f"for instance `{w.stage.name} 2x3x4 2x4x5`."
        )
    return w.inputs


def in_order(shape: Sequence[Size]) -> tuple[Size, ...]:
    """The strides of a freshly made tensor."""
    strides: list[Size] = []
    step: Size = 1
    for size in reversed(shape):
        strides.append(step)
        step = step if size == 0 else size * step
    return tuple(reversed(strides))


def strides_of(tensor: Tensor) -> tuple[Size, ...]:
    """The strides of any tensor."""
    return in_order(tensor.shape) if tensor.strides is None else tensor.strides


def viewed(tensor: Tensor, shape: Sequence[Size]) -> Strides:
    """The strides with which the same memory reads as `shape`, or None where no strides do.

    Axes that lie one inside the other in memory form a block; a new shape must cut at the ends of blocks.
    """
    if tensor.strides is None or 0 in tensor.shape:
        return in_order(shape)
    strides: list[Size] = []
    left = len(shape) - 1
    for size, step in _blocks(tensor.shape, tensor.strides):
        taken: Size = 1
        while left >= 0 and (taken != size or shape[left] == 1):
            strides.append(step * taken)
            taken = shape[left] * taken
            left -= 1
        if taken != size:
            return None
    return tuple(reversed(strides)) if left < 0 else None


def _blocks(shape: Sequence[Size], strides: Sequence[Size]) -> list[tuple[Size, Size]]:
    """Elements and innermost stride of each block, the last axes first."""
    blocks: list[tuple[Size, Size]] = []
    size: Size = 1
    inner = strides[-1] if strides else 1
    for place in range(len(shape) - 1, -1, -1):
        size = shape[place] * size
        if place == 0 or (shape[place - 1] != 1 and strides[place - 1] != size * inner):
            blocks.append((size, inner))
            size, inner = 1, strides[place - 1]
    return blocks or [(1, 1)]


def summed_dtype(dtype: str) -> str:
    """The dtype of a sum: whole numbers and truths add up in int64."""
    return INTEGER if _kind(dtype) in {"bool", "int"} else dtype


def promoted(tensors: Sequence[Tensor]) -> str:
    """The dtype of arithmetic on these tensors: a tensor without axes raises the kind of number, never its width."""
    shaped = [tensor.dtype for tensor in tensors if tensor.shape]
    single = [tensor.dtype for tensor in tensors if not tensor.shape]
    if not shaped or not single:
        return _widest(shaped or single)
    high, low = _widest(shaped), _widest(single)
    if _kind(high) == "float" and _kind(low) == "complex":
        return {"float64": "complex128", "float16": "complex32"}.get(high, "complex64")
    return _join(high, low) if _KINDS.index(_kind(low)) > _KINDS.index(_kind(high)) else high


def _widest(dtypes: Sequence[str]) -> str:
    result = dtypes[0]
    for dtype in dtypes[1:]:
        result = _join(result, dtype)
    return result


# The complex dtype whose parts hold each float.
_COMPLEX_OF = {"float16": "complex32", "bfloat16": "complex64", "float32": "complex64", "float64": "complex128"}


def _join(left: str, right: str) -> str:
    """The smallest dtype that holds both."""
    if left == right:
        return left
    low, high = sorted((left, right), key=lambda dtype: (_KINDS.index(_kind(dtype)), _bits(dtype)))
    if _kind(high) == "complex":
        return max(high, _COMPLEX_OF.get(low, high), key=_bits)
    if {low, high} == {"float16", "bfloat16"}:
        return "float32"
    if {low, high} == {"uint8", "int8"}:
        return "int16"
    return high


def _kind(dtype: str) -> str:
    return next((kind for kind in ("bool", "complex", "float") if kind in dtype), "int")


def _bits(dtype: str) -> int:
    return _WIDTH.get(dtype) or int("".join(letter for letter in dtype if letter.isdigit()))
