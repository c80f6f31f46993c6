"""`/leaderboard`: the group's week, in points that whoever comes new can win."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.command import Command, Example, Incoming, Option
from bot.commands import leaderboard_reply as reply
from bot.commands.leaderboard_reply import seen
from bot.errors import WrongUsage
from bot.group.seasons import SCORING
from bot.reply import Reply, Text

if TYPE_CHECKING:
    from bot.app import Core

LAST, HIDE, SHOW = "last", "hide", "show"


async def leaderboard(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/leaderboard`."""
    what = given.get("what")
    if core.study.homes.alone(incoming):
        raise WrongUsage("A leaderboard is a group's: ask for it in a channel of yours. Here I know of no group.")
    if what in {HIDE, SHOW}:
        return await _hide(core, incoming, hidden=what == HIDE)
    standing, place, person = core.study.standing, incoming.place, incoming.user.id
    board = await standing.leaderboard(place, incoming.at, back=int(what == LAST))
    names = await core.store.standing.names(seen(board, person))
    group = None if what == LAST else await standing.group_streak(place, incoming.at)
    return reply.shown(board, names, person, incoming.at, group=group, called=core.study.homes.called(incoming))


async def _hide(core: Core, incoming: Incoming, *, hidden: bool) -> Reply:
    changed = await core.store.members.hide(incoming.place, incoming.user.id, incoming.at, hidden=hidden)
    if hidden:
        said = "You are left out of the leaderboard and of the digest here. `/leaderboard show` brings you back."
    else:
        said = "You are in the leaderboard here. `/leaderboard hide` leaves you out."
    return Reply(parts=(Text(text=said, tone="good"),), private=True, data={"hidden": hidden, "changed": changed})


LEADERBOARD = Command(
    name="leaderboard",
    says="The group's week: points, who gained most, and the group's streak",
    help=(
        f"{SCORING} So a week is won by coming back, and nobody is too far ahead for long. The second list is "
        "against oneself: the points that somebody has more than they usually had by this time of the week, in their "
        "last four weeks. Who has as many points shares a place. It never shows who answered what. `hide` leaves you "
        "out, `show` brings you back, `last` shows the week before."
    ),
    options=(
        Option(
            name="what",
            says="nothing for this week; last, hide or show",
            required=False,
            choices=(LAST, HIDE, SHOW),
        ),
    ),
    examples=(
        Example(text="/leaderboard", says="this week"),
        Example(text="/leaderboard last", says="the week before"),
    ),
    handler=leaderboard,
)
