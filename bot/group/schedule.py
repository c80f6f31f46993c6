"""When something is due that comes again and again at a group's own time of day.

Local time stays local when the clocks change: a time that a day leaves out comes as much later as the clocks jumped,
one that it has twice comes the first time; a date that a zone left out has nothing. What was missed while nobody was
there comes once if it is less than three hours late, and else not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cards.calendar import named_zone

LATEST = timedelta(hours=3)  # how late something may still come
LOOKED_AHEAD = 400  # days
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = frozenset(range(7))
_NAMED: dict[str, frozenset[int]] = {
    "daily": EVERY_DAY,
    "everyday": EVERY_DAY,
    "weekdays": frozenset(range(5)),
    "workdays": frozenset(range(5)),
    "weekends": frozenset({5, 6}),
}
_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm)?\Z", re.ASCII | re.IGNORECASE)
_DAY = timedelta(days=1)
_REPEATED = 40  # characters of somebody's words in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A time of day, on some days of the week, in a zone.

    Attributes:
        at: the time of day.
        zone: such as Europe/Berlin.
        weekdays: from 0 for Monday.
        paused_until: nothing comes before this date.
        skipped: dates that are left out.
    """

    at: time
    zone: str
    weekdays: frozenset[int] = EVERY_DAY
    paused_until: date | None = None
    skipped: frozenset[date] = frozenset()

    def on(self, day: date) -> datetime | None:
        """The moment in UTC at which it comes on a date; None on a date without it."""
        if day.weekday() not in self.weekdays or day in self.skipped or day < (self.paused_until or date.min):
            return None
        zone = named_zone(self.zone)
        moment = datetime.combine(day, self.at, zone).astimezone(UTC)
        return moment if moment.astimezone(zone).date() == day or _is_there(day, zone) else None

    def date_of(self, moment: datetime) -> date:
        """The date for which it comes at a moment: the one before, where the clocks jumped over midnight."""
        day = moment.astimezone(named_zone(self.zone)).date()
        return day if self.on(day) == moment or self.on(day - _DAY) != moment else day - _DAY

    def coming(self, moment: datetime, most: int) -> list[datetime]:
        """The moments after one, so many at most; none where this computer does not know the zone any more."""
        try:
            return list(islice(self.after(moment), most))
        except ValueError:
            return []

    def after(self, moment: datetime) -> Iterator[datetime]:
        """The moments at which it comes after this one, in their order; over after a year and a month without any."""
        moment = moment.astimezone(UTC)
        day = moment.astimezone(named_zone(self.zone)).date() - _DAY
        empty = 0
        while empty < LOOKED_AHEAD:
            found = self.on(day)
            day += _DAY
            if found is not None and found > moment:
                moment, empty = found, 0
                yield found
            else:
                empty += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What there is to do now.

    Attributes:
        moment: the time that it is for; None where nothing comes now.
        missed: how many times were left out since the last one, because nobody was there in time.
        following: when to look again; None where nothing comes any more.
    """

    moment: datetime | None
    missed: int
    following: datetime | None


def due(schedule: Schedule, last: datetime, now: datetime) -> Due:
    """What is to be done at a moment, of all that has come since the last time that was done or left out.

    Of several times that were missed only the newest comes, where it is not too late.

    Args:
        schedule: when it comes.
        last: up to when everything has been done or left out.
        now: the moment.
    """
    passed, following = 0, None
    newest: datetime | None = None
    for moment in schedule.after(last):
        if moment > now:
            following = moment
            break
        passed, newest = passed + 1, moment
    comes = newest if newest is not None and now - newest < LATEST else None
    return Due(moment=comes, missed=passed - (comes is not None), following=following)


def read_time(words: str) -> time:
    """`09:00`, `9`, `9.30`, `9h30`, `9am`, `12 pm`; raises `ValueError` with a sentence for people."""
    match = _TIME.match(words.strip())
    hour, minute = (int(match[1]), int(match[2] or 0)) if match else (99, 0)
    if match and match[3]:
        hour = hour % 12 + 12 * (match[3].lower() == "pm") if 0 < hour <= 12 else 99
    if hour > 23 or minute > 59:
        raise ValueError(f"{repeated(words)} is no time of day; write it like 09:00 or 9pm")
    return time(hour, minute)


def read_weekdays(words: str) -> frozenset[int] | None:
    """`weekdays`, `daily`, `mon,wed`, `mon-fri`, `monday`; None where it is something else."""
    words = words.strip().casefold()
    if words in _NAMED:
        return _NAMED[words]
    found: set[int] = set()
    for part in words.split(","):
        first, dash, last = part.strip().partition("-")
        begins, ends = _weekday(first), _weekday(last if dash else first)
        if begins is None or ends is None:
            return None
        found |= {(begins + each) % 7 for each in range((ends - begins) % 7 + 1)}
    return frozenset(found)


def weekdays_in_words(weekdays: frozenset[int]) -> str:
    """Such as `every day`, `weekdays` or `mon, wed`."""
    if weekdays == EVERY_DAY:
        return "every day"
    if weekdays in (_NAMED["weekdays"], _NAMED["weekends"]):
        return "weekdays" if 0 in weekdays else "weekends"
    return ", ".join(DAYS[each] for each in sorted(weekdays))


def _is_there(day: date, zone: ZoneInfo) -> bool:
    """Whether a zone has a date at all: one that the date line moved over left one out."""
    begins, ends = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + _DAY))
    return begins < ends


def weekdays_spoken(weekdays: frozenset[int]) -> str:
    """Such as `every day`, `on weekdays` or `on Mondays and Thursdays`."""
    if weekdays == EVERY_DAY:
        return "every day"
    if weekdays == _NAMED["weekdays"]:
        return "on weekdays"
    *most, last = (f"{_LONG[each].title()}s" for each in sorted(weekdays))
    return f"on {', '.join(most)} and {last}" if most else f"on {last}"


def repeated(words: str) -> str:
    """Somebody's words to repeat in a sentence: marked, short, and without a mark of their own."""
    calm = " ".join(words.replace("`", "'").split())
    return f"`{calm[:_REPEATED]}`"


def _weekday(word: str) -> int | None:
    word = word.strip().removesuffix(".").removesuffix("s") if len(word) > 5 else word.strip()
    if len(word) < 2:
        return None
    return next((number for number, name in enumerate(_LONG) if name.startswith(word)), None)
