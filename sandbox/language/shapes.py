"""Whole inputs as written after `@`: shapes, the dtypes before them, and free letters."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sandbox.language.layouts import Shape
from sandbox.language.line import Line
from sandbox.language.model import LanguageError
from sandbox.language.tokens import Token
from sandbox.language.values import dtype_named, looks_like_shape, shape_of

_TIMES = {"x", "X", "*"}
_AXIS = re.compile(r"(?:\d[\d_]*|[A-WYZa-wyz])\Z", re.ASCII)


def read_shapes(tokens: list[Token], line: Line, *, one: bool, mode: Mapping[str, bool]) -> list[Shape]:
    """The inputs in these tokens, an `@` at their head or not; raises `LanguageError`.

    `one`: the stage takes one tensor, so that `@ 32 3 100` can only be one shape. `mode` are the words that set the
    training mode.
    """
    at = tokens[0]
    shapes: list[Shape] = []
    dtype: str | None = None
    for token in _joined([token for token in tokens if token.text not in {",", "@", "and", "&"}]):
        word = token.text.lower()
        if word in mode:
            line.set_mode(mode[word], token)
        elif token.kind != "word":
            raise _not_a_shape(token)
        elif looks_like_shape(token.text) or _AXIS.match(token.text) or "," in token.text or token.text[0] in "-.":
            shapes.append(Shape(shape_of(token), dtype, token))
        elif dtype_named(word):
            dtype = dtype_named(word)
        else:
            raise _not_a_shape(token)
    if not shapes:
        if dtype and at.kind == "at":
            line.dtype = dtype
            return []
        raise LanguageError(
            "There is no shape after @.",
            column=at.end,
            expected="an input such as 32x3x100",
            example="conv1d 3 16 k3 @ 32x3x100",
        )
    return _as_one(shapes, line) if one and len(shapes) > 1 else shapes


def _as_one(shapes: list[Shape], line: Line) -> list[Shape]:
    """`@ 32 3 100` for a stage of one input is (32, 3, 100)."""
    if any(len(shape.sizes) != 1 or shape.token.text[0] in "([" for shape in shapes):
        return shapes
    sizes = tuple(size for shape in shapes for size in shape.sizes)
    line.notes.append(f"I read the input as {'x'.join(str(size) for size in sizes)}.")
    return [Shape(sizes, shapes[0].dtype, shapes[0].token)]


def _joined(tokens: list[Token]) -> list[Token]:
    """`32 x 3 x 100` as one token, and a comma at a token's end taken off."""
    joined: list[Token] = []
    open_end = False
    for token in tokens:
        if token.kind == "word" and joined and (open_end or token.text in _TIMES):
            last = joined[-1]
            joined[-1] = last._replace(text=last.text + token.text, end=token.end)
            open_end = token.text in _TIMES
            continue
        joined.append(token._replace(text=token.text.rstrip(",;.")) if token.kind == "word" else token)
        open_end = False
    return [token for token in joined if token.text]


def _not_a_shape(token: Token) -> LanguageError:
    return LanguageError(
        f"`{token.whole}` is not a shape.",
        column=token.column,
        token=token.whole,
        expected="sizes with x between them, such as 32x3x100, or Nx3xL where N and L are free",
        example="conv1d 3 16 k3 @ 32x3x100",
    )
