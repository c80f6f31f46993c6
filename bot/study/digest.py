"""The weekly digest: what a group did together, for channels whose organisers switched it on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from bot.pictures.errors import DrawingError
from bot.store.posting_rows import Planned, schedule_id
from bot.study.making import Kind, Made
from bot.tutor.together import NOBODY
from cards.calendar import calendar, zone_info

if TYPE_CHECKING:
    from datetime import datetime

    from bot.app import Core
    from bot.command import Place
    from bot.group.schedule import Schedule
    from bot.group.seasons import Season as Week
    from bot.pictures.charts import Season
    from bot.reply import Picture, Reply
    from bot.store.posting_rows import Posting

WEEKS = 6  # that its picture shows
FEWEST = 3  # people who made a mistake, before it is said that anybody did


@dataclass(frozen=True, slots=True, kw_only=True)
class Weak:
    """What most people of a group mixed up.

    Attributes:
        mistake: `M1` to `M24`.
        people: how many did.
        topic: the title of the topic in which they mostly did; empty where the group is not asked it any more.
    """

    mistake: str
    people: int
    topic: str


@dataclass(frozen=True, slots=True)
class Digest:
    """The verbs; `Study` has one."""

    core: Core

    @property
    def kind(self) -> Kind:
        """How a digest is made."""
        return Kind(make=self.make, names=True)

    async def of(self, place: Place) -> Planned | None:
        """When it comes to a channel; None where it does not."""
        return await self.core.store.schedules.one(schedule_id("digest", place))

    async def group_moved(self, place: Place, zone: str, now: datetime) -> None:
        """A community's days are another zone's: its digests keep their time of day there, and come once on a date."""
        store = self.core.store
        for each in await store.schedules.of_community(place):
            if each.kind != "digest" or each.schedule.zone == zone:
                continue
            there, last = replace(each.schedule, zone=zone), max(each.last, now)
            for came in await store.postings.newest(each.place, ("digest",), 1):
                last = await asyncio.to_thread(_after_the_date, came.moment, each.schedule, there, last)
            await store.schedules.change(replace(each, schedule=there, last=last))
            self.core.study.wake()

    async def make(self, posting: Posting, at: datetime) -> Made | None:
        """A digest; None where nobody did anything, or it was switched off meanwhile."""
        del at  # one that comes late speaks of the same week
        if await self.core.store.schedules.one(posting.schedule) is None:
            return None
        reply = await self.written(posting.place, posting.moment)
        return None if reply is None else Made(reply=reply)

    async def written(self, place: Place, moment: datetime) -> Reply | None:
        """What it says at a moment: on a Monday of the week that has just ended, else of this one so far."""
        from bot.commands import digest_reply

        standing = self.core.study.standing
        zone = await standing.group_zone(place)
        monday = calendar(zone).day(moment).weekday() == 0
        board = await standing.leaderboard(place, moment, back=int(monday))
        if not board.tried:
            return None
        names = await self.core.store.standing.names(digest_reply.named(board))
        before = [await standing.leaderboard(place, moment, back=monday + back) for back in range(1, WEEKS)]
        drawn = await self._drawn(digest_reply.chart([*reversed(before), board], names))
        group = await standing.group_streak(place, moment)
        return digest_reply.digest(board, names, group, moment, drawn, await self._weak(place, board.season, moment))

    async def _weak(self, place: Place, week: Week, moment: datetime) -> Weak | None:
        """What most people mixed up in a week; None where it would be seen whose mistake it is."""
        found = await self.core.store.mistakes.shared(place, week.begins, min(week.ends, moment))
        if not found or found[0].people < FEWEST:
            return None
        catalogue = await self.core.tutor.cards(NOBODY, place)
        asked = (card for card in found[0].cards if card in catalogue.cards or card in catalogue.skills)
        topic = next(map(catalogue.topic_title, asked), "")
        return Weak(mistake=found[0].mistake, people=found[0].people, topic=topic)

    async def _drawn(self, chart: Season | None) -> Picture | None:
        try:
            return None if chart is None else await self.core.pictures.chart(chart)
        except DrawingError as fault:  # a table says the same
            structlog.get_logger("digest").warning("digest.undrawn", why=str(fault))
            return None


def _after_the_date(came: datetime, before: Schedule, after: Schedule, last: datetime) -> datetime:
    """A moment after which the date of what came has no second time; zones are read from the disk."""
    again = after.on(came.astimezone(zone_info(before.zone)).date())
    return last if again is None else max(last, again)
