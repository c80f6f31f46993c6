"""What `/streak` says: the number, what today still needs, and in a word for each day why it counted or did not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from bot.actions import Action
from bot.arguments import shorten
from bot.commands.learning_words import after, counted
from bot.commands.timezone_reply import local
from bot.group.dates import MONTHS
from bot.group.schedule import DAYS
from bot.group.streaks import EARN_BACK, EARNED_BY, MOST_FREEZES, Counted, Kind, Streak
from bot.group.together import Quorum, Together
from bot.group.zones import label
from bot.reply import Button, Buttons, Part, Reply, Table, Text
from cards.calendar import calendar

SHOWN = 14  # days
MOST_ROWS = 40
_DAY = timedelta(days=1)


def shown(
    found: Streak, zone: str, at: datetime, *, group: Together | None, called: str = "", every: bool = False
) -> Reply:
    """Somebody's streak, and that of their group, as it is called if it has to be. Zones are read from the disk."""
    ends = found.history[-1].day.ends if found.history else calendar(zone).ends(calendar(zone).day(at))
    parts: list[Part] = [
        Text(text=headline(found), tone="heading"),
        Text(text=_today(found, zone, at, ends), tone="good" if found.safe else "normal"),
    ]
    if found.lost:
        parts.append(Text(text=_earn_back(found, zone, at)))
    if found.history:
        parts.append(Text(text=_freezes(found)))
        parts.append(_every_day(found.history) if every else _last_days(found.history))
    if group is not None:
        parts.append(Text(text=in_group(group, called)))
    parts.append(Text(text=_where(zone, at), tone="note"))
    buttons = []
    if not found.safe:
        buttons.append(Button(label="Answer a question", action=Action("practice-start"), style="primary"))
    if not every and len(found.history) > SHOWN:
        buttons.append(Button(label="Every day", action=Action("streak-all")))
    if buttons:
        parts.append(Buttons(buttons=tuple(buttons)))
    data = _data(found, zone, ends, every=every) | {"group": None if group is None else group_data(group)}
    return Reply(parts=tuple(parts), private=True, data=data)


def headline(found: Streak) -> str:
    """The number."""
    if not found.history:
        return "No streak yet"
    longest = f" (your longest: {found.longest})" if found.longest > found.days else ""
    return f"{counted(found.days, 'day')} in a row{longest}" if found.days else f"No streak just now{longest}"


def in_group(group: Together, called: str = "") -> str:
    """How the group stands, with its name where it is not clear which it is."""
    which = f"The group `{shorten(called)}`" if called else "The group"
    streak = f"{counted(group.days, 'day')} in a row{' or more' if group.more else ''}"
    so_far = f"today {group.today.answered} of the {group.today.needed} that it takes have answered"
    done = "today counts already" if group.today.met else "today it rests" if group.today.excused else so_far
    return f"{which}: {streak}; {done}." if group.days else f"{which} has no streak; {done}."


def quorum(chosen: Quorum, *, changed: bool) -> Reply:
    """What a day of the group takes."""
    now = "From now on a" if changed else "A"
    whoever = "" if chosen.people else ", at least two. Active is who answered that week"
    said = f"{now} day counts for the group when {chosen} answer on it{whoever}."
    return Reply(parts=(Text(text=said, tone="good" if changed else "normal"),), private=True, data=_quorum(chosen))


def group_data(group: Together) -> dict[str, Any]:
    """The group's streak for programs."""
    return {
        "days": group.days,
        "more": group.more,
        "today": {
            "date": group.today.date.isoformat(),
            "answered": group.today.answered,
            "needed": group.today.needed,
            "met": group.today.met,
            "excused": group.today.excused,
        },
        "quorum": _quorum(group.quorum),
    }


def _today(found: Streak, zone: str, at: datetime, ends: datetime) -> str:
    until = f"before {local(zone, ends)} ({after(ends - at)})"
    if not found.history:
        return f"One answer {until} begins it."
    last = found.history[-1]
    if last.kind is Kind.ANSWERED:
        return f"Today is safe: {counted(last.answers, 'answer')}."
    if found.safe:
        return "Today is safe: it needs no answer."
    if not found.days:
        return f"One answer {until} begins a new one."
    freeze = " If none comes, a freeze is used." if found.freezes else ""
    return f"Today needs one answer {until}.{freeze}"


def _earn_back(found: Streak, zone: str, at: datetime) -> str:
    until = found.earn_back_until or at
    more = f"{counted(found.earn_back_answers, 'more answer')} before {local(zone, until)} ({after(until - at)})"
    brings = "brings" if found.earn_back_answers == 1 else "bring"
    return f"You lost a streak of {counted(found.lost, 'day')}. {more} {brings} it back."


def _freezes(found: Streak) -> str:
    if not found.until_freeze:
        return f"Freezes: {found.freezes}, as many as can be held. One is used by itself on a day without an answer."
    more, earns = counted(found.until_freeze, "more day"), "earns" if found.until_freeze == 1 else "earn"
    return f"Freezes: {found.freezes} of {MOST_FREEZES}. {more} with an answer {earns} the next."


def _where(zone: str, at: datetime) -> str:
    return f"Your days begin at 04:00 in {label(zone)}, where it is {local(zone, at)}. `/timezone` changes that."


def _last_days(history: Sequence[Counted]) -> Table:
    rows = tuple(
        (_named(each.day.date), _why(each, before), str(each.streak))
        for before, each in zip([None, *history[:-1]], history, strict=True)
    )
    return Table(headers=("day", "what it was", "streak"), rows=tuple(reversed(rows[-SHOWN:])))


def _every_day(history: Sequence[Counted]) -> Table:
    """Days that were alike, one after the other, in one row."""
    runs: list[list[Counted]] = []
    for _, alike in groupby(history, key=_alike):
        runs.append(list(alike))
    before = [None, *(run[-1] for run in runs[:-1])]
    rows = tuple((_span(run), _run(run, last), str(run[-1].streak)) for run, last in zip(runs, before, strict=True))
    left_out = f"The newest {MOST_ROWS} of {len(rows)} stretches" if len(rows) > MOST_ROWS else ""
    return Table(headers=("days", "what they were", "streak"), rows=tuple(reversed(rows[-MOST_ROWS:])), title=left_out)


def _alike(each: Counted) -> object:
    special = each.day.begins if each.earned or each.restored or each.kind in {Kind.MISSED, Kind.FROZEN} else None
    return each.kind, each.day.zone, special


def _span(run: Sequence[Counted]) -> str:
    first, last = run[0].day.date, run[-1].day.date
    year = f" {last.year}" if last.year != first.year or first.month == 1 or first.day == 1 else ""
    return f"{_named(last)}{year}" if first == last else f"{_named(first)} to {_named(last)}{year}"


def _run(run: Sequence[Counted], before: Counted | None) -> str:
    if len(run) == 1 or run[0].kind is not Kind.ANSWERED:
        return _why(run[0], before)
    return f"{counted(sum(each.answers for each in run), 'answer')}, some on each day" + _moved(run[0], before)


def _why(each: Counted, before: Counted | None) -> str:
    """What a day was, in words; a move is told where it begins."""
    return _KINDS[each.kind](each) + _moved(each, before)


def _moved(each: Counted, before: Counted | None) -> str:
    return f"; days of {label(each.day.zone)} from here on" if before and before.day.zone != each.day.zone else ""


def _answered(each: Counted) -> str:
    extra = f"; the streak of {each.restored} is earned back" if each.restored else ""
    earned = "; earned a freeze" if each.earned else ""
    return f"{counted(each.answers, 'answer')}{earned}{extra}"


_KINDS: Mapping[Kind, Callable[[Counted], str]] = {
    Kind.ANSWERED: _answered,
    Kind.HOLIDAY: lambda _: "holiday of your group: nothing was needed",
    Kind.DOWNTIME: lambda _: "Stride was not there: nothing was needed",
    Kind.MOVED: lambda _: "you had answered on this date before you changed zones: nothing more was needed",
    Kind.FROZEN: lambda each: f"no answer: a freeze was used, {each.freezes} left",
    Kind.MISSED: lambda _: "no answer, and no freeze left: the streak ended",
    Kind.NONE: lambda _: "no answer; there was no streak to lose",
    Kind.OPEN: lambda _: "no answer yet; today is not over",
}


def _named(day: date) -> str:
    return f"{DAYS[day.weekday()].title()} {day.day} {MONTHS[day.month - 1].title()}"


def _data(found: Streak, zone: str, ends: datetime, *, every: bool) -> dict[str, Any]:
    return {
        "days": found.days,
        "longest": found.longest,
        "safe": found.safe,
        "freezes": found.freezes,
        "until_freeze": found.until_freeze,
        "lost": found.lost,
        "earn_back_until": None if found.earn_back_until is None else found.earn_back_until.isoformat(),
        "earn_back_answers": found.earn_back_answers,
        "rules": {"freeze_every": EARNED_BY, "most_freezes": MOST_FREEZES, "earn_back": EARN_BACK},
        "zone": zone,
        "day_ends": ends.isoformat(),
        "history": [_row(each) for each in (found.history if every else found.history[-SHOWN:])],
    }


def _row(each: Counted) -> dict[str, Any]:
    return {
        "date": each.day.date.isoformat(),
        "kind": each.kind.value,
        "answers": each.answers,
        "streak": each.streak,
        "freezes": each.freezes,
        "earned": each.earned,
        "restored": each.restored,
        "zone": each.day.zone,
        "begins": each.day.begins.isoformat(),
        "ends": each.day.ends.isoformat(),
    }


def _quorum(chosen: Quorum) -> dict[str, Any]:
    return {"people": chosen.people} if chosen.people else {"share": chosen.share}
