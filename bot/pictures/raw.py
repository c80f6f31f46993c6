"""What is to be drawn, as it comes out of the jail: doubted here, field by field, before anything else sees it.

`sandbox.jobs.show` says what the fields are. The numbers were chosen by somebody's code and may be anything.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from base64 import b64encode
from binascii import Error as NotBase64
from binascii import a2b_base64
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, cast

from bot.pictures.errors import DrawingError

Kind = Literal["heat", "line", "image"]

MAX_SIDE = 256  # of a heat map or an image
MAX_POINTS = 1024  # of a line
MAX_TITLE = 100
MAX_DIMENSIONS = 64  # torch's own bound
MAX_LENGTH = 2**48  # of one dimension of what was shown
MAX_NUMBER = 3.5e38  # beyond float32
ITEM = 4  # bytes of a number
_DIMENSIONS: Mapping[str, tuple[int, ...]] = {"heat": (2,), "line": (1,), "image": (2, 3)}
_COLOURS = (1, 3)
_DTYPE = re.compile(r"[a-z][a-z0-9_]{0,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Numbers that have a picture.

    Attributes:
        kind: `heat` (rows, columns), `line` (points,) or `image` (rows, columns) or (rows, columns, 1 or 3).
        shape: of `values`.
        values: float32, little-endian, in rows.
        of: the shape of what was shown, before anything was left out.
        dtype: what it was made of; empty where that is not known.
        title: in the snippet's words; may be empty.
        low: the least finite value; None where there is none.
        high: the greatest finite value; None where there is none.
    """

    kind: Kind
    shape: tuple[int, ...]
    values: bytes
    of: tuple[int, ...]
    dtype: str = ""
    title: str = ""
    low: float | None = None
    high: float | None = None

    def to_line(self) -> bytes:
        """One line of JSON, for the drawing process."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return json.dumps(given | {"values": b64encode(self.values).decode("ascii")}).encode() + b"\n"


def decoded(line: bytes) -> dict[str, Any]:
    """What a line of JSON asks for; raises `DrawingError`."""
    try:
        given = json.loads(line)
    except (ValueError, RecursionError) as fault:
        raise DrawingError("the numbers of this picture are not JSON") from fault
    if not isinstance(given, dict):
        raise DrawingError("the numbers of this picture are no JSON object")
    return given


def read(raw: Mapping[str, Any]) -> Drawing:
    """What one of a run's `pictures` asks for; raises `DrawingError` with what is wrong with it."""
    kind = raw.get("kind")
    if not isinstance(kind, str) or kind not in _DIMENSIONS:
        raise DrawingError("the picture is of no known kind")
    shape = _shape(kind, raw.get("shape"))
    low, high = _number(raw.get("low")), _number(raw.get("high"))
    if (low is None) != (high is None) or (low is not None and high is not None and low > high):
        raise DrawingError("the range of the picture's numbers is no range")
    return Drawing(
        kind=cast("Kind", kind),
        shape=shape,
        values=_values(raw.get("values"), math.prod(shape)),
        of=_lengths(raw.get("of"), MAX_DIMENSIONS, MAX_LENGTH),
        dtype=_dtype(raw.get("dtype")),
        title=_title(raw.get("title")),
        low=low,
        high=high,
    )


def _shape(kind: str, given: object) -> tuple[int, ...]:
    shape = _lengths(given, 3, MAX_POINTS if kind == "line" else MAX_SIDE)
    if len(shape) not in _DIMENSIONS[kind] or (len(shape) == 3 and shape[2] not in _COLOURS):
        raise DrawingError("the picture's numbers have a shape that has no picture")
    if 0 in shape:
        raise DrawingError("there is nothing to draw: no numbers at all")
    return shape


def _lengths(given: object, most: int, longest: int) -> tuple[int, ...]:
    if not isinstance(given, list | tuple) or len(given) > most:
        raise DrawingError("the picture's shape is no shape")
    if not all(isinstance(each, int) and not isinstance(each, bool) and 0 <= each <= longest for each in given):
        raise DrawingError("the picture's shape is out of bounds")
    return tuple(given)


def _values(given: object, numbers: int) -> bytes:
    size = numbers * ITEM
    if not isinstance(given, str) or len(given) != 4 * math.ceil(size / 3):
        raise DrawingError("the picture has not as many numbers as its shape says")
    try:
        values = a2b_base64(given, strict_mode=True)
    except (NotBase64, ValueError) as fault:
        raise DrawingError("the picture's numbers are not base64") from fault
    if len(values) != size:
        raise DrawingError("the picture has not as many numbers as its shape says")
    return values


def _number(given: object) -> float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not -MAX_NUMBER <= given <= MAX_NUMBER:
        raise DrawingError("the range of the picture's numbers is not finite")
    return float(given)


def _dtype(given: object) -> str:
    if given is None or given == "":
        return ""
    if not isinstance(given, str) or not _DTYPE.fullmatch(given):
        raise DrawingError("the picture's dtype is none")
    return given


def _title(given: object) -> str:
    if given is None:
        return ""
    if not isinstance(given, str):
        raise DrawingError("the picture's title is no text")
    return visible(given[:MAX_TITLE])


def visible(text: str) -> str:
    """A text on one line, with nothing in it that cannot be seen or that turns the line about."""
    seen = (" " if mark.isspace() else mark for mark in text)
    return " ".join("".join(mark for mark in seen if unicodedata.category(mark)[0] != "C").split())
