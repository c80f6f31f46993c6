"""Dates as people write them."""

from __future__ import annotations

import re
from datetime import date, timedelta

from bot.group.schedule import read_weekdays, repeated

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LOOKS = "write it like 2026-12-24, 24 Dec, tomorrow, monday or 2 weeks"
MOST_DAYS = 3660  # nobody means a date that is further away
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\Z", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})\.?\s+([a-z]{3,9})\.?,?(?:\s+(\d{4}))?\Z", re.ASCII)
_MONTH_FIRST = re.compile(r"([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?(?:\s+(\d{4}))?\Z", re.ASCII)
_LATER = re.compile(r"(\d{1,3})\s*(days?|d|weeks?|w)\Z", re.ASCII)


def read_date(words: str, today: date) -> date:
    """A date from its words, on or after `today` where they name no year; raises `ValueError` with a sentence."""
    said = " ".join(words.casefold().split()).removeprefix("until ").removeprefix("for ").removeprefix("in ")
    found = _near(said, today) or _written(said, today)
    if found is None:
        raise ValueError(f"{repeated(said)} is no date; {LOOKS}")
    if abs((found - today).days) > MOST_DAYS:
        raise ValueError(f"{found.isoformat()} is too far away; {LOOKS}")
    return found


def _near(said: str, today: date) -> date | None:
    """What is counted from today."""
    if said in {"today", "tomorrow"}:
        return today + timedelta(days=said == "tomorrow")
    if (later := _LATER.match(said)) is not None:
        return today + timedelta(days=int(later[1]) * (7 if later[2].startswith("w") else 1))
    days = read_weekdays(said.removeprefix("next ")) or frozenset()
    if len(days) != 1:
        return None
    [weekday] = days
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _written(said: str, today: date) -> date | None:
    """What the calendar has; a date that it has not is none."""
    if (iso := _ISO.match(said)) is not None:
        return _date(int(iso[1]), int(iso[2]), int(iso[3]))
    if (named := _DAY_FIRST.match(said)) is not None:
        day, name, year = named[1], named[2], named[3]
    elif (named := _MONTH_FIRST.match(said)) is not None:
        name, day, year = named[1], named[2], named[3]
    else:
        return None
    if name[:3] not in MONTHS:
        return None
    month = MONTHS.index(name[:3]) + 1
    if year:
        return _date(int(year), month, int(day))
    years = (_date(today.year + ahead, month, int(day)) for ahead in range(9))  # 29 Feb may be eight years away
    return next((each for each in years if each is not None and each >= today), None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
