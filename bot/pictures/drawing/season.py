"""The season: everybody's points week by week as small bars on one scale, and the last week's as a number."""

from __future__ import annotations

from bot.pictures.chart_words import line
from bot.pictures.charts import Season
from bot.pictures.drawing.look import INK, PAD, RULE, SOFT, Box
from bot.pictures.drawing.script import legible
from bot.pictures.drawing.sheet import FAINT, RIGHT, ROOM, SMALL, TEXT, WIDTH, Sheet
from bot.pictures.raw import visible

_ROW, _TALLEST = 66, 50
_NAME, _NUMBER = 256, 72
_SPACE = 7
_WIDEST = 56  # of a week's bar


def season(chart: Season) -> Sheet:
    """A row for each person; the last bar of each is the week that it is about."""
    foot = SMALL + 12
    sheet = Sheet(Sheet.head + _ROW * len(chart.people) + foot + PAD, chart.title, line(chart))
    most = max(1, *(points for each in chart.people for points in each.points), 1)
    room = ROOM - _NAME - _NUMBER
    pitch = min(_WIDEST, room // len(chart.weeks))
    begin = PAD + _NAME + room - pitch * len(chart.weeks)
    for row, each in enumerate(chart.people):
        floor = Sheet.head + _ROW * (row + 1) - 8
        words = floor - _TALLEST // 2 - TEXT // 2
        # By itself: beside a name that is read from the right, it would end up behind it.
        wide = sheet.words(PAD, words + 2, f"{each.place}.", bold=each.place == 1) + _SPACE
        name = _called(each.name, row)
        sheet.words(PAD + wide, words + 2, name, width=_NAME - 12 - wide, bold=each.place == 1)
        for week, points in enumerate(each.points):
            tall = max(2, round(_TALLEST * points / most)) if points else 0
            colour = RIGHT if week == len(chart.weeks) - 1 else FAINT
            sheet.fill(Box(begin + week * pitch, floor - tall, pitch - 4, tall), colour)
        sheet.fill(Box(begin, floor, pitch * len(chart.weeks) - 4, 1), RULE)
        sheet.words(WIDTH - PAD, words, f"{each.points[-1]:,}", size=TEXT, ends=True, bold=True, colour=INK)
    weeks = "one week" if len(chart.weeks) == 1 else f"{len(chart.weeks)} weeks; the dark bar is the last of them"
    sheet.words(PAD, Sheet.head + _ROW * len(chart.people) + 8, weeks, colour=SOFT)
    return sheet


def _called(name: str, row: int) -> str:
    """A name, or where no font can draw it, a number by which the words that go with the picture name them."""
    return legible(visible(name), f"no. {row + 1} in the text")
