"""Charts in words: the line under a chart's title, and the text that says what one sees."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import assert_never

from bot.group.streaks import Kind
from bot.pictures.charts import Bar, Chart, Distribution, Forgetting, Mastery, Mistakes, Season, Year
from bot.pictures.raw import visible

WEEK = 7
LONGEST = 1000  # characters; chats take few more
_EXCUSED = {Kind.FROZEN: "frozen", Kind.HOLIDAY: "off", Kind.DOWNTIME: "excused", Kind.MISSED: "missed"}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def alt(chart: Chart) -> str:
    """The text that stands for a chart: what it is of, then the numbers that one would read off it."""
    said = visible(f"{chart.title}: {_seen(chart)}.")
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"


def line(chart: Chart) -> str:
    """The sum of a chart in a few words, which stands under its title."""
    match chart:
        case Year():
            answers = sum(day.answers for day in chart.days)
            return f"{counted(answers, 'answer')} on {counted(sum(day.answers > 0 for day in chart.days), 'day')}"
        case Distribution():
            shares = f", {chart.right:,} right ({percent(chart.right, chart.total)})" if chart.total else ""
            return f"{counted(chart.total, 'answer')}{shares}"
        case Mastery():
            begun = sum(topic.begun for topic in chart.topics)
            known = sum(topic.begun * topic.remembered for topic in chart.topics)
            return f"{percent(known, begun)} of {counted(begun, 'card')} begun remembered now"
        case Forgetting():
            return f"{counted(chart.cards, 'card')}, {_ahead(len(chart.left) - 1)}"
        case Season():
            return f"points in the week of {day_in_words(chart.weeks[-1])}"
        case Mistakes():
            return f"behind {counted(sum(each.count for each in chart.mistakes), 'wrong answer')}"
        case _:
            assert_never(chart)


def percent(part: float, whole: float = 1) -> str:
    """A share such as `61 %`; `0 %` is none at all, and `100 %` all."""
    share = 100 * part / whole if whole else 0.0
    if 0 < share < 1:
        return "<1 %"
    return f"{min(int(share + 0.5), 99) if share < 100 - 1e-9 else 100} %"


def counted(number: int, what: str) -> str:
    """`1 day`, `2 days`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def day_in_words(day: date) -> str:
    """`2 March 2026`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def points(each: int) -> str:
    """`1 point`, `2 points`."""
    return counted(each, "point")


def _seen(chart: Chart) -> str:
    match chart:
        case Year():
            last = chart.days[-1].date
            when = f"{day_in_words(chart.days[0].date)} to {day_in_words(last)}" if len(chart.days) > 1 else "today"
            return f"a calendar, {when}; {line(chart)}{_excused(chart)}{_busiest(chart)}"
        case Distribution():
            return f"bars; {line(chart)}: " + "; ".join(_bar(bar, chart.total) for bar in chart.bars)
        case Mastery():
            topics = "; ".join(
                f"{each.name} {percent(each.mastered)}: {percent(each.remembered)} of {each.begun:,} begun, "
                f"{each.cards:,} in all"
                for each in chart.topics
            )
            return f"bars; {line(chart)}: {topics}"
        case Forgetting():
            return f"two curves; {line(chart)}: {_curves(chart)}"
        case Season():
            people = "; ".join(
                f"{each.place}. {each.name} {points(each.points[-1])}{_before(each.points)}" for each in chart.people
            )
            return f"bars by the week; {line(chart)}: {people}"
        case Mistakes():
            return f"bars; {line(chart)}: " + "; ".join(f"{each.name} {each.count:,}" for each in chart.mistakes)
        case _:
            assert_never(chart)


def _excused(chart: Year) -> str:
    kinds = Counter(day.kind for day in chart.days)
    return "".join(f", {counted(kinds[kind], 'day')} {word}" for kind, word in _EXCUSED.items() if kinds[kind])


def _busiest(chart: Year) -> str:
    most = max(chart.days, key=lambda day: day.answers)
    return f"; most on {day_in_words(most.date)}, {counted(most.answers, 'answer')}" if most.answers else ""


def _bar(bar: Bar, total: int) -> str:
    letter = f"{bar.letter}: " if bar.letter else ""
    why = "right" if bar.right else bar.mistake
    chosen = f"{counted(bar.count, 'time')} ({percent(bar.count, total)})"
    return f"{letter}{bar.answer}{f' ({why})' if why else ''}, {chosen}"


def _ahead(days: int) -> str:
    if days < 2 * WEEK:
        return f"over the next {counted(days, 'day')}" if days else "today"
    return f"over the next {days // WEEK} weeks"


def _curves(chart: Forgetting) -> str:
    now = f"{percent(chart.left[0])} now"
    if len(chart.left) == 1:
        return now
    middle, last = len(chart.left) // 2, len(chart.left) - 1
    ahead = (
        f"{percent(curve[middle])} after {counted(middle, 'day')} and {percent(curve[last])} after "
        f"{counted(last, 'day')} {how}"
        for curve, how in ((chart.reviewed, "with reviews"), (chart.left, "without"))
    )
    return f"{now}; " + "; ".join(ahead)


def _before(each: tuple[int, ...]) -> str:
    return f", after {each[-2]:,} the week before" if len(each) > 1 else ""
