"""The forgetting curve: what is left of what is known now, day by day, with reviews and without."""

from __future__ import annotations

from matplotlib.ticker import FixedLocator, FuncFormatter

from bot.pictures.chart_words import line, percent
from bot.pictures.charts import Forgetting
from bot.pictures.drawing.look import INK, PAD, POINTS, RULE, SOFT, Box
from bot.pictures.drawing.sheet import RIGHT, SMALL, WIDTH, WRONG, Sheet

HEIGHT = 270
TOP = 1.03  # the share at the upper edge: room for half a line
_LEFT, _RIGHT, _BELOW = 92, 30, 46
_ROW = SMALL + 14
_WEEK = 7
_MOST_NAMES = 9  # along the days


def forgetting(chart: Forgetting) -> Sheet:
    """Shares from 0 to 100 % over the days from now."""
    last = len(chart.left) - 1
    bottom = Sheet.head + HEIGHT + _BELOW
    sheet = Sheet(bottom + 2 * _ROW + PAD - 4, chart.title, line(chart))
    axes = sheet.axes(Box(_LEFT, Sheet.head + 6, WIDTH - _LEFT - _RIGHT, HEIGHT))
    axes.set(xlim=(0, max(last, 1)), ylim=(0, TOP))
    axes.grid(color=RULE, linewidth=1)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=SMALL * POINTS)
    axes.yaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:.0%}"))
    step = _step(last)
    axes.xaxis.set_major_locator(FixedLocator(list(range(0, last + 1, step))))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda day, _: _when(int(day), weeks=step % _WEEK == 0)))
    curves = ((chart.reviewed, "with reviews", RIGHT, "-"), (chart.left, "without", WRONG, (0, (4, 2))))
    for row, (curve, how, colour, dashes) in enumerate(curves):
        marker = "o" if len(curve) == 1 else ""
        axes.plot(range(len(curve)), curve, color=colour, linestyle=dashes, linewidth=3, marker=marker, clip_on=False)
        top = bottom + row * _ROW
        sheet.lines([((PAD, top + 10), (PAD + 44, top + 10))], colour, 3, dashes)
        wide = sheet.words(PAD + 56, top, f"{how}:", colour=INK)
        wide += sheet.words(PAD + 64 + wide, top, percent(curve[-1]), bold=True)
        sheet.words(PAD + 76 + wide, top, _end(last), colour=SOFT)
    return sheet


def _step(last: int) -> int:
    """Days between two names on the axis: a day, or weeks where there are many."""
    if last < _MOST_NAMES:
        return 1
    weeks = 1
    while last // (weeks * _WEEK) >= _MOST_NAMES:
        weeks *= 2
    return weeks * _WEEK


def _when(day: int, *, weeks: bool) -> str:
    if not day:
        return "now"
    return f"{day // _WEEK} w" if weeks else f"{day} d"


def _end(last: int) -> str:
    if last >= _WEEK and last % _WEEK == 0:
        return f"in {last // _WEEK} week{'s' if last > _WEEK else ''}"
    return f"in {last} day{'' if last == 1 else 's'}" if last else "now"
