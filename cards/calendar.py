"""A learner's own days: they begin at 04:00 where the learner is, so that an evening's work is all on one day.

Days are dates and moments are in UTC; nothing else of time leaves this file. A clock that is put forward or back makes
a day shorter or longer, and never two of one or none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY_BEGINS = time(4)
_DAY = timedelta(days=1)
_BEFORE = timedelta(hours=DAY_BEGINS.hour)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of somebody who lives in a zone; made by `calendar`."""

    zone: str
    _info: ZoneInfo

    def day(self, moment: datetime) -> date:
        """The learner's day at a moment that knows its zone."""
        return _day(self._info, moment.astimezone(UTC))

    def begins(self, day: date) -> datetime:
        """The moment in UTC at which a day begins."""
        return _begins(self._info, day)

    def ends(self, day: date) -> datetime:
        """The moment in UTC at which a day is over."""
        return self.begins(day + _DAY)


@lru_cache(maxsize=256)
def _day(info: ZoneInfo, moment: datetime) -> date:
    """The moment is in UTC: in other zones two different ones can be equal."""
    found = (moment.astimezone(info).replace(tzinfo=None) - _BEFORE).date()
    while _begins(info, found) > moment:  # the clocks were put back over the border between two days
        found -= _DAY
    while _begins(info, found + _DAY) <= moment:  # a day that this zone left out
        found += _DAY
    return found


@lru_cache(maxsize=4096)
def _begins(info: ZoneInfo, day: date) -> datetime:
    return datetime.combine(day, DAY_BEGINS, info).astimezone(UTC)


@cache
def calendar(zone: str) -> Calendar:
    """The days in a zone such as Europe/Berlin; at first its rules are read from the disk, see `zone_info`."""
    return Calendar(zone, zone_info(zone))


def zone_info(zone: str) -> ZoneInfo:
    """The rules of a zone that somebody chose once; those of UTC where this computer knows it no more."""
    try:
        return named_zone(zone)
    except ValueError:
        return ZoneInfo("UTC")


def named_zone(zone: str) -> ZoneInfo:
    """The rules of a zone; raises `ValueError` with a sentence for people."""
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise ValueError(f"{zone[:60]!r} is no time zone; they look like Europe/Berlin or America/New_York") from fault
