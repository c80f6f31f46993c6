"""A person's days when they travel: one after the other without a gap, each long enough to do something on it.

The day that somebody is in ends when it would have ended where it began; a new zone holds from then on. So nobody wins
a day by setting their clock forward, and nobody who answers on every date that they live through loses one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from cards.calendar import calendar

SHORTEST = timedelta(hours=12)  # a rest of a day that is shorter belongs to the day after it
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of a person: from `begins` until just before `ends`, both in UTC.

    Attributes:
        date: what the calendar said in its zone; greater than that of the day before, and nearly always by one.
        zone: where the person was when it began.
    """

    date: date
    begins: datetime
    ends: datetime
    zone: str

    def __contains__(self, moment: datetime) -> bool:
        return self.begins <= moment < self.ends


@dataclass(frozen=True, slots=True)
class Move:
    """From a moment on somebody lives in a zone."""

    at: datetime
    zone: str


def days(moves: Sequence[Move], until: datetime) -> Iterator[Day]:
    """The days from the first move on, up to the one in which `until` lies.

    Args:
        moves: in the order of their moments; the first says where somebody was when they came.
        until: a moment, not before the first move.

    Raises:
        ValueError: there is no move.
    """
    if not moves:
        raise ValueError("nobody is nowhere: the first move is missing")
    here = calendar(moves[0].zone)
    begins, last, moved = here.begins(here.day(moves[0].at)), date.min, True
    until, ahead = until.astimezone(UTC), deque(moves)
    while begins <= until:
        while ahead and ahead[0].at <= begins:
            here, moved = calendar(ahead.popleft().zone), True
        found = last + _DAY  # which it is where nobody moved, but for dates that a zone leaves out
        ends = here.ends(found)
        if moved or ends - begins < SHORTEST:
            found = max(here.day(begins), found)
            if here.ends(found) - begins < SHORTEST:
                found += _DAY
            ends = here.ends(found)
        yield Day(date=found, begins=begins, ends=ends, zone=here.zone)
        begins, last, moved = ends, found, False
