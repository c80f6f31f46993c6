"""How everybody stands: their own days, their streak, the group's, and the season."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.group.days import Move
from bot.group.seasons import WEEKS_BEFORE, Placed, Season, gained, placed, season, spans
from bot.group.streaks import Happened, Outage, Streak, streak
from bot.group.together import (
    ACTIVE_DAYS,
    GroupDay,
    Quorum,
    Together,
    active_on,
    counted,
    group_day,
    group_days,
    quorum_at,
)
from bot.group.whereabouts import HOME_ZONE, Belongs, moves, resting, rests
from bot.store.lives import RESTS
from bot.store.members import Happening, What
from bot.store.standing import Span
from cards.calendar import calendar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.app import Core
    from bot.command import Place, User
    from bot.group.days import Day
    from bot.store.lives import Lived
    from bot.store.standing import Done

EVERYWHERE = ("", "")  # of what happens to all communities at once
LOOKED_BACK = (28, 56, 112, 168)  # days of a group, one look after the other: most have ended within the first
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A season as everybody in a group may see it.

    Attributes:
        season: the week.
        zone: of the group.
        points: everybody's place by points.
        gains: everybody's place by points gained on their own last weeks.
        left_out: people who do not want to be seen.
        people: how many did something.
        tried: their answers, other than that they do not know.
        right: the right ones.
    """

    season: Season
    zone: str
    points: tuple[Placed, ...]
    gains: tuple[Placed, ...]
    left_out: frozenset[str] = frozenset()
    people: int = 0
    tried: int = 0
    right: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """The verbs; `Study` has one."""

    core: Core

    async def zone(self, user: User, place: Place) -> str:
        """Whose days somebody has: their own zone if they ever said one, else their community's, else UTC.

        Whoever belongs to several communities has the zone of the first that has one; `place` counts for whoever
        belongs to none yet.
        """
        pupil = await self.core.store.learning.pupil(user.id)
        return await self.group_zone(place) if pupil is None else pupil.zone

    async def own_zone(self, user: User) -> str:
        """The zone that somebody said themselves; empty where they said none, or took it back."""
        said = await self.core.store.members.happened_to(user.id, [What.ZONE])
        return str(said[-1].data["zone"]) if said else ""

    async def group_zone(self, place: Place) -> str:
        """Whose days a community has."""
        community = await self.core.store.members.community(place)
        return (community.zone if community else "") or HOME_ZONE

    async def move_group(self, place: Place, zone: str, at: datetime) -> None:
        """From now on a community has the days of a zone, and with it who never said their own; what comes follows."""
        await self.core.store.members.set_community_zone(place, zone, at)
        await self.core.study.digest.group_moved(place, zone, at)
        await self.core.study.reminders.group_moved(place, at)

    async def holidays(self, place: Place, now: datetime) -> frozenset[date]:
        """The dates on which a community rests, as far as they had been said at a moment."""
        happened = await self.core.store.members.happened_in([(place.platform, place.community)], RESTS)
        return _resting(each for each in happened if each.at <= now)

    async def streak(self, user: User, place: Place, now: datetime) -> Streak:
        """Somebody's streak at a moment, with each of its days; `place` counts for whoever belongs nowhere yet."""
        del place
        return (await self.streaks([user.id], now)).get(user.id, Streak())

    async def streaks(self, people: Sequence[str], now: datetime) -> dict[str, Streak]:
        """The same of everybody among people who had answered by then."""
        lives = await self.lives(people, now)
        return {person: await asyncio.to_thread(lived_streak, lived, now) for person, lived in lives.items()}

    async def lives(self, people: Sequence[str], now: datetime) -> dict[str, Lived]:
        """What these streaks follow from."""
        await self.core.store.drain()  # who has just come belongs there
        return await self.core.store.lives.of(people, now)

    async def group_streak(self, place: Place, now: datetime) -> Together:
        """A community's streak at a moment: the days in a row on which enough of its active members answered."""
        said = [*RESTS, What.QUORUM, What.COMMUNITY_ZONE, What.OUTAGE]
        there = [(place.platform, place.community), EVERYWHERE]
        all_said, zone = await asyncio.gather(self.core.store.members.happened_in(there, said), self.group_zone(place))
        happened = [each for each in all_said if each.at <= now]
        quorums = [(each.at, Quorum(**each.data)) for each in happened if each.kind is What.QUORUM]
        free, away = _resting(happened), _away((each for each in all_said if each.kind is What.OUTAGE), now)
        most = sum(LOOKED_BACK) + ACTIVE_DAYS - 1
        days = await asyncio.to_thread(group_days, _zones(happened), now, most)
        answered, found = dict[date, list[str]](), list[GroupDay]()
        for count in LOOKED_BACK:
            looked = days[len(found) : len(found) + count]
            before = days[len(found) + count : len(found) + count + ACTIVE_DAYS - 1]
            unknown = [day for day in (*looked, *before) if day.date not in answered]
            answered |= await self._answered(place, zone, unknown, now)
            given = {day.date: answered[day.date] for day in (*looked, *before)}
            active = await asyncio.to_thread(active_on, given, [day.date for day in looked])
            found += [
                group_day(
                    day,
                    len(answered[day.date]),
                    active[day.date],
                    quorum=quorum_at(quorums, min(day.ends, now)),
                    rests=free,
                    outages=away,
                )
                for day in looked
            ]
            if counted(found)[1]:
                break
        streak_, ended = counted(found)
        return Together(days=streak_, today=found[0], quorum=quorum_at(quorums, now), more=not ended)

    async def leaderboard(self, place: Place, now: datetime, *, back: int = 0) -> Board:
        """A community's season at a moment, or one that many before it, as it ended."""
        zone = await self.group_zone(place)
        days = await asyncio.to_thread(calendar, zone)
        found = season(days, now, back=back)
        moment = now if not back else found.ends - timedelta.resolution
        weeks = [spans(found, days, moment, back=number) for number in range(WEEKS_BEFORE + 1)]
        parts = [Span(week[0][0], *week[-1]) for week in weeks]
        begun = [week[0][0] for week in weeks]
        done = await self.core.store.standing.done(place, parts)
        seen = await self.core.store.standing.belonging(place, set().union(*(each.points for each in done)))
        return _board(found, zone, done, begun, seen)

    async def _answered(self, place: Place, zone: str, days: Sequence[Day], now: datetime) -> dict[date, list[str]]:
        """Who had answered by a moment on each of some days of a community that has a zone."""
        upto = now + timedelta.resolution
        whole = await asyncio.to_thread(_whole, days, zone, now)
        parts = [(day.begins, min(day.ends, upto)) for day in days if day.begins not in whole]
        found = await self.core.store.standing.active(place, whole, parts)
        return {day.date: found.get(day.begins, []) for day in days}


def lived_streak(lived: Lived, now: datetime) -> Streak:
    """The streak at the moment up to which somebody's life was looked at; reads the rules of zones from the disk."""
    answers = lived.moments()
    places = ((each.since, lived.said.get((each.platform, each.community), ())) for each in lived.belongs)
    belongs = [Belongs(since=since, zones=_zones(said), rests=_resting(said)) for since, said in places]
    where = moves([Move(each.at, each.data["zone"]) for each in lived.zones], belongs, answers[0])
    away = _away(lived.outages, now)
    return streak(Happened(answers=answers, moves=where, holidays=rests(belongs), outages=away), now)


def _whole(days: Iterable[Day], zone: str, now: datetime) -> frozenset[datetime]:
    """When those days began that are over, and are days of a zone from their beginning to their end."""
    own = calendar(zone)
    over = (day for day in days if day.ends <= now)
    return frozenset(day.begins for day in over if (day.begins, day.ends) == (own.begins(day.date), own.ends(day.date)))


def _away(outages: Iterable[Happening], now: datetime) -> list[Outage]:
    spans_ = ((_moment(each.data["from"]), _moment(each.data["to"])) for each in outages)
    return [Outage(begins, min(ends, now)) for begins, ends in spans_ if begins < now]


def _board(
    found: Season,
    zone: str,
    done: Sequence[Done],
    begun: Sequence[datetime],
    belonging: Mapping[str, tuple[datetime, bool]],
) -> Board:
    """The board.

    Args:
        found: the season.
        zone: of the group.
        done: in it and in the seasons before it, the newest first.
        begun: when these began: each ended the one before it.
        belonging: since when those belong to the group who do, and who of them is hidden.
    """
    this, *before = done
    hidden = frozenset(person for person, (_, left_out) in belonging.items() if left_out)
    points = [each for each in this.points.items() if each[0] not in hidden]
    ended = sorted(begun[:WEEKS_BEFORE])
    gains = []
    for person, now in points:
        if person not in belonging:
            continue  # nobody knows since when they are there
        weeks = len(ended) - bisect_right(ended, belonging[person][0])  # that ended when they belonged there
        gain = gained(now, [week.points.get(person, 0) for week in before[:weeks]])
        if gain is not None and round(gain) > 0:
            gains.append((person, round(gain)))
    return Board(
        season=found,
        zone=zone,
        points=tuple(placed(points)),
        gains=tuple(placed(gains)),
        left_out=hidden,
        people=len(this.points),
        tried=this.tried,
        right=this.right,
    )


def _zones(happened: Iterable[Happening]) -> tuple[Move, ...]:
    return tuple(Move(each.at, each.data["zone"]) for each in happened if each.kind is What.COMMUNITY_ZONE)


def _resting(happened: Iterable[Happening]) -> frozenset[date]:
    return resting(
        (each.kind is What.HOLIDAY, map(date.fromisoformat, each.data["dates"]))
        for each in happened
        if each.kind in RESTS
    )


def _moment(text: Any) -> datetime:
    return datetime.fromisoformat(text)
