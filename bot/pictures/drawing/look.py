"""How every picture looks: one card, light in every theme, with its words in sizes that a phone shows.

The card is opaque, so it reads the same on a dark page and on a light one. All lengths are pixels.
"""

from __future__ import annotations

import io
import math
from bisect import bisect_left
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from numpy.typing import NDArray
from PIL import Image

from bot.pictures.drawing.script import families, legible

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

DPI = 100
POINTS = 72 / DPI  # a pixel, in the points that matplotlib counts text in
WIDTH = 760  # of a chart, and the most that any picture has
NARROWEST = 440
MAX_PNG = 950_000  # bytes
CARD, INK, SOFT, RULE, LINE = "#ffffff", "#1a1a1a", "#595959", "#d9d9d9", "#0064a8"
HEADING, TEXT, SMALL = 24, 20, 18
PAD = 22
THINNEST = 44  # of what has one row or one column

NAN_STRIPES = np.array([[196, 0, 160], [255, 214, 246]], np.uint8)
_STRIPE = 6
PLUS, MINUS = np.array([0, 0, 0], np.uint8), np.array([150, 150, 150], np.uint8)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a card, from the top left."""

    left: float
    top: float
    width: float
    height: float


class Card:
    """A card of a size, with a heading and the line under it."""

    heading_size, line_size = HEADING, TEXT
    head = PAD + HEADING + 12 + TEXT + 14  # down to here the words reach

    def __init__(self, width: int, height: int, heading: str, line: str) -> None:
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor=CARD)
        self._canvas = FigureCanvasAgg(self.figure)
        self.text(PAD, PAD, heading, self.heading_size, width=width - 2 * PAD, weight="bold")
        self.text(PAD, PAD + self.heading_size + 10, line, self.line_size, width=width - 2 * PAD, colour=SOFT)

    def axes(self, box: Box) -> mpl.axes.Axes:
        """Axes on exactly these pixels."""
        bottom = self.height - box.top - box.height
        where = (box.left / self.width, bottom / self.height, box.width / self.width, box.height / self.height)
        axes = self.figure.add_axes(where)
        axes.tick_params(labelsize=SMALL * POINTS, colors=INK, length=5, width=1)
        for spine in axes.spines.values():
            spine.set_color(SOFT)
        return axes

    def text(
        self,
        left: float,
        top: float,
        words: str,
        size: int,
        *,
        width: float = 0,
        colour: str = INK,
        weight: str = "",
        ends: bool = False,
    ) -> float:
        """Words on one line, cut where they are wider than `width`; how wide they are. Nothing in them is markup.

        They begin at `left`, or end there where they are to.
        """
        font = FontProperties(family=list(families()), size=size * POINTS, weight=weight or "normal")
        words = legible(words)
        words = self._fitted(words, font, width) if width else words
        self.figure.text(
            left / self.width,
            1 - top / self.height,
            words,
            fontproperties=font,
            color=colour,
            va="top",
            ha="right" if ends else "left",
            parse_math=False,
        )
        return self._wide(words, font)

    def blit(self, box: Box, pixels: Pixels) -> None:
        """Puts pixels on the card as they are."""
        axes = self.axes(box)
        axes.imshow(pixels, interpolation="nearest", aspect="auto", extent=(0, box.width, box.height, 0))
        axes.set_axis_off()

    def png(self) -> bytes:
        """The card as a PNG; with fewer colours where it would be too large."""
        self._canvas.draw()  # type: ignore[no-untyped-call]  # matplotlib's own
        pixels = np.asarray(self._canvas.buffer_rgba())  # type: ignore[no-untyped-call]  # matplotlib's own
        picture = Image.fromarray(pixels).convert("RGB")
        data = _saved(picture)
        return data if len(data) <= MAX_PNG else _saved(picture.quantize(256, dither=Image.Dither.NONE))

    def _fitted(self, words: str, font: FontProperties, width: float) -> str:
        if self._wide(words, font) <= width:
            return words
        kept = bisect_left(range(len(words)), True, key=lambda end: self._wide(f"{words[: end + 1]}…", font) > width)
        return f"{words[:kept].rstrip()}…"

    def _wide(self, words: str, font: FontProperties) -> float:
        renderer = self._canvas.get_renderer()  # type: ignore[no-untyped-call]  # matplotlib's own
        return float(renderer.get_text_width_height_descent(words, font, ismath=False)[0])


def colours(numbers: Floats, shades: Pixels) -> Pixels:
    """The colours of numbers (already pixels), with those that are not finite in colours of their own."""
    pixels = shades.copy()
    pixels[np.isposinf(numbers)] = PLUS
    pixels[np.isneginf(numbers)] = MINUS
    lost = np.isnan(numbers)
    if lost.any():
        pixels[lost] = stripes(*numbers.shape)[lost]
    return pixels


def stripes(rows: int, columns: int) -> Pixels:
    """What stands for NaN: slanting stripes, which are told from a colour in every light."""
    down, across = np.indices((rows, columns))
    found: Pixels = NAN_STRIPES[(down + across) // _STRIPE % 2]
    return found


def side(points: int, others: int, most: int, room: int, *, least: int = THINNEST) -> int:
    """Pixels of a point along one side: as many as along the other, but more where that would be a line nobody sees.

    Args:
        points: along this side.
        others: along the other.
        most: pixels of one point, at most.
        room: pixels of this side and, for simplicity, of the other.
        least: pixels of this side that are filled where the points may be so large.
    """
    square = max(1, min(most, room // points, room // others))
    return max(square, min(most, room // points, math.ceil(least / points)))


def enlarged(numbers: NDArray[np.generic], down: int, across: int) -> NDArray[np.generic]:
    """Every number as a block of pixels: nothing is smoothed."""
    return numbers.repeat(down, axis=0).repeat(across, axis=1)


def _saved(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")  # optimize= takes five times as long for a hundredth of the bytes
    return out.getvalue()
