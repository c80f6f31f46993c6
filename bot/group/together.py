"""A group's own streak: on how many days in a row enough of its active members answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil

from bot.group.days import Day, Move, days
from bot.group.streaks import Outage, in_the_way
from bot.group.whereabouts import Belongs, moves

ACTIVE_DAYS = 7  # who answered on one of so many days, today among them, is active
FEWEST = 2  # so that nobody is a group
SHARE = 0.5
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """What a day takes: a share of the active members, or a number of people."""

    share: float = SHARE
    people: int = 0

    def needed(self, active: int) -> int:
        """How many have to answer."""
        return max(FEWEST, self.people or ceil(round(active * self.share, 6)))

    def __str__(self) -> str:
        """Such as `50 % of the active members` or `3 people`."""
        return f"{self.people} people" if self.people else f"{self.share:.0%} of the active members"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDay:
    """One day of a group: how many answered, how many it took, and whether it rests or Stride was away."""

    date: date
    answered: int
    needed: int
    excused: bool

    @property
    def met(self) -> bool:
        """Whether it counts."""
        return self.answered >= self.needed


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """How a group stands.

    Attributes:
        days: in a row that count; today among them once it does.
        today: how it is going.
        quorum: what a day takes.
        more: whether the streak may be longer: further back nobody looked.
    """

    days: int
    today: GroupDay
    quorum: Quorum
    more: bool = False


def group_days(zones: Sequence[Move], now: datetime, most: int) -> list[Day]:
    """A group's newest days, the newest first, which is today; where it moved, as those of a person who moves.

    Args:
        zones: of the group, from when on; an empty one takes it back.
        now: the moment.
        most: how many days.
    """
    since = now - most * _DAY
    where = moves([], [Belongs(since=since, zones=zones)], since)
    return list(days(where, now))[: -most - 1 : -1]


def active_on(answered: Mapping[date, Iterable[str]], dates: Iterable[date]) -> dict[date, int]:
    """How many people are active on each of some days.

    Args:
        answered: who did on which day, on those before them that make somebody active, too.
        dates: of the days.
    """
    wanted, last, found = frozenset(dates), dict[str, int](), dict[date, int]()
    for day in sorted(answered):
        last |= dict.fromkeys(answered[day], day.toordinal())
        if day in wanted:
            gone = day.toordinal() - ACTIVE_DAYS
            found[day] = sum(map(gone.__lt__, last.values()))
    return found


def group_day(
    day: Day, answered: int, active: int, *, quorum: Quorum, rests: frozenset[date], outages: Sequence[Outage]
) -> GroupDay:
    """What a day came to.

    Args:
        day: which.
        answered: how many people did on it.
        active: how many were.
        quorum: what it took then.
        rests: the group's holidays.
        outages: when Stride was not there, in their order.
    """
    return GroupDay(
        date=day.date,
        answered=answered,
        needed=quorum.needed(active),
        excused=day.date in rests or in_the_way(outages, day),
    )


def quorum_at(said: Sequence[tuple[datetime, Quorum]], moment: datetime) -> Quorum:
    """What a day took that ended at a moment: what organisers chose later changes nothing that was."""
    return next((quorum for at, quorum in reversed(said) if at <= moment), Quorum())


def counted(found: Sequence[GroupDay]) -> tuple[int, bool]:
    """How many days in a row count, from the newest backwards, and whether one among them ended it.

    Args:
        found: the newest first, which is today: it ends nothing while it lasts.
    """
    streak = 0
    for number, day in enumerate(found):
        if day.met:
            streak += 1
        elif number and not day.excused:
            return streak, True
    return streak, False
