"""A drawing in words: the line over the picture, and the text that stands for it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.pictures.raw import Drawing

_COLOURS = 3


@dataclass(frozen=True, slots=True)
class Odd:
    """How many of the numbers drawn are none that a scale has a place for."""

    nan: int = 0
    infinite: int = 0


def number(value: float, figures: int = 4) -> str:
    """A number as people read it: `-1.2`, `3`, `0.00012`, `1.5e+09`."""
    text = f"{value:.{figures}g}"
    return "0" if text == "-0" else text


def span(drawing: Drawing) -> str:
    """`values from -1.2 to 3.4`; says where all are the same, and where there is none."""
    if drawing.low is None or drawing.high is None:
        return "no finite value"
    low, high = number(drawing.low), number(drawing.high)
    if drawing.low == drawing.high:
        return f"all values {low}" if len(drawing.values) > len(b"f32\0") else f"value {low}"
    return f"values from {low} to {high}"


def of(drawing: Drawing) -> str:
    """`(3, 4) float32`: what was shown."""
    return f"{drawing.of} {drawing.dtype}".rstrip()


def alt(drawing: Drawing, odd: Odd) -> str:
    """The text that stands for a picture: kind, shape, dtype, range, and what is not finite."""
    words = f"{_what(drawing)}, {span(drawing)}{_except(odd)}"
    if less := left_out(drawing):
        words += f"; {less}"
    return f"{drawing.title}: {words}" if drawing.title else words


def _what(drawing: Drawing) -> str:
    size = "x".join(map(str, drawing.of)) or "0-D"
    tensor = f"{size} {drawing.dtype} tensor".replace("  ", " ")
    match drawing.kind:
        case "heat":
            return f"heat map of {_a(size)} {tensor}"
        case "line":
            return f"line chart of {_a(size)} {tensor}"
        case _:
            colours = "RGB" if drawing.shape[2:] == (_COLOURS,) else "grey"
            return f"{colours} image from {_a(size)} {tensor}"


def _a(size: str) -> str:
    """The article before a size: an 8x8, an 11x2, an 18x3, a 3x4."""
    first = size.partition("x")[0]
    return "an" if first.startswith("8") or first in {"11", "18"} else "a"


def _except(odd: Odd) -> str:
    found = [f"{count} {name}" for count, name in ((odd.nan, "NaN"), (odd.infinite, "infinite")) if count]
    return f", besides {' and '.join(found)}" if found else ""


def left_out(drawing: Drawing) -> str:
    """How the numbers were made fewer, where there were too many to draw; else nothing."""
    if drawing.kind == "line":
        points, all_ = drawing.shape[0], math.prod(drawing.of)
        return f"drawn by the ends of {points // 2} stretches" if 0 < points < all_ else ""
    rows, columns = drawing.shape[:2]
    colours = _COLOURS if drawing.shape[2:] == (_COLOURS,) else 1
    return f"drawn as {rows}x{columns} means" if rows * columns * colours < math.prod(drawing.of) else ""
