"""Inputs that several families of layers share: features on the last axis, and whatever axes were written."""

from __future__ import annotations

from sandbox.language.layers.spec import Sizes
from sandbox.language.model import FLOAT, Tensor, Value
from sandbox.language.size import Size

_NOT_WRITTEN = -1  # no size that somebody writes


def written(sizes: Sizes, letter: str) -> Size | None:
    """The size of a letter that stands in the line, else None."""
    size = sizes(letter, _NOT_WRITTEN)
    return None if size == _NOT_WRITTEN else size


def features_last(sizes: Sizes, features: Value) -> Tensor:
    """(N, features), or (N, L, features) where L is written."""
    length = written(sizes, "L")
    middle = () if length is None else (length,)
    return Tensor((sizes("N"), *middle, sizes("E", features)))


def letters_written(sizes: Sizes, default: tuple[str, ...] = ("C",)) -> Tensor:
    """N and the axes whose letters stand in the line, in torch's order; without any, the default ones."""
    found = [size for letter in "CLDHWE" if (size := written(sizes, letter)) is not None]
    return Tensor((sizes("N"), *(found or [sizes(letter) for letter in default])), FLOAT)
