"""Charts of bars that lie: who answered what, what is remembered of each topic, which mistakes are common."""

from __future__ import annotations

from dataclasses import dataclass

from bot.pictures.chart_words import line, percent
from bot.pictures.charts import Bar, Distribution, Mastery, Mistakes, Topic
from bot.pictures.drawing.look import PAD, SOFT, Box
from bot.pictures.drawing.script import legible
from bot.pictures.drawing.sheet import LIGHT, RIGHT, ROOM, SMALL, TEXT, TRACK, WIDTH, WRONG, Sheet
from bot.pictures.raw import visible

_BAR = 22
NUMBERS = 140  # pixels beside a bar
_GAP = 18
_SIGN = "\N{CHECK MARK}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """Words over a bar, the number beside it, and words under it."""

    over: str
    share: float  # of the track
    number: str
    under: str = ""
    behind: float = 0.0  # of the track, in a lighter colour
    colour: str = RIGHT
    bold: bool = False

    @property
    def height(self) -> int:
        return TEXT + 10 + _BAR + (SMALL + 10 if self.under else 0) + _GAP


def distribution(chart: Distribution) -> Sheet:
    """A bar for each answer; its track is everybody."""
    return _rows(chart.title, line(chart), [_answer(bar, chart.total) for bar in chart.bars])


def mastery(chart: Mastery) -> Sheet:
    """A bar for each topic; its track is every card of it."""
    sheet = _rows(chart.title, line(chart), [_topic(topic) for topic in chart.topics], foot=SMALL + _GAP)
    left, top = float(PAD), sheet.height - PAD - SMALL
    for words, colour in (("remembered", RIGHT), ("begun", LIGHT), ("new to you", TRACK)):
        sheet.fill(Box(left, top + 2, SMALL, SMALL), colour)
        left += SMALL + 8
        left += sheet.words(left, top, words, colour=SOFT) + 24
    return sheet


def mistakes(chart: Mistakes) -> Sheet:
    """A bar for each misconception; its track is as long as the commonest."""
    most = max(1, *(each.count for each in chart.mistakes), 1)
    rows = [
        _Row(over=each.name, share=each.count / most, number=f"{each.count:,}", colour=WRONG) for each in chart.mistakes
    ]
    return _rows(chart.title, line(chart), rows)


def _answer(bar: Bar, total: int) -> _Row:
    letter = f"{bar.letter}: " if bar.letter else ""
    return _Row(
        over=f"{_SIGN} {letter}{bar.answer}" if bar.right else f"{letter}{bar.answer}",
        share=bar.count / total if total else 0,
        number=f"{bar.count:,} · {percent(bar.count, total)}",
        under="right" if bar.right else bar.mistake,
        colour=RIGHT if bar.right else WRONG,
        bold=bar.right,
    )


def _topic(topic: Topic) -> _Row:
    return _Row(
        over=topic.name,
        share=topic.mastered,
        number=percent(topic.mastered),
        under=f"{percent(topic.remembered)} of {topic.begun:,} begun, {topic.cards:,} in all",
        behind=topic.begun / topic.cards,
    )


def _rows(title: str, under: str, rows: list[_Row], *, foot: int = 0) -> Sheet:
    sheet = Sheet(Sheet.head + sum(row.height for row in rows) + PAD - _GAP + 6 + foot, title, under)
    top = float(Sheet.head)
    for number, row in enumerate(rows, start=1):
        over = legible(visible(row.over), f"no. {number} in the text")
        sheet.words(PAD, top, over, width=ROOM, size=TEXT, bold=row.bold)
        bar = top + TEXT + 10
        track = Box(PAD, bar, ROOM - NUMBERS, _BAR)
        sheet.fill(track, TRACK)
        sheet.bar(track, row.behind, LIGHT)
        sheet.bar(track, row.share, row.colour)
        sheet.words(WIDTH - PAD, bar + 1, row.number, ends=True, bold=row.bold)
        if row.under:
            sheet.words(PAD, bar + _BAR + 6, row.under, width=ROOM, colour=SOFT)
        top += row.height
    return sheet
