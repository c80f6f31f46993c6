"""From numbers to the picture of their kind."""

from __future__ import annotations

import warnings

import numpy as np

from bot.pictures.drawing.heat import heat_map
from bot.pictures.drawing.image import image
from bot.pictures.drawing.line import line_chart
from bot.pictures.drawing.look import MAX_PNG, Card, Floats
from bot.pictures.raw import Drawing
from bot.pictures.words import Odd, left_out, of, span

__all__ = ["MAX_PNG", "draw"]


def draw(drawing: Drawing) -> tuple[bytes, Odd]:
    """A PNG, and how many of its numbers are not finite."""
    numbers: Floats = np.frombuffer(drawing.values, "<f4").reshape(drawing.shape).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a title may hold signs that no font has; they are drawn as boxes
        card = _card(drawing, numbers, *_words(drawing))
        png = card.png()
    return png, Odd(int(np.isnan(numbers).sum()), int(np.isinf(numbers).sum()))


def _words(drawing: Drawing) -> tuple[str, str]:
    """The heading and the line under it."""
    said = "; ".join(filter(None, (span(drawing), left_out(drawing))))
    return (drawing.title, f"{of(drawing)}, {said}") if drawing.title else (of(drawing), said)


def _card(drawing: Drawing, numbers: Floats, heading: str, line: str) -> Card:
    match drawing.kind:
        case "heat":
            return heat_map(drawing, numbers, heading, line)
        case "line":
            return line_chart(drawing, numbers, heading, line)
        case _:
            return image(drawing, numbers, heading, line)
