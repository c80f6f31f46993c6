"""`/digest`: whether a channel gets the group's week, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import time
from typing import TYPE_CHECKING

from bot.arguments import shorten
from bot.command import Command, Example, Incoming, Option
from bot.commands import digest_reply as reply
from bot.errors import WrongUsage
from bot.group.schedule import Schedule, read_time, read_weekdays
from bot.reply import Reply
from bot.store.posting_rows import Planned, schedule_id

if TYPE_CHECKING:
    from bot.app import Core

ON, OFF, PREVIEW = "on", "off", "preview"
EXAMPLE = "/digest on mon 09:00"
MONDAY, NINE = frozenset({0}), time(9)


async def digest(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/digest`."""
    what, place = given.get("what"), incoming.place
    if what == PREVIEW:
        return reply.preview(await core.study.digest.written(place, incoming.at))
    planned = await core.study.digest.of(place)
    if what is None:
        return await asyncio.to_thread(reply.shown, planned, incoming.at)
    if what == OFF:
        gone = await core.store.schedules.remove(schedule_id("digest", place))
        return reply.ended(was=gone is not None)
    if place.private:
        raise WrongUsage("A digest comes to a channel, where the group reads it.")
    weekdays, at = _read(given.get("when", ""))
    zone = await core.study.standing.group_zone(place)
    kept = await core.store.schedules.keep(
        Planned(
            id=schedule_id("digest", place),
            kind="digest",
            place=place,
            schedule=Schedule(at=at, zone=zone, weekdays=weekdays),
            last=incoming.at,
            by=incoming.user.id,
        )
    )
    core.study.wake()
    return await core.study.with_obstacle(place, await asyncio.to_thread(reply.changed, kept, incoming.at))


def _read(words: str) -> tuple[frozenset[int], time]:
    """A day of the week and a time of day, in any order; raises `WrongUsage`."""
    weekdays, hours = MONDAY, []
    for word in words.split():
        found = read_weekdays(word)
        if found is None:
            hours.append(word)
        elif len(found) == 1:
            weekdays = found
        else:
            raise WrongUsage(f"A digest comes once a week; `{shorten(word)}` is more.", suggestion=EXAMPLE)
    try:
        return weekdays, read_time(" ".join(hours)) if hours else NINE
    except ValueError as fault:
        odd = next((word for word in hours if not word[0].isdecimal()), "")
        says = f"`{shorten(odd)}` is neither a day of the week nor a time of day" if odd else fault
        raise WrongUsage(f"{says}.", suggestion=EXAMPLE) from fault


DIGEST = Command(
    name="digest",
    says="The group's week in a channel, once a week; organisers switch it on",
    help=(
        "`on` has it come to this channel, on Mondays at nine in the group's time zone or as you say (`on fri 17:00`); "
        "`off` ends it; `preview` shows you alone what it would say now. It tells how many answered, the group's "
        "streak, the first three, who gained most on themselves, and the mistake that most made where three people or "
        "more did; nobody's own mistakes, and nobody who is hidden. On Mondays it speaks of the week that has just "
        "ended, else of this one so far. A week without answers has none."
    ),
    options=(
        Option(name="what", says="on, off or preview", required=False, choices=(ON, OFF, PREVIEW)),
        Option(name="when", says="after on: a day of the week and a time", required=False, rest=True),
    ),
    examples=(
        Example(text="/digest on", says="on Mondays at nine"),
        Example(text="/digest on fri 17:00", says="on Friday afternoons"),
        Example(text="/digest preview", says="what it would say now"),
    ),
    handler=digest,
    private=True,
    organisers_only=True,
)
