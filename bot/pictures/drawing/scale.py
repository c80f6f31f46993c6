"""Where numbers stand between the least and the greatest, as a fraction that a colour or a height is found by."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.colors import Colormap
from numpy.typing import NDArray

from bot.pictures.drawing.look import Floats, Pixels
from bot.pictures.raw import Drawing

_EDGE = 0.06  # of the two-sided map's ends, which are too dark to tell from black


@dataclass(frozen=True, slots=True)
class Scale:
    """The ends of a range, `low < high`."""

    low: float
    high: float

    def fractions(self, numbers: Floats) -> NDArray[np.float64]:
        """From 0 at the low end to 1 at the high end; what is not finite is 0."""
        finite = np.where(np.isfinite(numbers), numbers, np.float32(0)).astype(np.float64)
        return np.asarray(np.clip((finite - self.low) / (self.high - self.low), 0, 1))

    @property
    def two_sided(self) -> bool:
        """Whether both signs occur, so that the middle is zero."""
        return self.low < 0 < self.high

    @property
    def colours(self) -> Colormap:
        """A map that colour-blind readers can tell apart; white in the middle where the middle is zero."""
        if not self.two_sided:
            return mpl.colormaps["viridis"]
        ends = mpl.colormaps["RdBu_r"](np.linspace(_EDGE, 1 - _EDGE, 256))
        return mpl.colors.ListedColormap(ends)

    def shades(self, numbers: Floats) -> Pixels:
        """The colour of each number, red, green and blue."""
        return np.asarray(self.colours(self.fractions(numbers), bytes=True))[..., :3]


def range_of(drawing: Drawing, numbers: Floats) -> tuple[float, float] | None:
    """The least and the greatest of what is drawn and of what it was made of; None where nothing is finite."""
    finite = numbers[np.isfinite(numbers)]
    ends = [each for each in (drawing.low, drawing.high) if each is not None]
    if finite.size:
        ends += [float(finite.min()), float(finite.max())]
    return (min(ends), max(ends)) if ends else None


def scale_of(numbers: Floats) -> Scale:
    """A scale for what is drawn; as far up as down where both signs occur, and wide enough to have a middle.

    What was shown may reach further, where means of it are drawn: on its scale they would all have one colour.
    """
    finite = numbers[np.isfinite(numbers)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if low < 0 < high:
        furthest = max(-low, high)
        return Scale(-furthest, furthest)
    room = max(abs(low), abs(high)) * 1e-6
    if high - low <= room:
        room = max(abs(low) * 0.5, 1e-30) if low else 1.0
        return Scale(low - room, high + room) if low else Scale(0.0, 1.0)
    return Scale(low, high)
