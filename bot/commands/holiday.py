"""`/holiday`: the days on which a group rests, and nobody's streak needs an answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from bot.command import Command, Example, Incoming, Option
from bot.errors import NotAllowed, WrongUsage
from bot.group.dates import read_date
from bot.reply import Reply, Table, Text
from bot.store.members import Happening, What
from cards.calendar import calendar

if TYPE_CHECKING:
    from bot.app import Core

ADD, REMOVE, LIST = "add", "remove", "list"
LONGEST = 62  # days at once
BACK = 7  # days: what an organiser forgot can still be put right
AHEAD = 400
_BETWEEN = re.compile(r"\s+(?:to|until|till|-|\u2013)\s+|\s*\.\.\s*")
_FIRST_TO_BEGIN = timedelta(hours=14 - 4)  # before 00:00 UTC: a day begins at 04:00, and somewhere it is 14 hours later
_DAY = timedelta(days=1)


async def holiday(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/holiday`."""
    verb, words = given.get("what", LIST), given.get("dates", "").strip()
    zone = await core.study.standing.group_zone(incoming.place)
    today = (await asyncio.to_thread(calendar, zone)).day(incoming.at)
    if verb == LIST:
        return _listed(await core.study.standing.holidays(incoming.place, incoming.at), today)
    if not await core.organises(incoming):
        raise NotAllowed("Only organisers say when the group rests.", suggestion="/holiday list")
    if not words:
        raise WrongUsage(
            f"`/holiday {verb}` needs a date, or two.", suggestion=f"/holiday {verb} 2026-12-24 to 2026-12-26"
        )
    first, last = _read(words, today)
    free = await core.study.standing.holidays(incoming.place, incoming.at)
    wanted = [first + number * _DAY for number in range((last - first).days + 1)]
    if verb == ADD:
        return await _add(core, incoming, [day for day in wanted if day not in free], wanted)
    return await _remove(core, incoming, [day for day in wanted if day in free])


async def _add(core: Core, incoming: Incoming, fresh: list[date], wanted: list[date]) -> Reply:
    await _note(core, incoming, What.HOLIDAY, fresh)
    said = (
        f"{_span(wanted)}: the group rests. Nobody's streak needs an answer; whoever answers all the same gains a day."
    )
    return Reply(parts=(Text(text=said, tone="good"),), data=_data(wanted, What.HOLIDAY))


async def _remove(core: Core, incoming: Incoming, gone: list[date]) -> Reply:
    if not gone:
        raise WrongUsage("The group does not rest then.", suggestion="/holiday list")
    begun = [day for day in gone if _begun(day, incoming.at)]
    if begun:
        raise WrongUsage(
            f"{_named(begun[0])} has begun for somebody already, who counts on it. Only a day that is still to come "
            "can be taken back."
        )
    await _note(core, incoming, What.WORKDAY, gone)
    return Reply(
        parts=(Text(text=f"{_span(gone)}: days like all others again.", tone="good"),), data=_data(gone, What.WORKDAY)
    )


def _begun(day: date, at: datetime) -> bool:
    """Whether it is that day anywhere on earth."""
    return (at + _FIRST_TO_BEGIN).date() >= day


def _listed(free: frozenset[date], today: date) -> Reply:
    ahead = sorted(day for day in free if day >= today)
    data = {"holidays": [day.isoformat() for day in sorted(free)]}
    if not ahead:
        text = "No holiday is ahead. Organisers add one with `/holiday add 2026-12-24 to 2026-12-26`."
        return Reply(parts=(Text(text=text),), private=True, data=data)
    rows = tuple((_span(run), str(len(run))) for run in _runs(ahead))
    table = Table(headers=("when", "days"), rows=rows, title="The group rests")
    note = Text(text="On these days nobody's streak needs an answer; it stays as it is.", tone="note")
    return Reply(parts=(table, note), private=True, data=data)


def _runs(days: list[date]) -> list[list[date]]:
    runs: list[list[date]] = []
    for day in days:
        if runs and day - runs[-1][-1] == _DAY:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def _read(words: str, today: date) -> tuple[date, date]:
    """The first and the last day; raises `WrongUsage`."""
    first, last = [*_BETWEEN.split(words, maxsplit=1), ""][:2]
    try:
        begins = read_date(first, today)
        ends = read_date(last, begins) if last else begins
    except ValueError as fault:
        raise WrongUsage(f"{str(fault)[:1].upper()}{str(fault)[1:]}.", suggestion="/holiday add 2026-12-24") from fault
    if ends < begins:
        raise WrongUsage(f"{_named(ends)} is before {_named(begins)}.")
    if (ends - begins).days >= LONGEST:
        raise WrongUsage(f"That is {(ends - begins).days + 1} days; {LONGEST} at once is the most.")
    if begins < today - BACK * _DAY:
        raise WrongUsage(f"{_named(begins)} is long over: a holiday can be said for {BACK} days afterwards.")
    if ends > today + AHEAD * _DAY:
        raise WrongUsage(f"{_named(ends)} is more than {AHEAD} days ahead.")
    return begins, ends


async def _note(core: Core, incoming: Incoming, kind: What, days: list[date]) -> None:
    if not days:
        return
    place, data = incoming.place, {"dates": [day.isoformat() for day in days], "by": incoming.user.id}
    await core.store.members.note(
        Happening(at=incoming.at, kind=kind, platform=place.platform, community=place.community, data=data)
    )


def _span(days: list[date]) -> str:
    return _named(days[0]) if len(days) == 1 else f"{_named(days[0])} to {_named(days[-1])}"


def _named(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


def _data(days: list[date], kind: What) -> dict[str, object]:
    return {"what": kind.value, "dates": [day.isoformat() for day in days]}


HOLIDAY = Command(
    name="holiday",
    says="Days on which the group rests, and no streak needs an answer",
    help=(
        "`add` and `remove` take a date (`2026-12-24`, `24 Dec`, `tomorrow`), or two with `to` between them; they are "
        "for organisers. A holiday keeps everybody's streak as it is, and whoever answers on it gains a day all the "
        "same. It can be said up to a week afterwards, and taken back until it begins. `list` shows what is ahead."
    ),
    options=(
        Option(name="what", says="list, add or remove", required=False, choices=(LIST, ADD, REMOVE)),
        Option(name="dates", says="a date, or two with to between them", required=False, rest=True),
    ),
    examples=(
        Example(text="/holiday list", says="what is ahead"),
        Example(text="/holiday add 24 Dec to 26 Dec", says="the group rests on three days"),
    ),
    handler=holiday,
)
