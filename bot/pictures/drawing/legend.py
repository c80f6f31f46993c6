"""The line under a picture that says which colours are no values."""

from __future__ import annotations

import numpy as np

from bot.pictures.drawing.look import MINUS, PAD, PLUS, SMALL, Box, Card, Floats, Pixels, stripes

HEIGHT = 40
_SIDE = 20


def rows_of(numbers: Floats) -> list[tuple[str, Pixels]]:
    """What a legend has to explain: words, and the colours that they stand beside."""
    found = []
    for name, count, swatch in (
        ("NaN", int(np.isnan(numbers).sum()), stripes(_SIDE, _SIDE)),
        ("+inf", int(np.isposinf(numbers).sum()), np.full((_SIDE, _SIDE, 3), PLUS, np.uint8)),
        ("-inf", int(np.isneginf(numbers).sum()), np.full((_SIDE, _SIDE, 3), MINUS, np.uint8)),
    ):
        if count:
            found.append((f"{name} ({count})", swatch))
    return found


def put(card: Card, rows: list[tuple[str, Pixels]], top: float) -> None:
    """Draws a legend; it takes `HEIGHT`."""
    left = float(PAD)
    for words, swatch in rows:
        card.blit(Box(left, top + 8, _SIDE, _SIDE), swatch)
        left += _SIDE + 8
        left += card.text(left, top + 8, words, SMALL) + 22
