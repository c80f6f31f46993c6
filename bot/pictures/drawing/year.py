"""A year of answers as a calendar: a square a day, a column a week, in two halves so that a phone shows the squares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from bot.group.streaks import Kind
from bot.pictures.chart_words import line
from bot.pictures.charts import Year
from bot.pictures.drawing.look import INK, PAD, SOFT, Box
from bot.pictures.drawing.sheet import SMALL, TRACK, WRONG, Point, Sheet

WEEKS = 27  # in a half
PITCH, SQUARE = 19, 17
_LEFT = PAD + 46  # room for the names of days
_MONTH = SMALL + 8
_MONTH_WIDE = 3  # columns that the name of a month takes
_HALF = _MONTH + 7 * PITCH + 14
_LEGEND = SMALL + 14
SHADES = ((1, "#bcd7ee"), (5, "#68abd8"), (10, "#1f6fb4"), (20, "#08306b"))  # from so many answers on
_BEFORE = "#f5f7f9"  # no day of theirs yet
_SIGNS: Mapping[Kind, str] = {
    Kind.FROZEN: "a freeze used",
    Kind.HOLIDAY: "group's day off",
    Kind.DOWNTIME: "Stride was down",
    Kind.MISSED: "missed",
}
_FAR = SQUARE / 2 - 3
_STROKES: Mapping[Kind, tuple[Point, ...]] = {  # how far each line goes from the middle of a square
    Kind.FROZEN: ((_FAR, 0), (_FAR / 2, _FAR), (_FAR / 2, -_FAR)),
    Kind.DOWNTIME: ((_FAR, 0),),
    Kind.MISSED: ((_FAR, _FAR), (_FAR, -_FAR)),
}
_WEEK = timedelta(days=7)


def year(chart: Year) -> Sheet:
    """The newest week is the last column; a year that began this half has one half only."""
    last = _monday(chart.days[-1].date)
    weeks = (last - _monday(chart.days[0].date)).days // 7 + 1
    halves = 1 if weeks <= WEEKS else 2
    signs = [kind for kind in _SIGNS if any(day.kind is kind for day in chart.days)]
    under = _LEGEND * (1 + -(-len(signs) // 2))
    sheet = Sheet(Sheet.head + halves * _HALF + under + PAD - 8, chart.title, line(chart))
    begins = last - _WEEK * (halves * WEEKS - 1)
    for half in range(halves):
        _frame(sheet, begins + _WEEK * WEEKS * half, chart.days[-1].date, Sheet.head + half * _HALF)
    for day in chart.days:
        sheet.fill(_box(day.date, begins), shade(day.answers), edge=INK if day is chart.days[-1] else "")
    marked = [(day.kind, _box(day.date, begins)) for day in chart.days if day.kind in _SIGNS]
    _signs(sheet, [*marked, *_legend(sheet, signs, Sheet.head + halves * _HALF)])
    return sheet


def shade(answers: int) -> str:
    """The colour of a day."""
    return next((colour for least, colour in reversed(SHADES) if answers >= least), TRACK)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _box(day: date, begins: date) -> Box:
    half, column = divmod((day - begins).days // 7, WEEKS)
    top = Sheet.head + half * _HALF + _MONTH + day.weekday() * PITCH
    return Box(_LEFT + column * PITCH, top, SQUARE, SQUARE)


def _frame(sheet: Sheet, begins: date, until: date, top: float) -> None:
    """The names of days and months round a half, and its squares up to a day as if nothing was known of them."""
    for weekday, name in ((0, "Mon"), (2, "Wed"), (4, "Fri")):
        sheet.words(PAD, top + _MONTH + weekday * PITCH, name, size=17, colour=SOFT)
    sundays = [begins + _WEEK * column + timedelta(days=6) for column in range(WEEKS)]
    firsts = [column for column, sunday in enumerate(sundays) if sunday.day <= 7]  # a month begins in that week
    if firsts[0] >= _MONTH_WIDE:
        firsts.insert(0, 0)
    for column in firsts:
        if column + _MONTH_WIDE <= WEEKS + 1:
            sheet.words(_LEFT + column * PITCH, top, f"{sundays[column]:%b}", size=17, colour=SOFT)
    for column, sunday in enumerate(sundays):
        for weekday in range(7):
            if sunday - timedelta(days=6 - weekday) <= until:
                box = Box(_LEFT + column * PITCH, top + _MONTH + weekday * PITCH, SQUARE, SQUARE)
                sheet.fill(box, _BEFORE)


def _signs(sheet: Sheet, marked: Sequence[tuple[Kind, Box]]) -> None:
    """A star, a ring, a dash or a cross on each: told apart without their colours."""
    middles = [(kind, (box.left + box.width / 2, box.top + box.height / 2)) for kind, box in marked]
    for colour, kinds in ((INK, (Kind.FROZEN, Kind.DOWNTIME)), (WRONG, (Kind.MISSED,))):
        strokes = [
            ((x - across, y - down), (x + across, y + down))
            for kind, (x, y) in middles
            if kind in kinds
            for across, down in _STROKES[kind]
        ]
        sheet.lines(strokes, colour, 1.4)
    if rings := [middle for kind, middle in middles if kind is Kind.HOLIDAY]:
        sheet.rings(rings)


def _legend(sheet: Sheet, signs: list[Kind], top: float) -> list[tuple[Kind, Box]]:
    """What the colours and the signs mean; where a sign goes."""
    left = float(PAD)
    for least, colour in ((0, TRACK), *SHADES):
        sheet.fill(Box(left, top + 2, SQUARE, SQUARE), colour)
        left += SQUARE + 6
        left += sheet.words(left, top, f"{least}+" if least else "0") + 16
    sheet.words(left, top, "answers a day", colour=SOFT)
    marked = []
    for number, kind in enumerate(signs):
        row, column = divmod(number, 2)
        left, below = PAD + column * 270, top + _LEGEND * (row + 1)
        box = Box(left, below + 2, SQUARE, SQUARE)
        sheet.fill(box, TRACK)
        marked.append((kind, box))
        sheet.words(left + SQUARE + 8, below, _SIGNS[kind])
    return marked
