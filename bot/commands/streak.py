"""`/streak`: how long somebody has kept at it, and for each day why it counts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.arguments import shorten
from bot.command import Command, Example, Incoming, Option
from bot.commands import streak_reply as reply
from bot.errors import NotAllowed, WrongUsage
from bot.group.together import FEWEST, Quorum, Together
from bot.reply import Reply
from bot.store.members import Happening, What

if TYPE_CHECKING:
    from bot.app import Core
    from bot.group.streaks import Streak

ALL, QUORUM = "all", "quorum"
MOST_PEOPLE = 1000
_SHARE = re.compile(r"(\d{1,3})\s*(?:%|percent)\Z", re.ASCII)
_PEOPLE = re.compile(r"(\d{1,4})(?:\s*(?:people|members))?\Z", re.ASCII)


async def streak(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/streak`."""
    what = given.get("what")
    if what == QUORUM:
        return await _quorum(core, incoming, given.get("much", "").strip())
    if much := given.get("much"):
        raise WrongUsage(f"`/streak {what}` does not know what to do with `{shorten(much)}`.", suggestion="/streak")
    return await _shown(core, incoming, every=what == ALL)


async def _shown(core: Core, incoming: Incoming, *, every: bool) -> Reply:
    standing, user, place, homes = core.study.standing, incoming.user, incoming.place, core.study.homes

    async def own() -> tuple[Streak, str]:
        found = await standing.streak(user, place, incoming.at)
        return found, found.history[-1].day.zone if found.history else await standing.zone(user, place)

    async def together() -> Together | None:
        return None if homes.alone(incoming) else await standing.group_streak(place, incoming.at)

    (found, zone), group = await asyncio.gather(own(), together())  # while many cards go out, each look takes a while
    called = homes.called(incoming)
    return await asyncio.to_thread(reply.shown, found, zone, incoming.at, group=group, called=called, every=every)


async def _quorum(core: Core, incoming: Incoming, much: str) -> Reply:
    if not much:
        return reply.quorum((await core.study.standing.group_streak(incoming.place, incoming.at)).quorum, changed=False)
    if not await core.organises(incoming):
        raise NotAllowed("Only organisers choose what a day of the group takes.")
    chosen = _read(much)
    data = {"people": chosen.people} if chosen.people else {"share": chosen.share}
    place = incoming.place
    await core.store.members.note(
        Happening(at=incoming.at, kind=What.QUORUM, platform=place.platform, community=place.community, data=data)
    )
    return reply.quorum(chosen, changed=True)


def _read(much: str) -> Quorum:
    if (share := _SHARE.match(much)) and 0 < int(share[1]) <= 100:
        return Quorum(share=int(share[1]) / 100)
    if (people := _PEOPLE.match(much)) and FEWEST <= int(people[1]) <= MOST_PEOPLE:
        return Quorum(people=int(people[1]))
    raise WrongUsage(
        f"`{shorten(much)}` is neither a share from 1% to 100% nor a number of people from {FEWEST} to {MOST_PEOPLE}.",
        suggestion="/streak quorum 50%",
    )


async def _pressed(core: Core, incoming: Incoming, action: Action) -> Reply:
    del action
    return await _shown(core, incoming, every=True)


STREAK = Command(
    name="streak",
    says="Your streak, and for each day why it is what it is; only you see it",
    help=(
        "A day counts with one answer on it, right or wrong; to say that you do not know is none. Your day begins "
        "at 4 in the morning in your time zone (`/timezone`). Seven days with an answer earn a freeze, and you hold "
        "two at most; it is used by itself on a day that you miss. Holidays of your group and days on which "
        "Stride was not there cost nothing. A streak that was lost comes back with ten answers within two days. `all` "
        "shows every day; `quorum` with `50%` or a number of people is what a day of the group takes, for organisers."
    ),
    options=(
        Option(
            name="what", says="nothing for the last two weeks; all, or quorum", required=False, choices=(ALL, QUORUM)
        ),
        Option(name="much", says="after quorum: a share such as 50%, or a number of people", required=False, rest=True),
    ),
    examples=(
        Example(text="/streak", says="how long it is, and why"),
        Example(text="/streak all", says="every day since your first answer"),
    ),
    handler=streak,
    actions={"streak-all": _pressed},
    private=True,
)
