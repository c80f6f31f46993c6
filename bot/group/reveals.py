"""When a group is told the answer to its card of the day, and how the answers were spread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.group.schedule import Schedule
from cards.calendar import zone_info

_DAY = timedelta(days=1)


def revealed_at(schedule: Schedule, moment: datetime) -> datetime:
    """The moment of the reveal: at the same time of the next day where the group is, whether or not a card comes then.

    Args:
        schedule: by which the card came.
        moment: at which it came.
    """
    zone = zone_info(schedule.zone)
    day = moment.astimezone(zone).date() + _DAY
    while (found := datetime.combine(day, schedule.at, zone).astimezone(UTC)) <= moment:  # a date that was left out
        day += _DAY
    return found


@dataclass(frozen=True, slots=True)
class Spread:
    """One answer, how many gave it, whether it is right, and the mistake behind it: `M1` to `M24`, or empty."""

    answer: str
    count: int
    right: bool
    mistake: str = ""


def spread(given: Iterable[tuple[str, bool, str]], choices: Iterable[str], key: str) -> list[Spread]:
    """How answers were spread: of a choice in the order of its choices, else the right one and then the commonest.

    Args:
        given: of each person the answer as it was read, whether it counts as right, and the mistake behind it.
        choices: as they were shown; none where the answer was typed.
        key: the right answer as one would write it.
    """
    counts: dict[str, int] = {}
    right: dict[str, bool] = {}
    mistakes: dict[str, str] = {}
    for answer, correct, mistake in given:
        counts[answer] = counts.get(answer, 0) + 1
        right[answer] = right.get(answer, False) or correct
        mistakes[answer] = mistakes.get(answer) or mistake
    shown = list(choices)
    for each in shown:
        counts.setdefault(each, 0)
        right.setdefault(each, each == key)
    order = sorted(counts, key=lambda each: _order(each, shown, counts, right))
    return [Spread(each, counts[each], right[each], mistakes.get(each, "")) for each in order]


def _order(
    answer: str, choices: list[str], counts: dict[str, int], right: dict[str, bool]
) -> tuple[int, int, int, str]:
    if answer in choices:
        return (0, choices.index(answer), 0, answer)
    return (1, 0 if right[answer] else 1, -counts[answer], answer)


def commonest(given: Iterable[str]) -> tuple[str, int] | None:
    """The mistake that most made, and how many; None where none was recognised. Of equals the first by its number."""
    counts: dict[str, int] = {}
    for mistake in given:
        if mistake:
            counts[mistake] = counts.get(mistake, 0) + 1
    if not counts:
        return None
    most = min(counts, key=lambda each: (-counts[each], len(each), each))
    return most, counts[most]
