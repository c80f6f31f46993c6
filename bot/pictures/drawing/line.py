"""A line chart: the numbers over their indices, with gaps and marks where a number is none."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from bot.pictures.drawing.look import LINE, PAD, RULE, SMALL, SOFT, WIDTH, Box, Card, Floats
from bot.pictures.drawing.scale import range_of
from bot.pictures.raw import Drawing
from bot.pictures.words import number

_HEIGHT = 320
_LEFT, _RIGHT, _BELOW = 104, 26, 70
_FEW = 60  # points that each get a mark
_NAN = "#c400a0"


def line_chart(drawing: Drawing, numbers: Floats, heading: str, line: str) -> Card:
    """(points,); where there are more numbers than points, these are the ends of stretches of equal length."""
    bottom = Card.head + _HEIGHT + _BELOW
    lost = _lost(numbers)
    card = Card(WIDTH, bottom + (SMALL + PAD if lost else PAD // 2), heading, line)
    axes = card.axes(Box(_LEFT, Card.head + 6, WIDTH - _LEFT - _RIGHT, _HEIGHT))
    all_ = max(math.prod(drawing.of), len(numbers))
    places = np.arange(len(numbers), dtype=np.float64) * (all_ / len(numbers))
    values = np.where(np.isfinite(numbers), numbers, np.nan).astype(np.float64)
    marker = "o" if len(numbers) <= _FEW else _alone(values)
    axes.plot(places, values, color=LINE, linewidth=2 if len(numbers) <= _FEW else 1.4, marker=marker, markersize=5)
    _look(axes, all_, _room(range_of(drawing, numbers)))
    _mark(axes, places, numbers)
    card.text(_LEFT, Card.head + _HEIGHT + 40, "index", SMALL, colour=SOFT)
    card.text(PAD, bottom, lost, SMALL)
    return card


def _lost(numbers: Floats) -> str:
    """What the marks stand for."""
    found = (
        ("\N{MULTIPLICATION SIGN} NaN", np.isnan),
        ("\N{BLACK UP-POINTING TRIANGLE} +inf", np.isposinf),
        ("\N{BLACK DOWN-POINTING TRIANGLE} -inf", np.isneginf),
    )
    return "    ".join(f"{words} ({count})" for words, which in found if (count := int(which(numbers).sum())))


def _alone(values: NDArray[np.float64]) -> str:
    """A point between two gaps is no line, and would not be seen."""
    there = np.isfinite(np.concatenate([[np.nan], values, [np.nan]]))
    return "." if bool((there[1:-1] & ~there[:-2] & ~there[2:]).any()) else ""


def _room(found: tuple[float, float] | None) -> tuple[float, float]:
    low, high = found or (0.0, 1.0)
    span = high - low
    if span <= max(abs(low), abs(high)) * 1e-6:
        span = abs(low) or 1.0
    return low - 0.08 * span, high + 0.08 * span


def _look(axes: Axes, count: int, room: tuple[float, float]) -> None:
    axes.set(xlim=(-0.02 * count - 0.2, count - 1 + 0.02 * count + 0.2), ylim=room)
    axes.grid(color=RULE, linewidth=1)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if room[0] < 0 < room[1]:
        axes.axhline(0, color=SOFT, linewidth=1)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True, min_n_ticks=1))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def _mark(axes: Axes, places: NDArray[np.float64], numbers: Floats) -> None:
    """Where a number is none: NaN on the lower edge, infinities on the edges that they are beyond."""
    edge = axes.get_xaxis_transform()
    for found, height, colour, marker in (
        (np.isnan(numbers), 0.02, _NAN, "x"),
        (np.isposinf(numbers), 0.97, "#000000", "^"),
        (np.isneginf(numbers), 0.03, "#6e6e6e", "v"),
    ):
        if found.any():
            heights = np.full(int(found.sum()), height)
            axes.plot(places[found], heights, marker, color=colour, transform=edge, markersize=8, clip_on=False)
