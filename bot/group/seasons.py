"""Weekly seasons: points that whoever comes new can win, and what somebody gained on their own last weeks.

A day gives ten points at most, so that a season is won by coming back, not by the hour; nothing is for speed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cards.calendar import Calendar

FOR_A_DAY = 3  # points for answering at all
A_DAY = 10  # points at most
WEEK = 7
WEEKS_BEFORE = 4  # that somebody is compared with
SCORING = (
    f"A day gives {FOR_A_DAY} points for answering at all and 1 for each right answer, {A_DAY} at most; "
    "speed gives none. A new season begins every Monday."
)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """A week of a group: from Monday on at 04:00 in its zone.

    Attributes:
        monday: its first day.
        days: when each of its days begins, and the last one ends: eight moments in UTC.
    """

    monday: date
    days: tuple[datetime, ...]

    @property
    def begins(self) -> datetime:
        """Its first moment, in UTC."""
        return self.days[0]

    @property
    def ends(self) -> datetime:
        """The moment in UTC at which it is over."""
        return self.days[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Somebody's place; who has as much shares it.

    Attributes:
        place: from 1.
        person: who.
        value: points, or points gained.
    """

    place: int
    person: str
    value: float


def season(calendar: Calendar, moment: datetime, *, back: int = 0) -> Season:
    """The season in which a moment lies, or one that many before it."""
    day = calendar.day(moment)
    monday = day - day.weekday() * _DAY - back * WEEK * _DAY
    return Season(monday=monday, days=tuple(calendar.begins(monday + number * _DAY) for number in range(WEEK + 1)))


def spans(found: Season, calendar: Calendar, moment: datetime, *, back: int) -> list[tuple[datetime, datetime]]:
    """The days of an earlier season, up to and with the same time of its week as a moment has in its own.

    Args:
        found: the season in which the moment lies.
        calendar: of the group.
        moment: up to when the season has gone.
        back: how many seasons earlier; 0 for itself.
    """
    today = min((calendar.day(moment) - found.monday).days, WEEK - 1)
    gone = moment - found.days[today] + timedelta.resolution
    before = season(calendar, found.begins, back=back)
    whole = [(before.days[number], before.days[number + 1]) for number in range(today)]
    begins, ends = before.days[today], before.days[today + 1]
    return [*whole, (begins, min(begins + gone, ends))]


def points(tried: int, right: int) -> int:
    """What a day gives."""
    return min(A_DAY, FOR_A_DAY * (tried > 0) + right)


def gained(now: int, before: Sequence[int]) -> float | None:
    """How many points somebody has more than they usually had by this time of the week; None for who is new.

    Args:
        now: this season's.
        before: those of the seasons before it in which they belonged to the group, as far as this one has gone.
    """
    return None if not before else now - sum(before) / len(before)


def placed(values: Iterable[tuple[str, float]]) -> list[Placed]:
    """People in the order of their values, the highest first; equal ones share a place, and the next is left out."""
    ordered = sorted(values, key=lambda each: (-each[1], each[0]))
    found: list[Placed] = []
    for number, (person, value) in enumerate(ordered, start=1):
        same = bool(found) and found[-1].value == value
        found.append(Placed(place=found[-1].place if same else number, person=person, value=value))
    return found
