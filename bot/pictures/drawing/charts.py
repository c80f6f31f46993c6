"""From the facts of a chart to its picture."""

from __future__ import annotations

import warnings
from typing import assert_never

from bot.pictures.charts import Chart, Distribution, Forgetting, Mastery, Mistakes, Season, Year
from bot.pictures.drawing.bars import distribution, mastery, mistakes
from bot.pictures.drawing.curves import forgetting
from bot.pictures.drawing.season import season
from bot.pictures.drawing.sheet import Sheet
from bot.pictures.drawing.year import year


def draw_chart(chart: Chart) -> bytes:
    """A PNG."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name may hold signs that no font has; they are drawn as boxes
        return _sheet(chart).png()


def _sheet(chart: Chart) -> Sheet:
    match chart:
        case Year():
            return year(chart)
        case Distribution():
            return distribution(chart)
        case Mastery():
            return mastery(chart)
        case Forgetting():
            return forgetting(chart)
        case Season():
            return season(chart)
        case Mistakes():
            return mistakes(chart)
        case _:
            assert_never(chart)
