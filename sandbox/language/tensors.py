"""Tensors that pasted Python makes: `torch.randn(32, 3, 100)` and its like, by shape and dtype alone."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.language.flows import Flow, Source, Thing
from sandbox.language.layers.tensor_ops import CASTS
from sandbox.language.layouts import Shape
from sandbox.language.model import INTEGER, Dtype, Stage
from sandbox.language.values import dtype_named

if TYPE_CHECKING:
    from sandbox.language.pasted import _Reader

_BY_SIZES = {"randn", "zeros", "ones", "empty", "rand", "full", "Tensor", "FloatTensor"}
MAKERS = _BY_SIZES | {"randint", "arange", "tensor", "LongTensor"}
_OF_LISTS = {"Tensor", "FloatTensor", "LongTensor"}  # torch.LongTensor([[1, 2]]), where torch.LongTensor(1, 2) is sizes
_SAME_TENSOR = frozenset(
    {
        "cuda",
        "cpu",
        "clone",
        "detach",
        "requires_grad_",
        "share_memory_",
        "random_",
        "normal_",
        "uniform_",
        "zero_",
        "fill_",
        "pin_memory",
    }
)
MAX_AXES = 64


def make(reader: _Reader, node: ast.Call, word: str) -> Flow:
    """The tensor that such a call makes; raises `LanguageError` where its sizes are not written out."""
    keywords = {item.arg: item.value for item in node.keywords if item.arg}
    dtype = _dtype(reader, keywords.get("dtype"))
    if word == "tensor" or (word in _OF_LISTS and node.args and isinstance(reader.value(node.args[0]), tuple)):
        sizes, usual = _nested(reader, node)
    elif word == "arange":
        sizes, usual = _counted(reader, node), INTEGER
    else:
        sizes, usual = _sizes(reader, node, word, keywords), INTEGER if word == "randint" else None
    if word in _OF_LISTS:
        usual = INTEGER if word == "LongTensor" else None
    if len(sizes) > MAX_AXES:
        raise reader.mistake(node, f"A tensor has at most {MAX_AXES} axes.")
    shape = Shape(sizes, dtype or usual or "float32", reader.token(node))
    return Flow((Source(word, shape, _span(reader, node, word)),))


def convert(reader: _Reader, node: ast.Call, method: str, owner: Flow) -> Flow | None:
    """`x.long()`, `x.to(torch.float64)`, `x.cuda()`; None for a method that is no conversion."""
    if method in _SAME_TENSOR:
        return owner
    dtype: str | None
    if method in {"to", "type"}:
        things = [reader.value(item) for item in (*node.args, *(keyword.value for keyword in node.keywords))]
        dtype = next((thing.name for thing in things if isinstance(thing, Dtype)), None)
        if dtype is None:
            return owner
    elif method in CASTS:
        dtype = CASTS[method]
    else:
        return None
    shape = owner.sources[0].shape
    if owner.stages or shape is None:
        named = Stage("op", method) if method in CASTS else Stage("op", "to", {"dtype": Dtype(dtype)})
        return reader.calls.through(node, named, [owner])
    return Flow((replace(owner.sources[0], shape=replace(shape, dtype=dtype)),))


def _span(reader: _Reader, node: ast.Call, word: str) -> tuple[int, int] | None:
    """The lowest and the highest whole number that such a tensor holds or may hold, where the code says it."""
    things = [reader.value(item) for item in node.args]
    if word in {"tensor", "LongTensor"}:
        numbers = _whole(things[0]) if things and isinstance(things[0], tuple) else []
    elif word == "arange":
        counted = range(*(thing for thing in things if isinstance(thing, int)))
        numbers = [counted[0], counted[-1]] if counted else []
    elif word == "randint":
        bounds = [thing for thing in things[:2] if isinstance(thing, int)]
        numbers = [*bounds[:-1], bounds[-1] - 1] if bounds else []
        numbers += [0] if len(bounds) == 1 else []
    else:
        numbers = []
    return (min(numbers), max(numbers)) if numbers else None


def _whole(thing: Thing) -> list[int]:
    if isinstance(thing, tuple):
        return [number for item in thing for number in _whole(item)]
    return [thing] if type(thing) is int else []


def _dtype(reader: _Reader, node: ast.expr | None) -> str | None:
    if node is None:
        return None
    thing = reader.value(node)
    name = thing.name if isinstance(thing, Dtype) else dtype_named(thing) if isinstance(thing, str) else None
    if name is None and thing is not None:
        raise reader.mistake(node, "I do not know this dtype.", expected="torch.float32, torch.int64 or another")
    return name


def _sizes(reader: _Reader, node: ast.Call, word: str, keywords: dict[str, ast.expr]) -> tuple[int, ...]:
    items = list(node.args)
    if word == "randint":
        items = items[-1:] if items and isinstance(reader.value(items[-1]), tuple) else []
    elif word == "full":
        items = items[:1]
    if "size" in keywords:
        items = [keywords["size"]]
    sizes: list[Thing] = []
    for item in items:
        thing = reader.value(item)
        sizes += thing if isinstance(thing, tuple) else [thing]
    if word == "randint" and not items:
        raise reader.mistake(
            node, "torch.randint needs its size as a tuple.", suggestion="torch.randint(0, 10, (8, 20))"
        )
    numbers = tuple(size for size in sizes if isinstance(size, int) and not isinstance(size, bool) and size >= 0)
    if len(numbers) != len(sizes):
        raise reader.mistake(
            node, "The sizes of the tensor are to be written as numbers.", expected="torch.randn(32, 3, 100)"
        )
    return numbers


def _counted(reader: _Reader, node: ast.Call) -> tuple[int, ...]:
    numbers = [reader.value(item) for item in node.args]
    if not 1 <= len(numbers) <= 3 or not all(type(number) is int for number in numbers):
        raise reader.mistake(node, "torch.arange counts with whole numbers here.", expected="torch.arange(10)")
    whole = [number for number in numbers if isinstance(number, int)]
    try:
        return (len(range(*whole)),)
    except (ValueError, OverflowError) as fault:
        raise reader.mistake(node, "torch.arange cannot count like that.", expected="torch.arange(10)") from fault


def _nested(reader: _Reader, node: ast.Call) -> tuple[tuple[int, ...], str | None]:
    """The shape of the lists in `torch.tensor([[1, 2], [3, 4]])`, and int64 where all are whole numbers."""
    if not node.args:
        raise reader.mistake(node, "torch.tensor needs its numbers.", expected="torch.tensor([1, 2, 3])")
    sizes: list[int] = []
    thing = reader.value(node.args[0])
    while isinstance(thing, tuple):
        sizes.append(len(thing))
        if not thing:
            return tuple(sizes), None
        lengths = {len(item) if isinstance(item, tuple) else -1 for item in thing}
        if len(lengths) > 1:
            raise reader.mistake(node, "The rows of the tensor have different lengths.", expected="rows of one length")
        thing = thing[0]
    if isinstance(thing, bool):
        return tuple(sizes), "bool"
    if not isinstance(thing, int | float):
        raise reader.mistake(node, "A tensor holds numbers.", expected="torch.tensor([1, 2, 3])")
    return tuple(sizes), INTEGER if isinstance(thing, int) else None
