"""All that a study group does together, in one place for commands and for what falls due by itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.reply import Text
from bot.study.belongings import Belongings
from bot.study.daily import Daily
from bot.study.digest import Digest
from bot.study.homes import Homes
from bot.study.links import Links
from bot.study.mine import OwnPage
from bot.study.outbox import Outbox
from bot.study.quizzes import Quizzes
from bot.study.reminders import Reminders
from bot.study.roll import Rolls
from bot.study.rounds import Rounds
from bot.study.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.app import Core
    from bot.command import Place
    from bot.reply import Reply
    from bot.store.posting_rows import PostingKind
    from bot.study.making import FallsDue, Kind

OBSTACLE_S = 2.0  # that a platform may take to say whether it takes posts


class Study:
    """One for each core.

    Attributes:
        rounds: looks for what is due.
        daily: the card of the day.
        links: which accounts are one person's.
        belongings: what is somebody's own, to take out and to have forgotten.
        rolls: how a group's members do, for its organisers.
        standing: how everybody stands: their days, streaks and seasons.
        homes: of which group somebody speaks in their own chat.
        digest: the group's week, in a channel.
        reminders: at somebody's own hour.
        mine: what somebody sees of themselves.
    """

    def __init__(self, core: Core) -> None:
        """Asks nothing of the core yet."""
        self._core = core
        self.rounds = Rounds(core)
        self._prompt = Outbox(core, kinds=("quiz",), schedules=("quiz",))
        self._outbox = Outbox(
            core, kinds=("daily", "reveal", "digest", "reminder"), schedules=("daily", "digest", "reminder")
        )
        self.daily = Daily(core)
        self.links = Links(core)
        self.belongings = Belongings(core)
        self.rolls = Rolls(core)
        self.standing = Standing(core)
        self.homes = Homes(core)
        self.digest = Digest(core)
        self.reminders = Reminders(core)
        self.mine = OwnPage(core)
        self.quizzes = Quizzes(core)

    @property
    def kinds(self) -> Mapping[PostingKind, Kind]:
        """How each kind of posting is made."""
        return {
            "daily": self.daily.card,
            "reveal": self.daily.reveal,
            "quiz": self.quizzes.conductor.kind,
            "digest": self.digest.kind,
            "reminder": self.reminders.kind,
        }

    @property
    def falls_due(self) -> tuple[FallsDue, ...]:
        """What has moments of its own, in the order in which it is looked at."""
        return (self.quizzes.conductor, self._prompt, self._outbox)

    async def with_obstacle(self, place: Place, reply: Reply) -> Reply:
        """A reply to whoever has something come to a channel, with what stands in the way of that."""
        poster = self._core.posters.get(place.platform)
        if poster is None:
            return reply
        try:
            async with asyncio.timeout(OBSTACLE_S):
                said = await poster.obstacle(place)
        except TimeoutError:
            return reply
        return replace(reply, parts=(*reply.parts, Text(text=said, tone="bad"))) if said else reply

    def wake(self) -> None:
        """Something may be due sooner than was known: call it after a change of what comes when."""
        self.rounds.wake()
