"""An image, each of its points a square that can be seen."""

from __future__ import annotations

import numpy as np

from bot.pictures.drawing import legend
from bot.pictures.drawing.look import NARROWEST, PAD, WIDTH, Box, Card, Floats, Pixels, colours, enlarged, side
from bot.pictures.drawing.scale import Scale, range_of
from bot.pictures.raw import Drawing

_ROOM = WIDTH - 2 * PAD
_MOST_TIMES = 64
_USUAL = (Scale(0.0, 1.0), Scale(0.0, 255.0))  # of what libraries give as images


def image(drawing: Drawing, numbers: Floats, heading: str, line: str) -> Card:
    """(rows, columns) or (rows, columns, 1 or 3); 0 to 1, and bytes, as they are, others stretched to their range."""
    points = numbers if numbers.ndim == 3 else numbers[:, :, None]
    rows, columns = points.shape[:2]
    tall, wide = side(rows, columns, _MOST_TIMES, _ROOM), side(columns, rows, _MOST_TIMES, _ROOM)
    scale = _ends(drawing, points)
    if scale not in _USUAL:
        line += "; black is the least, white the greatest"
    shades = np.rint(scale.fractions(points) * 255).astype(np.uint8)
    if shades.shape[2] == 1:
        shades = shades.repeat(3, axis=2)
    worst = points.sum(axis=2)  # NaN and infinity show through a sum
    pixels: Pixels = colours(enlarged(worst, tall, wide), enlarged(shades, tall, wide))  # type: ignore[arg-type]  # repeat keeps the dtype
    explained = legend.rows_of(worst)
    width = max(NARROWEST, columns * wide + 2 * PAD)
    bottom = Card.head + rows * tall
    card = Card(width, bottom + (legend.HEIGHT if explained else 0) + PAD, heading, line)
    card.blit(Box((width - columns * wide) // 2, Card.head, columns * wide, rows * tall), pixels)
    legend.put(card, explained, bottom)
    return card


def _ends(drawing: Drawing, points: Floats) -> Scale:
    """What is shown as black and as white."""
    if drawing.dtype == "uint8":
        return Scale(0.0, 255.0)
    low, high = range_of(drawing, points) or (0.0, 1.0)
    if low >= 0 and high <= 1:
        return Scale(0.0, 1.0)
    return Scale(low, high) if high > low else Scale(low - 1, low + 1)
