"""A heat map: each number a block of pixels, the scale beside it, and the numbers themselves where there is room."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from bot.pictures.drawing import legend
from bot.pictures.drawing.look import (
    CARD,
    INK,
    NARROWEST,
    PAD,
    POINTS,
    SMALL,
    WIDTH,
    Box,
    Card,
    Floats,
    Pixels,
    colours,
    enlarged,
    side,
)
from bot.pictures.drawing.scale import Scale, scale_of
from bot.pictures.raw import Drawing
from bot.pictures.words import number

_LEFT, _RIGHT, _BELOW = 64, 150, 40  # room for the rows' numbers, the scale, the columns' numbers
_ROOM = WIDTH - _LEFT - _RIGHT  # for the map, along either side
_LARGEST_CELL = 84
_SHORTEST_SCALE = 170
_BAR = 20
_LEAST_TEXT, _MOST_TEXT = 15, 22
_GLYPH = 0.66  # width of a digit by its size, at most
_EQUALLY_READ = 0.18  # the luminance on which black and white are read equally well
_NAN = "NaN"


@dataclass(frozen=True, slots=True)
class _Cells:
    """How many there are, and the pixels of each."""

    rows: int
    columns: int
    tall: int
    wide: int

    @property
    def height(self) -> int:
        return self.rows * self.tall

    @property
    def width(self) -> int:
        return self.columns * self.wide


def heat_map(drawing: Drawing, numbers: Floats, heading: str, line: str) -> Card:
    """(rows, columns); NaN and infinity have colours of their own, explained below the map."""
    cells = _cells(*drawing.shape)
    scale = scale_of(numbers)
    explained = legend.rows_of(numbers)
    width = max(NARROWEST, _LEFT + cells.width + _RIGHT)
    body = max(cells.height, _SHORTEST_SCALE)
    bottom = Card.head + body + _BELOW
    card = Card(width, bottom + (legend.HEIGHT if explained else 0) + PAD // 2, heading, line)
    left = _LEFT + (width - _LEFT - _RIGHT - cells.width) // 2
    where = Box(left, Card.head + (body - cells.height) // 2, cells.width, cells.height)
    pixels: Pixels = colours(
        enlarged(numbers, cells.tall, cells.wide),  # type: ignore[arg-type]  # repeat keeps the dtype
        enlarged(scale.shades(numbers), cells.tall, cells.wide),  # type: ignore[arg-type]  # as above
    )
    axes = _draw_map(card, where, pixels, _original(drawing))
    _write(axes, cells, numbers, scale)
    _draw_scale(card, Box(where.left + cells.width + 24, Card.head, _BAR, body), scale)
    legend.put(card, explained, bottom)
    return card


def _cells(rows: int, columns: int) -> _Cells:
    """Squares as large as there is room for; oblong where a few long rows would be a strip beside a tall scale."""
    tall, wide = (
        side(points, others, _LARGEST_CELL, _ROOM, least=_SHORTEST_SCALE)
        for points, others in ((rows, columns), (columns, rows))
    )
    return _Cells(rows, columns, tall, wide)


def _original(drawing: Drawing) -> tuple[int, int]:
    """Rows and columns of what was shown, where it can be told; they are more than is drawn if that was too much."""
    rows, columns = drawing.shape
    of = [each for each in drawing.of if each != 1]
    if len(of) == 2 and of[0] >= rows and of[1] >= columns:
        return of[0], of[1]
    if len(of) == 1 and 1 in (rows, columns) and of[0] >= max(rows, columns):
        return (of[0], 1) if columns == 1 else (1, of[0])
    return rows, columns


def _draw_map(card: Card, where: Box, pixels: Pixels, original: tuple[int, int]) -> Axes:
    axes = card.axes(where)
    rows, columns = original
    axes.imshow(pixels, interpolation="nearest", aspect="auto", extent=(0, columns, rows, 0))
    for axis, count, room in ((axes.xaxis, columns, where.width), (axes.yaxis, rows, where.height)):
        ticks = _ticks(count, room)
        axis.set_ticks([each + 0.5 for each in ticks], [str(each) for each in ticks])
    axes.tick_params(length=4)
    return axes


def _ticks(count: int, room: float) -> list[int]:
    """Indices to name: round ones, not too close."""
    most = max(1, min(10, int(room // 48)))
    if count <= most:
        return list(range(count))
    found = MaxNLocator(nbins=most, integer=True, steps=[1, 2, 4, 5, 8, 10]).tick_values(0, count - 1)
    return sorted({int(each) for each in found if 0 <= each < count})


def _write(axes: Axes, cells: _Cells, numbers: Floats, scale: Scale) -> None:
    """The numbers, in the cells that hold them; none where one would be too small to read."""
    if cells.wide < 2 * _LEAST_TEXT:
        return
    texts = _texts(numbers)
    longest = max(len(each) for row in texts for each in row)
    size = min(_MOST_TEXT, int(0.92 * cells.wide / (_GLYPH * longest)), int(0.6 * cells.tall))
    if size < _LEAST_TEXT:
        return
    dark = _dark(numbers, scale)
    for row, line in enumerate(texts):
        for column, words in enumerate(line):
            axes.text(
                (column + 0.5) / cells.columns,
                1 - (row + 0.5) / cells.rows,
                words,
                transform=axes.transAxes,
                fontsize=size * POINTS,
                ha="center",
                va="center",
                color=CARD if dark[row, column] else INK,
                bbox={"facecolor": CARD, "edgecolor": "none", "pad": 2} if words == _NAN else None,
                parse_math=False,
            )


def _dark(numbers: Floats, scale: Scale) -> NDArray[np.bool_]:
    """Where white is read more easily than black: by the luminance of the cell, as WCAG reckons it."""
    luminance = (scale.shades(numbers) / 255.0) ** 2.2 @ np.array([0.2126, 0.7152, 0.0722])
    return np.asarray(np.where(np.isfinite(numbers), luminance < _EQUALLY_READ, np.isposinf(numbers)))


def _texts(numbers: Floats) -> list[list[str]]:
    """The numbers as they stand in their cells, all to as many places."""
    finite = np.abs(numbers[np.isfinite(numbers)].astype(np.float64))
    largest = float(finite.max(initial=0))
    if largest < 10_000 and bool((finite == finite.round()).all()):
        places = ".0f"
    elif 0.1 <= largest < 100:
        places = ".2f"
    else:
        places = ".0e"
    return [[_text(float(each), places) for each in row] for row in numbers]


def _text(value: float, places: str) -> str:
    if math.isnan(value):
        return _NAN
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    text = f"{value + 0.0:{places}}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")
    if float(text) == 0:
        return "0" if value == 0 else text.removeprefix("-")
    return text


def _draw_scale(card: Card, where: Box, scale: Scale) -> None:
    """The colours from the high end down, with round values beside them and both ends named."""
    axes = card.axes(where)
    ramp = np.linspace(1, 0, 256).reshape(-1, 1)
    axes.imshow(scale.colours(ramp), aspect="auto", interpolation="nearest", extent=(0, 1, scale.low, scale.high))
    axes.set_xticks([])
    axes.yaxis.tick_right()
    far = (scale.high - scale.low) * 1.3 * SMALL / where.height  # closer than this to an end, words would overlap
    round_ones = MaxNLocator(nbins=5).tick_values(scale.low, scale.high)
    between = [float(each) for each in round_ones if scale.low + far < each < scale.high - far]
    ticks = [scale.low, *between, scale.high]
    axes.yaxis.set_ticks(ticks, [number(each, 3) for each in ticks])
