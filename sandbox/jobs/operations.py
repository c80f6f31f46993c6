"""The tensor operations of the language, each as the call in torch that it stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 torch's own name for it

from sandbox.jobs.bounds import MOST_PIECES, TooMuchError
from sandbox.language.layers.tensor_ops import CASTS

Tensors = tuple[torch.Tensor, ...]
Operation = Callable[[Tensors, Mapping[str, Any]], Any]


def _method(name: str) -> Operation:
    """`x.name(**args)`; further inputs are its further arguments, as in `x.matmul(y)`."""
    method = getattr(torch.Tensor, name)
    return lambda tensors, args: method(*tensors, **args)


def _positional(name: str, parameter: str) -> Operation:
    """`x.name(*sizes)`, where torch's own name for the sizes differs from version to version."""
    method = getattr(torch.Tensor, name)

    def call(tensors: Tensors, args: Mapping[str, Any]) -> Any:
        rest = dict(args)
        sizes = rest.pop(parameter)
        return method(*tensors, *(sizes if isinstance(sizes, tuple) else (sizes,)), **rest)

    return call


def _on_list(function: Callable[..., Any]) -> Operation:
    return lambda tensors, args: function(list(tensors), **args)


def _function(function: Callable[..., Any]) -> Operation:
    return lambda tensors, args: function(*tensors, **args)


def _einsum(tensors: Tensors, args: Mapping[str, Any]) -> Any:
    return torch.einsum(args["equation"], *tensors)


def _broadcast(tensors: Tensors, _: Mapping[str, Any]) -> Any:
    return reduce(torch.add, tensors)


def _into_pieces(operation: Operation, count: Callable[[int, Mapping[str, Any]], int]) -> Operation:
    """An operation that makes a tensor a piece: in Python that is time and memory, however small the pieces."""

    def call(tensors: Tensors, args: Mapping[str, Any]) -> Any:
        dim = args.get("dim", 0)
        shape = tensors[0].shape
        if isinstance(dim, int) and -len(shape) <= dim < len(shape):
            pieces = count(shape[dim], args)
            if pieces > MOST_PIECES:
                raise TooMuchError(f"it would give {pieces} tensors, and the limit is {MOST_PIECES}")
        return operation(tensors, args)

    return call


def _split_count(size: int, args: Mapping[str, Any]) -> int:
    length = args.get("split_size_or_sections")
    return -(-size // length) if isinstance(length, int) and length > 0 else 0


def _chunk_count(size: int, args: Mapping[str, Any]) -> int:
    chunks = args.get("chunks")
    return min(size, chunks) if isinstance(chunks, int) else 0


def _unbind_count(size: int, _: Mapping[str, Any]) -> int:
    return size


OPERATIONS: dict[str, Operation] = {
    "view": _positional("view", "shape"),
    "reshape": _positional("reshape", "shape"),
    "flatten": _method("flatten"),
    "unflatten": _method("unflatten"),
    "contiguous": _method("contiguous"),
    "permute": _positional("permute", "dims"),
    "transpose": _method("transpose"),
    "t": _method("t"),
    "movedim": _method("movedim"),
    "squeeze": _method("squeeze"),
    "unsqueeze": _method("unsqueeze"),
    "flip": _positional("flip", "dims"),
    "expand": _positional("expand", "size"),
    "repeat": _positional("repeat", "repeats"),
    "pad": _function(F.pad),
    "one_hot": _function(F.one_hot),
    "cat": _on_list(torch.cat),
    "stack": _on_list(torch.stack),
    "split": _into_pieces(_function(torch.split), _split_count),
    "chunk": _into_pieces(_method("chunk"), _chunk_count),
    "unbind": _into_pieces(_method("unbind"), _unbind_count),
    "narrow": _method("narrow"),
    "select": _method("select"),
    "matmul": _method("matmul"),
    "mm": _method("mm"),
    "bmm": _method("bmm"),
    "einsum": _einsum,
    "broadcast": _broadcast,
    "sum": _method("sum"),
    "mean": _method("mean"),
    "amax": _method("amax"),
    "amin": _method("amin"),
    "max": _method("max"),
    "min": _method("min"),
    "argmax": _method("argmax"),
    "argmin": _method("argmin"),
    "to": _method("to"),
    **{name: _method(name) for name in CASTS},
}
