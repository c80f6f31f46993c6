"""What stands after pasted Python on its line: the input it is asked about, sizes, and the mode."""

from __future__ import annotations

import re

from sandbox.language.line import Line
from sandbox.language.shapes import read_shapes
from sandbox.language.tokens import Token, scan
from sandbox.language.values import dtype_named, looks_like_shape

_SHAPE_TAIL = re.compile(
    r"\)\s+(?:(?:on|input|with input|for)\s+)?"
    r"(?P<shape>[(\[]\s*\d+(?:\s*,\s*\d+)+\s*[)\]]|(?:\d+|[NCLHW])(?:x(?:\d+|[NCLHW]))+)\s*\Z"
)  # the shape after a call, where somebody left the @ out
_TAIL = re.compile(r"(?:\s+(?:[NCLTSEDHWB]=?\d+|eval|train))+\s*\Z")
_MODES = {"eval": False, "train": True}


def take_input(start: int, end: int, line: Line) -> int:
    """Takes the `@ 32x3x100` off the end of the code; returns where the code ends."""
    if "@" not in line.text[start:end]:
        bare = _SHAPE_TAIL.search(line.text, start, end)
        if bare is None:
            return end
        line.add_shapes(read_shapes(scan(line.text, bare.start("shape"), end), line, one=False, mode=_MODES))
        return bare.start() + 1
    tokens = scan(line.text, start, end)
    shapes = 0
    for index in range(len(tokens) - 1, -1, -1):
        token = tokens[index]
        if token.kind == "at" and shapes:
            line.add_shapes(read_shapes(tokens[index:], line, one=False, mode=_MODES))
            return token.start
        if not _ends_line(token):
            return end
        shapes += _is_shape(token.text.rstrip(","))
    return end


def _is_shape(text: str) -> bool:
    return (looks_like_shape(text) and text[:1] != "[") or text.isdigit()


def _ends_line(token: Token) -> bool:
    """Whether a word can stand after the `@`: a shape, a dtype or a mode."""
    text = token.text.rstrip(",")
    return token.kind == "word" and (_is_shape(text) or text.lower() in _MODES or dtype_named(text) is not None)


def take_words(start: int, end: int, line: Line) -> int:
    """Takes `L100 eval` off the end of the code."""
    match = _TAIL.match(line.text, line.text.rfind(")", start, end) + 1, end)
    if match is None:
        return end
    for token in scan(line.text, match.start(), end):
        word = token.key or token.text
        if word in _MODES:
            line.set_mode(_MODES[word], token)
        else:
            line.set_size(word[0], min(int(token.text.lstrip(word[0])[:19]), 2**63 - 1), token)
    return match.start()
