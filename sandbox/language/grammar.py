"""The way in: one line of text, in the short spelling or in Python's, becomes a `Pipeline`.

Nothing is ever evaluated: Python's spelling is read as a syntax tree. Whatever is typed, the only exception that
leaves here is `LanguageError`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeVar

from sandbox.language.correcting import MAX_LINE, corrected
from sandbox.language.line import Line
from sandbox.language.model import CodeGivenError, LanguageError, Pipeline
from sandbox.language.pasted import read_pasted
from sandbox.language.short import look_ahead, read_stage
from sandbox.language.tokens import Token, clean, scan, shorten
from sandbox.language.values import looks_like_shape
from sandbox.language.words import meanings

MAX_STAGES = 1000
_CALL = re.compile(r"\b[A-Za-z_]\w{0,80}\(|\bnn\.\w{1,80}\s{0,9}\(|\blambda\b", re.ASCII)
_PRODUCT = re.compile(r"\s*([A-Za-z_]\w*)\s*[@*+/-]\s*([A-Za-z_]\w*)\s*(?:@|\Z)", re.ASCII)  # a @ b
_TURNED = re.compile(r"\s*[A-Za-z_]\w*\.m?T\b", re.ASCII)  # x.T
_INDEX = re.compile(r"\s*([A-Za-z_]\w*)\[", re.ASCII)  # x[:, 0]
_CODE = re.compile(
    r"^[ \t]*(?:(?:class|def|async|import|from|for|while|if|elif|else|with|return|try|except|raise|assert|del|global"
    r"|nonlocal|yield|pass|match)\b|@[A-Za-z_])",
    re.MULTILINE,
)

_PUNCTUATION = re.compile(r"[()\[\]{}\"']|\|>?|->(?=\s)")
_T = TypeVar("_T")

__all__ = ["CodeGivenError", "LanguageError", "parse"]


def parse(text: str) -> Pipeline:
    """What the line means.

    Raises `LanguageError` for a line that is not in the language, and `CodeGivenError`, one of its kind, for real
    code that belongs to `/run`. Where one word is wrong, the suggestion is the whole line with the right one.
    """
    try:
        return _read(text)
    except LanguageError as fault:
        if not isinstance(fault, CodeGivenError) and len(text) <= MAX_LINE and fault.token[:2] != "U+":
            fault.suggestion = next(filter(_is_line, corrected(clean(text), fault)), fault.suggestion)
        raise


def _is_line(text: str) -> bool:
    try:
        _read(text)
    except LanguageError:
        return False
    return True


def _read(text: str) -> Pipeline:
    cleaned = clean(text)
    line = Line(text, cleaned)
    if len(cleaned) > MAX_STAGES:
        _check_stages(cleaned)
    if not _is_python(cleaned):
        pieces_of_words = _split(scan(cleaned), line)
        look_ahead(pieces_of_words[-1], line)
        for piece in _in_turn(pieces_of_words, line):
            read_stage(piece, line)
        return _finish(line)
    pieces = [(0, len(cleaned))] if _CODE.search(cleaned) else list(_pieces(cleaned))
    if len(pieces) == 1:
        python = read_pasted(0, len(cleaned), line)
        return _finish(line, python=python)
    for start, end in _in_turn(pieces, line):
        if _CALL.search(cleaned, start, end):
            read_pasted(start, end, line, goes_on=end < len(cleaned))
        else:
            read_stage(scan(cleaned, start, end), line)
    return _finish(line)


def _is_python(text: str) -> bool:
    if _CALL.search(text) or _CODE.search(text) or _TURNED.match(text):
        return True
    index = _INDEX.match(text) if "[" in text else None
    if index is not None:
        return not meanings(index[1])
    product = _PRODUCT.match(text)
    return product is not None and not meanings(product[1]) and not looks_like_shape(product[2])


def _check_stages(text: str) -> None:
    stages = text.count("|") + text.count("->") + 1
    if stages > MAX_STAGES:
        raise LanguageError(f"A chain may have {MAX_STAGES} stages; this one has {stages}.", expected="fewer stages")


def _finish(line: Line, *, python: bool = False) -> Pipeline:
    if line.stages:
        return line.pipeline(python=python)
    column, token = (line.shapes[0].token.start, line.shapes[0].token.whole) if line.shapes else (0, "")
    raise LanguageError(
        "An input alone does nothing: say which layer takes it." if line.shapes else "The line names no layer.",
        column=column,
        token=token,
        expected="a layer with its arguments, or an operation",
        suggestion=_with_operation(line) if line.shapes else None,
    )


def _with_operation(line: Line) -> str:
    """The shapes with an operation that takes them."""
    shapes = line.text.strip().removeprefix("@").strip()
    return shorten(f"broadcast {shapes}" if len(line.shapes) > 1 else f"flatten @ {shapes}")


def _split(tokens: list[Token], line: Line) -> list[list[Token]]:
    """The tokens between the pipes."""
    pieces: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind != "pipe":
            pieces[-1].append(token)
        elif pieces[-1]:
            pieces.append([])
        else:
            raise _empty_piece(line, token.start)
    if not pieces[-1]:
        raise _empty_piece(line, tokens[-1].start if tokens else 0)
    return pieces


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """The same for Python's spelling, where a `|` inside brackets or quotes separates nothing."""
    depth, start, quote = 0, 0, ""
    for match in _PUNCTUATION.finditer(text):
        sign = match[0]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif depth <= 0:
            yield start, match.start()
            start = match.end()
    yield start, len(text)


def _in_turn(pieces: list[_T], line: Line) -> Iterator[_T]:
    """The pieces, each read before the next; raises `LanguageError` for an input between them."""
    for index, piece in enumerate(pieces):
        stages, shapes = len(line.stages), len(line.shapes)
        yield piece
        if stages and index < len(pieces) - 1 and len(line.shapes) > shapes:
            token = line.shapes[shapes].token
            raise LanguageError(
                "The input stands in the middle of the chain.",
                column=token.start,
                token=token.whole,
                expected="the input before the first | or at the end of the line",
                example="conv1d 3 16 k3 | relu @ 32x3x100",
            )


def _empty_piece(line: Line, column: int) -> LanguageError:
    if not line.text.strip():
        return LanguageError("The line is empty.", expected="a layer with its arguments")
    return LanguageError(
        "A layer is missing next to this |.",
        column=column,
        token=line.text[column],
        expected="a layer on both sides of each |",
        suggestion=shorten(" | ".join(part for part in (p.strip() for p in line.text.split("|")) if part)) or None,
        example="conv1d 3 16 k3 | relu",
    )
