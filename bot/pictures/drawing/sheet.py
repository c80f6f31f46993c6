"""How Stride's own charts look: a card that is narrow enough for a phone, with larger words, drawn on in pixels.

Colours are told apart by every kind of colour-blind reader, and none says anything that a sign or a word does not say.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb

from bot.pictures.drawing.look import CARD, INK, PAD, Box, Card, Pixels
from bot.pictures.raw import visible

WIDTH = 600
HEADING, TEXT, SMALL = 28, 23, 20
RIGHT, WRONG, LIGHT, TRACK, FAINT = "#0064a8", "#c46a00", "#a9cce8", "#e9edf1", "#9aa3ab"
ROOM = WIDTH - 2 * PAD
_EDGE = 2
_RING = 60  # points squared
_LONGEST = 200  # characters; more never fit on a line

Point = tuple[float, float]
Line = tuple[Point, Point]


class Sheet(Card):
    """A card for a chart, on which rectangles and lines are drawn in pixels from the top left."""

    heading_size, line_size = HEADING, TEXT
    head = PAD + HEADING + 12 + TEXT + 18

    def __init__(self, height: int, heading: str, line: str) -> None:
        super().__init__(WIDTH, height, visible(heading[:_LONGEST]), line)
        self._ground: Pixels = np.full((height, WIDTH, 3), 255, np.uint8)
        self._over = self.axes(Box(0, 0, WIDTH, height))
        self._over.set(xlim=(0, WIDTH), ylim=(height, 0))
        self._over.set_axis_off()
        self._over.set_zorder(2)

    def fill(self, box: Box, colour: str, *, edge: str = "") -> None:
        """A rectangle, in exactly these pixels; with an `edge` inside of it."""
        left, top, right, bottom = map(round, (box.left, box.top, box.left + box.width, box.top + box.height))
        self._ground[top:bottom, left:right] = _bytes(edge or colour)
        if edge:
            self._ground[top + _EDGE : bottom - _EDGE, left + _EDGE : right - _EDGE] = _bytes(colour)

    def lines(self, ends: Sequence[Line], colour: str, width: float, dashes: Any = "-") -> None:
        """Straight lines, over everything else."""
        found = LineCollection(ends, colors=colour, linewidths=width, linestyles=[dashes])
        self._over.add_collection(found, autolim=False)

    def rings(self, middles: Sequence[Point]) -> None:
        """Small rings, over everything else."""
        across, down = zip(*middles, strict=True)
        self._over.scatter(across, down, s=_RING, facecolor=CARD, edgecolor=INK, linewidth=1.4)

    def png(self) -> bytes:
        """The card as a PNG."""
        self.figure.figimage(self._ground, zorder=-1)
        return super().png()

    def bar(self, box: Box, share: float, colour: str) -> None:
        """A bar that fills a share of its track; what is more than nothing is seen."""
        if share > 0:
            self.fill(Box(box.left, box.top, max(3, round(box.width * share)), box.height), colour)

    def words(
        self,
        left: float,
        top: float,
        words: str,
        *,
        width: float = 0,
        colour: str = INK,
        size: int = SMALL,
        bold: bool = False,
        ends: bool = False,
    ) -> float:
        """Words on one line, cut where they are wider than `width`; how wide they are. See `Card.text`."""
        shown = visible(words[:_LONGEST])
        weight = "bold" if bold else ""
        return self.text(left, top, shown, size, width=width, colour=colour, weight=weight, ends=ends)


@cache
def _bytes(colour: str) -> tuple[int, int, int]:
    red, green, blue = (round(255 * each) for each in to_rgb(colour))
    return red, green, blue
