"""How everybody stands: their own days, their streak, the group's, and the season."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.group.days import Move
from bot.group.seasons import WEEKS_BEFORE, Placed, Season, Week, gained, placed, season, spans
from bot.group.streaks import Happened, Outage, Streak, streak
from bot.group.together import ACTIVE_DAYS, GroupDay, Quorum, Together, counted, group_day, quorum_at
from bot.group.whereabouts import HOME_ZONE, Belongs, moves, resting, rests
from bot.store.members import Happening, What
from bot.store.standing import Slot
from cards.calendar import Calendar, calendar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.app import Core
    from bot.command import Place, User
    from bot.store.standing import Done

EVERYWHERE = ("", "")  # of what happens to all communities at once
LOOKED_BACK = 28  # days of a group at a time
FURTHEST = 13  # times
_DAY = timedelta(days=1)
_RESTS = (What.HOLIDAY, What.WORKDAY)


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
        """From now on a community has the days of a zone, and with it who never said their own, reminders too."""
        await self.core.store.members.set_community_zone(place, zone, at)
        await self.core.study.reminders.group_moved(place, at)

    async def holidays(self, place: Place, now: datetime) -> frozenset[date]:
        """The dates on which a community rests, as far as they had been said at a moment."""
        happened = await self.core.store.members.happened_in([(place.platform, place.community)], _RESTS)
        return _resting(each for each in happened if each.at <= now)

    async def streak(self, user: User, place: Place, now: datetime) -> Streak:
        """Somebody's streak at a moment, with each of its days; `place` counts for whoever belongs nowhere yet."""
        del place
        store = self.core.store
        answers = await store.standing.answered(user.id, now)
        if not answers:
            return Streak()
        said = [Move(each.at, each.data["zone"]) for each in await store.members.happened_to(user.id, [What.ZONE])]
        belongs = await self._belongs(user.id, now)
        away = await self._outages(now)
        own = [each for each in said if each.at <= now]
        return await asyncio.to_thread(_streak, answers, own, belongs, away, now)

    async def group_streak(self, place: Place, now: datetime) -> Together:
        """A community's streak at a moment: the days in a row on which enough of its active members answered."""
        zone = await self.group_zone(place)
        days = await asyncio.to_thread(calendar, zone)
        happened = await self.core.store.members.happened_in(
            [(place.platform, place.community)], [*_RESTS, What.QUORUM]
        )
        happened = [each for each in happened if each.at <= now]
        quorums = [(each.at, Quorum(**each.data)) for each in happened if each.kind is What.QUORUM]
        free, away = _resting(happened), await self._outages(now)
        today = days.day(now)
        found: list[GroupDay] = []
        for _ in range(FURTHEST):
            newest = today - len(found) * _DAY
            answered = await self._answered(place, days, newest)
            if not answered:
                break
            found += [
                group_day(
                    day,
                    answered,
                    calendar=days,
                    quorum=quorum_at(quorums, min(days.ends(day), now)),
                    rests=free,
                    outages=away,
                )
                for day in (newest - back * _DAY for back in range(LOOKED_BACK))
            ]
            if counted(found)[1]:
                break
        quorum = quorum_at(quorums, now)
        nothing = GroupDay(date=today, answered=0, needed=quorum.needed(0), excused=today in free)
        streak_, ended = counted(found)
        return Together(
            days=streak_,
            today=found[0] if found else nothing,
            quorum=quorum,
            more=not ended and len(found) == FURTHEST * LOOKED_BACK,
        )

    async def leaderboard(self, place: Place, now: datetime, *, back: int = 0) -> Board:
        """A community's season at a moment, or one that many before it, as it ended."""
        zone = await self.group_zone(place)
        days = await asyncio.to_thread(calendar, zone)
        found = season(days, now, back=back)
        moment = now if not back else found.ends - timedelta.resolution
        weeks = [spans(found, days, moment, back=number) for number in range(WEEKS_BEFORE + 1)]
        slots = [Slot(begins, ends) for week in weeks for begins, ends in week]
        done = await self.core.store.standing.done(place, slots)
        return _board(found, zone, done, len(weeks[0]))

    async def _belongs(self, person: str, now: datetime) -> list[Belongs]:
        """Where somebody belonged at a moment, with what was said there until then."""
        members = self.core.store.members
        theirs = [each for each in await members.memberships(person) if each.since <= now]
        places = [(each.platform, each.community) for each in theirs]
        happened = await members.happened_in(places, [What.COMMUNITY_ZONE, *_RESTS])
        by_place: dict[tuple[str, str], list[Happening]] = {}
        for each in happened:
            if each.at <= now:
                by_place.setdefault((each.platform, each.community), []).append(each)
        return [
            Belongs(
                since=each.since,
                zones=_zones(by_place.get((each.platform, each.community), ())),
                rests=_resting(by_place.get((each.platform, each.community), ())),
            )
            for each in theirs
        ]

    async def _outages(self, now: datetime) -> list[Outage]:
        """When no bot was there, up to a moment."""
        happened = await self.core.store.members.happened_in([EVERYWHERE], [What.OUTAGE])
        spans_ = ((_moment(each.data["from"]), _moment(each.data["to"])) for each in happened)
        return [Outage(begins, min(ends, now)) for begins, ends in spans_ if begins < now]

    async def _answered(self, place: Place, days: Calendar, newest: date) -> dict[date, frozenset[str]]:
        """Who answered on each of the days up to one, and on those before them that make somebody active."""
        dates = [newest - back * _DAY for back in range(LOOKED_BACK + ACTIVE_DAYS - 1)]
        slots = await asyncio.to_thread(lambda: [Slot(days.begins(day), days.ends(day)) for day in dates])
        found: dict[date, set[str]] = {}
        for each in await self.core.store.standing.done(place, slots):
            if each.tried:
                found.setdefault(dates[each.slot], set()).add(each.person)
        return {day: frozenset(people) for day, people in found.items()}


def _streak(
    answers: Sequence[datetime], said: Sequence[Move], belongs: Sequence[Belongs], away: Sequence[Outage], now: datetime
) -> Streak:
    """Reads the rules of zones in, which asks the disk."""
    where = moves(said, belongs, answers[0])
    return streak(Happened(answers=answers, moves=where, holidays=rests(belongs), outages=away), now)


def _board(found: Season, zone: str, done: Iterable[Done], a_week: int) -> Board:
    weeks: dict[str, list[dict[int, tuple[int, int]]]] = {}
    since: dict[str, datetime | None] = {}
    hidden = set()
    for each in done:
        back, day = divmod(each.slot, a_week)
        weeks.setdefault(each.person, [{} for _ in range(WEEKS_BEFORE + 1)])[back][day] = (each.tried, each.right)
        since[each.person] = each.since
        if each.hidden:
            hidden.add(each.person)
    this = [theirs[0] for theirs in weeks.values() if theirs[0]]
    points, gains = [], []
    for person, theirs in weeks.items():
        if person in hidden or not theirs[0]:
            continue
        now, *before = [Week(days=week) for week in theirs]
        points.append((person, now.points))
        gain = gained(now, before[: _weeks_there(found, since[person])])
        if gain is not None and round(gain) > 0:
            gains.append((person, round(gain)))
    return Board(
        season=found,
        zone=zone,
        points=tuple(placed(points)),
        gains=tuple(placed(gains)),
        left_out=frozenset(hidden),
        people=len(this),
        tried=sum(tried for week in this for tried, _ in week.values()),
        right=sum(right for week in this for _, right in week.values()),
    )


def _weeks_there(found: Season, since: datetime | None) -> int:
    """In how many of the seasons before this one somebody belonged to the group when it ended."""
    return 0 if since is None or since >= found.begins else min(WEEKS_BEFORE, -((since - found.begins) // (7 * _DAY)))


def _zones(happened: Iterable[Happening]) -> tuple[Move, ...]:
    return tuple(Move(each.at, each.data["zone"]) for each in happened if each.kind is What.COMMUNITY_ZONE)


def _resting(happened: Iterable[Happening]) -> frozenset[date]:
    return resting(
        (each.kind is What.HOLIDAY, map(date.fromisoformat, each.data["dates"]))
        for each in happened
        if each.kind in _RESTS
    )


def _moment(text: Any) -> datetime:
    return datetime.fromisoformat(text)
