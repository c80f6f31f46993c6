"""`/timezone`: where somebody's days begin, and where their community's do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.arguments import shorten, split
from bot.command import Command, Completion, Example, Incoming, Option
from bot.commands import timezone_reply as reply
from bot.commands.timezone_reply import COMMUNITY, RESET, SET
from bot.errors import NotAllowed, NothingFound, StaleAction
from bot.group.zones import Found, begun, search
from bot.reply import Reply
from cards.calendar import named_zone

if TYPE_CHECKING:
    from bot.app import Core

ASK = "/timezone berlin"


async def timezone(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/timezone`."""
    words = given.get("zone", "").strip()
    first, rest = split(words)
    if first.casefold() == COMMUNITY:
        return await _community(core, incoming, rest.strip())
    if words.casefold() == RESET:
        return await _set(core, incoming, "")
    if not words:
        return await _shown(core, incoming)
    found = await _found(words, incoming)
    if not found.sure:
        return await asyncio.to_thread(reply.asked, found.zones, incoming.at, community=False)
    return await _set(core, incoming, found.zones[0])


async def _community(core: Core, incoming: Incoming, words: str) -> Reply:
    if not words:
        zone = await core.study.standing.group_zone(incoming.place)
        return await asyncio.to_thread(reply.community, zone, incoming.at, changed=False)
    await _must_organise(core, incoming)
    found = await _found(words, incoming)
    if not found.sure:
        return await asyncio.to_thread(reply.asked, found.zones, incoming.at, community=True)
    return await _set_community(core, incoming, found.zones[0])


async def _set(core: Core, incoming: Incoming, zone: str) -> Reply:
    await core.tutor.set_zone(incoming.user, zone, incoming.at)
    await core.study.reminders.moved(incoming.user, incoming.place, incoming.at)
    return await _shown(core, incoming, changed=True)


async def _set_community(core: Core, incoming: Incoming, zone: str) -> Reply:
    await _must_organise(core, incoming)
    await core.study.standing.move_group(incoming.place, zone, incoming.at)
    return await asyncio.to_thread(reply.community, zone, incoming.at, changed=True)


async def _shown(core: Core, incoming: Incoming, *, changed: bool = False) -> Reply:
    zone = await core.study.standing.zone(incoming.user, incoming.place)
    own = await core.study.standing.own_zone(incoming.user)
    return await asyncio.to_thread(reply.shown, zone, incoming.at, own=bool(own), changed=changed)


async def _found(words: str, incoming: Incoming) -> Found:
    found = await asyncio.to_thread(search, words, incoming.at)
    if not found.zones:
        raise NothingFound(
            f"I know no time zone like `{shorten(words)}`. A city, a country or such as `gmt+2` finds one.",
            suggestion=ASK,
        )
    return found


async def _must_organise(core: Core, incoming: Incoming) -> None:
    if not await core.organises(incoming):
        raise NotAllowed("Only organisers can change the group's time zone. Yours is yours:", suggestion=ASK)


async def _pressed(core: Core, incoming: Incoming, action: Action) -> Reply:
    if len(action.args) != 2:
        raise StaleAction("This button is of another version of Stride.", suggestion=ASK)
    whose, zone = action.args
    try:
        await asyncio.to_thread(named_zone, zone)
    except ValueError as fault:
        raise StaleAction("That time zone is no more.", suggestion=ASK) from fault
    if whose == COMMUNITY:
        return await _set_community(core, incoming, zone)
    return await _set(core, incoming, zone)


def completions(core: Core, typed: str) -> list[Completion]:
    """The zones that what was typed so far may mean."""
    del core
    first, rest = split(typed)
    ahead, words = (f"{COMMUNITY} ", rest) if first.casefold() == COMMUNITY else ("", typed)
    return [Completion(text=ahead + zone, label=zone) for zone in begun(words)]


TIMEZONE = Command(
    name="timezone",
    says="Where your days begin at 4 in the morning; for streaks, reviews and reminders",
    help=(
        "Alone it says which time zone is yours and what time it is there. A city, a country, a zone's name or such as "
        "`gmt+2` changes it; where several could be meant, you choose. The day that you are in ends when it would "
        "have, so that moving neither breaks a streak nor wins a day. Until you say one you have your community's: "
        "`reset` goes back to that, and `community` with a zone changes it, which is for organisers."
    ),
    options=(
        Option(
            name="zone",
            says="a city, a country, a zone or such as gmt+2; or reset, or community and a zone",
            required=False,
            rest=True,
            complete=completions,
        ),
    ),
    examples=(
        Example(text="/timezone", says="which is yours, and what time it is there"),
        Example(text="/timezone berlin", says="your days are Berlin's"),
        Example(text="/timezone gmt+2", says="the zones that are there now, to choose from"),
    ),
    handler=timezone,
    actions={SET: _pressed},
    private=True,
)
