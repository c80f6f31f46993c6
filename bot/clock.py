"""What time it is. A clock is an argument, so that tests and `stride tick --at` decide what now means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

FIRST_YEAR, LAST_YEAR = 1970, 2999  # with room for years before and after, which calendars look at


class Clock(Protocol):
    """Tells the time, always with a zone."""

    def now(self) -> datetime:
        """The present moment, in UTC."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one clock that all others stand in for


@dataclass(frozen=True, slots=True)
class StoppedClock:
    """A clock that shows one moment, to try it."""

    at: datetime

    def now(self) -> datetime:
        """That moment."""
        return self.at


SYSTEM_CLOCK = SystemClock()


def moment(text: str) -> datetime:
    """The moment that an ISO 8601 text names, in UTC; raises `ValueError` with a sentence for people."""
    sentence = f"{text[:40]!r} is not a moment with its zone, such as 2026-03-29T01:30Z"
    try:
        at = datetime.fromisoformat(text)
        utc = at.astimezone(UTC)
    except (ValueError, OverflowError) as fault:
        raise ValueError(sentence) from fault
    if at.tzinfo is None:
        raise ValueError(sentence)
    if not FIRST_YEAR <= utc.year <= LAST_YEAR:
        raise ValueError(f"{text[:40]!r} is too far away: moments from {FIRST_YEAR} to {LAST_YEAR} can be tried")
    return utc
