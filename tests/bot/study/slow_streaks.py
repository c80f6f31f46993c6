"""Streaks worked out slowly and in another way than Stride does, from the rules as people are told them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

QUARTER, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)


@dataclass
class Life:
    """What somebody did and what happened to them; zones are said with the moment from which they hold."""

    answers: list[datetime] = field(default_factory=list)
    zones: list[tuple[datetime, str]] = field(default_factory=list)
    holidays: set[date] = field(default_factory=set)
    outages: list[tuple[datetime, datetime]] = field(default_factory=list)


@dataclass
class Lived:
    """A day, and when it would have begun had they been where it ends all the time."""

    label: date
    opened: datetime
    begins: datetime
    ends: datetime


def lived(life: Life, until: datetime) -> list[Lived]:
    """Somebody's days. Each ends when the clock where it began shows 04:00, half a day after it began or later.

    The quarters of an hour are gone through one by one; the first day is found by going back from the first moment.
    """
    first = life.zones[0][0]
    begins = first.replace(minute=0, second=0, microsecond=0)
    while not _four(begins, life.zones[0][1]):
        begins -= QUARTER
    found: list[Lived] = []
    while begins <= until:
        zone = [name for at, name in life.zones if at <= begins][-1:] or [life.zones[0][1]]
        ends = _nearly_four(begins + DAY / 2, zone[0])
        while not _four(ends, zone[0]) or (found and _label(ends, zone[0]) <= found[-1].label):
            ends = _nearly_four(ends + QUARTER, zone[0])
        label = _label(ends, zone[0])
        opened = datetime.combine(label, time(4), ZoneInfo(zone[0])).astimezone(UTC)
        found.append(Lived(label, opened, begins, ends))
        begins = ends
    return found


def count(life: Life, until: datetime) -> tuple[int, int, int]:
    """The streak at a moment, the longest there was, and the freezes that are left."""
    tally = Tally(life, until)
    for day in lived(life, until):
        if day.ends > life.answers[0]:
            tally.day(day)
    return tally.streak, tally.longest, tally.freezes


class Tally:
    """Goes from day to day."""

    def __init__(self, life: Life, until: datetime) -> None:
        self.life, self.until = life, until
        self.streak = self.longest = self.freezes = self.towards = self.lost = 0
        self.broke = until
        self.by_date: defaultdict[date, list[datetime]] = defaultdict(list)
        for at in life.answers:
            if at <= until:
                self.by_date[at.date()].append(at)

    def day(self, day: Lived) -> None:
        begins, ends = day.begins, day.ends
        if self.lost and begins < self.open_until():
            self.catch_up(begins, ends)
        if self.between(begins, ends):
            self.answered()
        elif ends <= self.until and not self.excused(day):
            self.missed(ends)
        self.longest = max(self.longest, self.streak)

    def catch_up(self, begins: datetime, ends: datetime) -> None:
        since = self.between(self.broke, min(ends, self.open_until()))
        if len(since) >= 10 and since[9] >= begins:
            self.streak, self.lost = self.streak + self.lost, 0

    def open_until(self) -> datetime:
        """Two days in which somebody was there."""
        left, at = 2 * DAY, self.broke
        for gone, back in self.life.outages:
            if back > at and gone < at + left:
                left -= max(gone, at) - at
                at = back
        return at + left

    def excused(self, day: Lived) -> bool:
        """The group rests, nobody was there, or they answered on that date already before they moved."""
        rests, away = day.label in self.life.holidays, _away(self.life.outages, day.begins, day.ends)
        return rests or away or (day.opened < day.begins and bool(self.between(day.opened, day.begins)))

    def answered(self) -> None:
        self.streak += 1
        self.towards = 0 if self.freezes == 2 else self.towards + 1
        if self.towards == 7:
            self.freezes, self.towards = self.freezes + 1, 0

    def missed(self, ends: datetime) -> None:
        if self.streak and self.freezes:
            self.freezes -= 1
        elif self.streak:
            self.lost, self.broke, self.streak, self.towards = self.streak, ends, 0, 0

    def between(self, begins: datetime, ends: datetime) -> list[datetime]:
        day, found = begins.date(), []
        while day <= ends.date():
            found += [at for at in self.by_date.get(day, ()) if begins <= at < ends]
            day += DAY
        return sorted(found)


def _four(at: datetime, zone: str) -> bool:
    local = at.astimezone(ZoneInfo(zone))
    return (local.hour, local.minute) == (4, 0)


def _nearly_four(at: datetime, zone: str) -> datetime:
    """More than two hours before the clock shows 04:00, or the moment itself: clocks jump by two hours at most."""
    local = at.astimezone(ZoneInfo(zone))
    minutes = (4 * 60 - local.hour * 60 - local.minute) % (24 * 60)
    return at + max(timedelta(), timedelta(minutes=minutes) - 2 * HOUR - QUARTER)


def _label(ends: datetime, zone: str) -> date:
    return ends.astimezone(ZoneInfo(zone)).date() - DAY


def _away(outages: list[tuple[datetime, datetime]], begins: datetime, ends: datetime) -> bool:
    """Ten minutes of the day or more, or anything of its last hour."""
    shared = [(max(left, begins), min(back, ends)) for left, back in outages if max(left, begins) < min(back, ends)]
    much = sum((back - left for left, back in shared), timedelta())
    return much >= timedelta(minutes=10) or any(back > ends - HOUR for _, back in shared)
