"""Where somebody's days were, and on which of them their groups rested: as it follows from what was said.

A person's own word counts first. Until they say one, they have the zone of the first of their communities that has one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.group.days import Move

HOME_ZONE = "UTC"
_MORNING = timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongs:
    """Somebody belongs to a community.

    Attributes:
        since: when they came.
        zones: of the community, from when on; an empty one takes it back.
        rests: dates on which it rests.
    """

    since: datetime
    zones: Sequence[Move] = ()
    rests: frozenset[date] = frozenset()


def moves(said: Sequence[Move], belongs: Sequence[Belongs], since: datetime) -> list[Move]:
    """Where somebody's days were, from a moment on.

    Args:
        said: by themselves, in the order of the moments; an empty zone takes it back.
        belongs: to communities, in the order in which they came there.
        since: the first moment that matters.
    """
    moments = {each.at for each in said}
    for each in belongs:
        moments |= {each.since, *(move.at for move in each.zones)}
    found = [Move(since, zone_at(said, belongs, since))]
    for at in sorted(moment for moment in moments if moment > since):
        zone = zone_at(said, belongs, at)
        if zone != found[-1].zone:
            found.append(Move(at, zone))
    return found


def zone_at(said: Sequence[Move], belongs: Sequence[Belongs], moment: datetime) -> str:
    """Whose days somebody has at a moment."""
    shared = (_last(each.zones, moment) for each in belongs if each.since <= moment)
    return _last(said, moment) or next(filter(None, shared), HOME_ZONE)


def rests(belongs: Iterable[Belongs]) -> frozenset[date]:
    """The dates on which one of somebody's groups rests; those before they came are not theirs."""
    return frozenset(day for each in belongs for day in each.rests if day >= (each.since - _MORNING).date())


def resting(said: Iterable[tuple[bool, Iterable[date]]]) -> frozenset[date]:
    """The holidays that are left of what was said: each time whether some dates are ones, the last word counting."""
    found: dict[date, bool] = {}
    for holiday, dates in said:
        found |= dict.fromkeys(dates, holiday)
    return frozenset(day for day, holiday in found.items() if holiday)


def _last(zones: Sequence[Move], moment: datetime) -> str:
    return next((move.zone for move in reversed(zones) if move.at <= moment), "")
