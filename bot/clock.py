"""What time it is. A clock is an argument, so that tests and `stride tick --at` decide what now means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

NEAR = timedelta(milliseconds=500)  # that clocks may differ by without anybody noticing
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


class SharedClock:
    """A machine's own clock, put right by one that several bots share.

    Bots whose clocks differed would take each other's turns, and close a question that others still count down.

    Attributes:
        own: the machine's, which may be wrong.
        ahead: by how much it goes before the shared one; a bit more or less than `NEAR` is left as it is.
    """

    def __init__(self, own: Clock = SYSTEM_CLOCK) -> None:
        """Nothing is known of the shared one yet."""
        self.own = own
        self.ahead = timedelta()

    def now(self) -> datetime:
        """The present moment by the shared clock, in UTC."""
        return self.own.now() - self.ahead

    def put_right(self, asked: datetime, shared: datetime, told: datetime) -> bool:
        """Goes by what the shared clock showed; whether that changed anything.

        Args:
            asked: by the machine's own clock, when the shared one was asked.
            shared: what it showed.
            told: by the machine's own clock, when that came back.
        """
        unsure = (told - asked) / 2
        ahead = asked + unsure - shared
        if abs(ahead - self.ahead) <= abs(unsure) + NEAR:
            return False
        self.ahead = ahead
        return True


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
