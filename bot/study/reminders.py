"""Reminders: at somebody's own hour, and only where today still needs something of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.command import Place, User
from bot.group import quiet
from bot.group.schedule import Schedule
from bot.store.members import What
from bot.store.posting_rows import Planned, schedule_id
from bot.study.making import Kind, Made
from cards.calendar import calendar, zone_info

if TYPE_CHECKING:
    from datetime import datetime, time

    from bot.app import Core
    from bot.command import Incoming
    from bot.group.quiet import Quiet
    from bot.group.streaks import Streak
    from bot.store.posting_rows import Posting

ANYWHERE = Place(platform="", community="", channel="")  # somebody has one reminder, wherever they belong
QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Reminders:
    """The verbs; `Study` has one."""

    core: Core

    @property
    def kind(self) -> Kind:
        """How a reminder is made."""
        return Kind(make=self.make)

    async def of(self, user: User) -> Planned | None:
        """When somebody is reminded; None where they are not."""
        found = await self.core.store.schedules.of_person(user.id)
        return next((each for each in found if each.kind == "reminder"), None)

    async def set(self, incoming: Incoming, at: time, weekdays: frozenset[int], hours: Quiet) -> Planned:
        """Reminds somebody from now on, where they say this: one reminder a person."""
        await self.end(incoming.user)
        zone = await self.core.study.standing.zone(incoming.user, incoming.place)
        planned = Planned(
            id=schedule_id("reminder", ANYWHERE, person=incoming.user.id),
            kind="reminder",
            place=replace(incoming.place, private=False),
            person=incoming.user.id,
            schedule=Schedule(at=at, zone=zone, weekdays=weekdays),
            options={QUIET: str(hours)},
            last=incoming.at,
            by=incoming.user.id,
        )
        kept = await self.core.store.schedules.keep(planned)
        self.core.study.wake()
        return kept

    async def end(self, user: User) -> bool:
        """Reminds somebody no longer; whether they were."""
        found = [each for each in await self.core.store.schedules.of_person(user.id) if each.kind == "reminder"]
        gone = [await self.core.store.schedules.remove(each.id) for each in found]
        return any(each is not None for each in gone)

    async def end_out_of_reach(self, person: str) -> str:
        """Ends a reminder where somebody has no account any more; the name of that platform, empty where it stays."""
        user = User(id=person, name="")
        planned = await self.of(user)
        if planned is None or await self.core.study.links.reached_on(person, planned.place.platform):
            return ""
        await self.end(user)
        return planned.place.platform

    async def moved(self, user: User, place: Place, now: datetime) -> None:
        """Somebody's days are another zone's: their hour stays their hour."""
        planned = await self.of(user)
        if planned is not None:
            await self._follow(planned, await self.core.study.standing.zone(user, place), now)

    async def group_moved(self, place: Place, now: datetime) -> None:
        """A community's days are another zone's, and so are those of its people who have said none."""
        for each in await self.core.store.schedules.of_community(place):
            if each.kind == "reminder":
                zone = await self.core.study.standing.zone(User(id=each.person, name=""), place)
                await self._follow(each, zone, now)

    async def _follow(self, planned: Planned, zone: str, now: datetime) -> None:
        if planned.schedule.zone != zone:
            there = replace(planned.schedule, zone=zone)
            await self.core.store.schedules.change(replace(planned, schedule=there, last=max(planned.last, now)))
            self.core.study.wake()

    async def make(self, posting: Posting, at: datetime) -> Made | None:
        """A reminder; None where nothing is due, today is answered, one has come today, or it is in quiet hours."""
        from bot.commands import remind_reply

        planned = await self.core.store.schedules.one(posting.schedule)
        if planned is None:
            return None
        user = User(id=posting.person, name="")
        home = await self.core.study.standing.zone(user, posting.place)
        if home != planned.schedule.zone:  # they came to a community that has one, or one of theirs moved
            await self._follow(planned, home, at)
            return None
        zone = await asyncio.to_thread(zone_info, home)
        if at.astimezone(zone).time() in quiet.read(planned.options.get(QUIET, str(quiet.NIGHT))):
            return None
        streak = await self.core.study.standing.streak(user, posting.place, at)
        if streak.safe or await self._reminded(user, streak, home, at):
            return None
        due = (await self.core.tutor.standing(user, posting.place, at)).due
        if not due and not streak.days and not streak.lost:
            return None
        return Made(reply=await asyncio.to_thread(remind_reply.reminder, streak, due, home, at))

    async def _reminded(self, user: User, streak: Streak, home: str, at: datetime) -> bool:
        """Whether a reminder has come on their day already, such as before they moved."""
        days = await asyncio.to_thread(calendar, home)
        since = streak.history[-1].day.begins if streak.history else days.begins(days.day(at))
        came = await self.core.store.members.happened_to(user.id, [What.POSTED])
        return any(since <= each.at <= at for each in came if each.data.get("kind") == "reminder")
