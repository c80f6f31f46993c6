"""What stands for a value in an answer: a tensor's numbers in brief, a layer's parameters, a bounded repr.

Nothing here trusts the value: classes are looked at through `type`, subclasses of tensors with their own rules
switched off, and every text is cut.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

LONGEST_VALUE = 8_000  # characters
LONGEST_TEXT = 80  # characters of a small value beside its name
_FEW_ELEMENTS = 12  # a tensor of up to so many is its own summary
_MOST_ELEMENTS = 64_000_000  # beyond, the statistics would take longer than the reader waits

_Tensor, _Module, _Parameter, _Size, _Array = torch.Tensor, nn.Module, nn.Parameter, torch.Size, np.ndarray
_plain_tensors = torch._C.DisableTorchFunctionSubclass  # noqa: SLF001 torch.overrides documents it and exports no name
_mro = type.__dict__["__mro__"].__get__
_name = type.__dict__["__name__"].__get__
_SMALL = (int, float, bool, complex, str, bytes)
_BRACKETS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("frozenset({", "})"),
    dict: ("{", "}"),
}


def class_name(value: object) -> str:
    """The name of a value's class, whatever its metaclass would like to say."""
    return cut(str(_name(type(value))), LONGEST_TEXT)


def is_tensor(value: object) -> bool:
    """A tensor by its class, and not by what it claims."""
    kind = type(value)
    return kind is _Tensor or _Tensor in _mro(kind)


def is_module(value: object) -> bool:
    """A layer by its class, and not by what it claims."""
    return _Module in _mro(type(value))


def cut(text: str, most: int) -> str:
    """A text of at most so many characters, as a plain `str` that JSON can carry."""
    taken = str.__getitem__(text, slice(0, most + 1)).encode("utf-8", "backslashreplace").decode()
    return taken if len(taken) <= most else taken[: most - 1] + "\u2026"


def dtype_name(dtype: object) -> str:
    """`float32` for `torch.float32`."""
    return str(dtype).removeprefix("torch.")


def shape_text(shape: Any) -> str:
    """A shape as people write it: `(32, 16, 98)`."""
    return str(tuple(shape))


def describe(value: object) -> dict[str, Any]:
    """What a value is: `kind`, and `dtype`, `shape`, `device` of tensors and arrays, `params` of layers."""
    row: dict[str, Any] = {"dtype": None, "shape": None, "device": None, "kind": class_name(value)}
    if is_tensor(value):
        with _plain_tensors():
            row.update(_described_tensor(value))
    elif is_module(value):
        row.update(_described_module(value))
    elif _Array in _mro(type(value)):
        row.update(dtype=str(_Array.dtype.__get__(value)), shape=list(_Array.shape.__get__(value)))
    return row


def small_text(value: Any) -> str | None:
    """A number, a short string or a size, written out; None for anything else."""
    kind = type(value)
    if kind is str or kind is bytes:
        return bounded_repr(value, LONGEST_TEXT)
    if kind is int and value.bit_length() > 8 * LONGEST_TEXT:
        return None
    if kind in _SMALL or value is None:
        return cut(repr(value), LONGEST_TEXT)
    if kind is _Size or (kind is tuple and all(type(item) is int for item in value)):
        return shape_text(value)
    return None


def statistics(tensor: Any) -> dict[str, Any] | None:
    """`min`, `mean`, `max`, `std` and the number of `nan` and `inf`; None where a tensor has no numbers to look at."""
    with _plain_tensors(), torch.no_grad():
        numbers = tensor.detach()
        if not 0 < numbers.numel() <= _MOST_ELEMENTS or numbers.is_meta or numbers.is_complex():
            return None
        if numbers.layout is not torch.strided or numbers.is_quantized:
            return None
        nan = inf = 0
        if numbers.is_floating_point():
            nan, inf = int(numbers.isnan().sum()), int(numbers.isinf().sum())
            if nan:
                numbers = numbers[~numbers.isnan()]
        else:
            numbers = numbers.to(torch.float64)
        if not numbers.numel():
            return {"min": None, "mean": None, "max": None, "std": None, "nan": nan, "inf": inf}
        if numbers.dtype in {torch.float16, torch.bfloat16}:
            numbers = numbers.to(torch.float32)
        low, high = torch.aminmax(numbers)
        spread = numbers.std(correction=0)
        found = {"min": low, "mean": numbers.mean(), "max": high, "std": spread}
        return {name: _number(float(value)) for name, value in found.items()} | {"nan": nan, "inf": inf}


def shown(value: Any) -> tuple[str, dict[str, Any] | None]:
    """A value as a prompt would show it, cut, and what its tensor or layer is; runs the value's own `__repr__`."""
    kind = type(value)
    if is_tensor(value):
        return _shown_tensor(value)
    if is_module(value):
        return cut(repr(value), LONGEST_VALUE), describe(value)
    if kind in _BRACKETS or kind is str or kind is bytes:
        return bounded_repr(value, LONGEST_VALUE), None
    about = describe(value)
    return cut(repr(value), LONGEST_VALUE), about if about["dtype"] is not None else None


def bounded_repr(value: Any, most: int) -> str:
    """The repr of nested lists, tuples, sets and dicts without ever building more than is shown."""
    pieces: list[str] = []
    room = most
    for piece in _pieces(value, most, ()):
        pieces.append(piece)
        room -= len(piece)
        if room < 0:
            break
    return cut("".join(pieces), most)


def _described_tensor(tensor: Any) -> dict[str, Any]:
    try:
        shape = list(map(int, tensor.shape))
    except (RuntimeError, TypeError):  # a lazy parameter, a nested tensor
        shape = None
    return {"dtype": dtype_name(tensor.dtype), "shape": shape, "device": str(tensor.device)}


def _described_module(module: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"params": 0}
    for index, weight in enumerate(_Module.parameters(module)):
        if index == 0:
            row.update(dtype=dtype_name(weight.dtype), device=str(weight.device))
        if isinstance(weight, nn.parameter.UninitializedTensorMixin):
            return row | {"params": None}  # a lazy layer has not seen its input
        row["params"] += weight.numel()
    return row


def _number(value: float) -> float | str:
    """JSON has no infinity."""
    return value if math.isfinite(value) else str(value)


def _shown_tensor(tensor: Any) -> tuple[str, dict[str, Any]]:
    about = describe(tensor)
    try:
        numbers = statistics(tensor)
    except RuntimeError:  # a kind of tensor that has no such operations
        numbers = None
    text = _tensor_repr(tensor, len(about["shape"] or ()))
    if numbers is None or tensor.numel() <= _FEW_ELEMENTS:
        return text, about | (numbers or {})
    head = f"{about['dtype']} {shape_text(about['shape'])}"
    if numbers["min"] is not None:
        told = ", ".join(f"{name} {_brief(numbers[name])}" for name in ("min", "mean", "max", "std"))
        head = f"{head}: {told}"
    odd = "".join(f", {numbers[name]} {name}" for name in ("nan", "inf") if numbers[name])
    return cut(f"{head}{odd}\n{text}", LONGEST_VALUE), about | numbers


def _brief(number: float | str) -> str:
    return number if isinstance(number, str) else f"{number:.4g}"


def _tensor_repr(tensor: Any, axes: int) -> str:
    """Torch's own repr, with fewer numbers from each axis the more axes there are."""
    options = torch._tensor_str.PRINT_OPTS  # noqa: SLF001 there is no public way to read them
    before = (options.threshold, options.edgeitems)
    try:
        options.threshold = min(options.threshold, 200)
        options.edgeitems = min(options.edgeitems, 3 if axes < 3 else 2 if axes == 3 else 1)
        return cut(repr(tensor), LONGEST_VALUE)
    finally:
        options.threshold, options.edgeitems = before


def _pieces(value: Any, room: int, around: tuple[int, ...]) -> Iterator[str]:
    kind = type(value)
    if kind is str or kind is bytes:
        yield repr(value[: room + 1])
    elif kind in _BRACKETS and id(value) in around:
        yield "...".join(_BRACKETS[kind])
    elif kind in _BRACKETS and value:
        yield from _inside(value, room, (*around, id(value)))
    elif is_tensor(value) and value.numel() > _FEW_ELEMENTS:
        yield f"tensor({dtype_name(value.dtype)} {shape_text(value.shape)})"
    else:
        yield cut(repr(value), room + 1)


def _inside(value: Any, room: int, around: tuple[int, ...]) -> Iterator[str]:
    opening, closing = _BRACKETS[type(value)]
    yield opening
    for index, item in enumerate(value):
        if index:
            yield ", "
        yield from _pieces(item, room, around)
        if type(value) is dict:
            yield ": "
            yield from _pieces(value[item], room, around)
    yield f",{closing}" if type(value) is tuple and len(value) == 1 else closing
