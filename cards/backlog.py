"""A plan for what has piled up: so many cards a day for so many days, and how much of it will still be remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cards.memory import Memory, Teacher, retrievability

PILE = 1.5  # times the budget: fewer are done in a day
LONGEST_DAYS = 60
LEAST_SHARE = 4  # of the budget: each day at least this part of it is for the backlog, whatever else is due


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a backlog is worked off.

    Attributes:
        cards: that have piled up.
        a_day: of them on one day, at most.
        days: that it takes.
        retention: the share that is predicted to be remembered, each card on its day of the plan.
        at_once: the same if all of them were asked today.
        days_of: each card's day.
    """

    cards: int
    a_day: int
    days: int
    retention: float
    at_once: float
    days_of: Mapping[str, date]

    def __str__(self) -> str:
        day = "day" if self.days == 1 else "days"
        return f"{self.a_day} a day for {self.days} {day}: about {self.retention:.0%} will still be there"


def plan(
    waiting: Sequence[Memory], load: Mapping[date, int], today: date, *, budget: int, teacher: Teacher
) -> Plan | None:
    """A plan for the cards that are due today or were before; None where they can be done in a day.

    What is likeliest to be remembered comes first: a day's wait costs it most, and what is lost is lost already.
    """
    if len(waiting) <= PILE * budget:
        return None
    chances = {memory.card: retrievability(memory, today, teacher) for memory in waiting}
    days = _days(len(waiting), load, today, budget)
    a_day = -(-len(waiting) // days)
    ordered = sorted(waiting, key=lambda memory: (-chances[memory.card], memory.card))
    days_of = {memory.card: today + timedelta(days=place // a_day) for place, memory in enumerate(ordered)}
    kept = [retrievability(memory, days_of[memory.card], teacher) for memory in ordered]
    return Plan(
        cards=len(waiting),
        a_day=a_day,
        days=-(-len(waiting) // a_day),
        retention=sum(kept) / len(kept),
        at_once=sum(chances.values()) / len(chances),
        days_of=days_of,
    )


def _days(cards: int, load: Mapping[date, int], today: date, budget: int) -> int:
    """In how many days so many cards find room beside what is due then."""
    least = max(1, budget // LEAST_SHARE)
    room = 0
    for days in range(1, LONGEST_DAYS):
        due = 0 if days == 1 else load.get(today + timedelta(days=days - 1), 0)
        room += max(least, budget - due)
        if room >= cards:
            return days
    return LONGEST_DAYS
