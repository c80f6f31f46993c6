"""What will be remembered in the coming weeks of what is known now: by FSRS's curve, with reviews and without.

Whether a review goes well is drawn by chance, as likely as the card is remembered then; the draw is seeded by the card,
so the same memories on the same day have one future.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import fsum

from cards.grade import Rating
from cards.memory import Memory, Teacher, chances, curve, foreseen, mixed, retrievability

AHEAD = 56  # days
FOLLOWED = 60  # futures of cards that are drawn
MOST = 1_000  # memories that are reckoned with: of more, so many stand for all
_FINE = 1 << 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Shares from 0 to 1, on average over the cards, on each day from today on.

    Attributes:
        reviewed: where each card is reviewed on the day on which it is due.
        left: where nothing is reviewed any more.
    """

    reviewed: tuple[float, ...]
    left: tuple[float, ...]


def forecast(memories: Sequence[Memory], today: date, teacher: Teacher, days: int = AHEAD) -> Forecast:
    """The coming days, today included; raises `ValueError` where nothing is remembered at all."""
    if not memories:
        raise ValueError("nothing is remembered, so nothing can be forgotten")
    memories = sorted(memories, key=lambda memory: mixed(memory.card))[:MOST]
    few = memories[:FOLLOWED]
    curves = [curve(memory, today, days + 1, teacher) for memory in few]
    futures = FOLLOWED // len(few)  # of each card: of few cards one future would be an accident
    followed = [
        _followed(memory, today, days + 1, teacher, f"{memory.card}.{future}")
        for memory in few
        for future in range(futures)
    ]
    # What reviews add is drawn of few cards, and added to what is known of all: so both curves are of the same cards.
    left = _left(curves, memories[FOLLOWED:], today, days, teacher)
    gained = zip(_average(followed), _average(curves), strict=True)
    reviewed = (min(1.0, max(0.0, share + a - b)) for share, (a, b) in zip(left, gained, strict=True))
    return Forecast(reviewed=tuple(reviewed), left=tuple(left))


def _left(
    curves: Sequence[Sequence[float]], others: Sequence[Memory], today: date, days: int, teacher: Teacher
) -> list[float]:
    """The average of some curves and those of other memories, which are reckoned on some of the days.

    A curve is the straighter the later it is: what is drawn between two of these days is off by less than 0.001.
    """
    if not others:
        return _average(curves)
    knots = _knots(days)
    found = [sum(shares) for shares in zip(*(chances(each, today, knots, teacher) for each in others), strict=True)]
    between = [found[0]]
    for (day, known), (later, then) in pairwise(zip(knots, found, strict=True)):
        between += (known + (then - known) * step / (later - day) for step in range(1, later - day + 1))
    every = zip(*curves, between, strict=True)
    return [fsum(shares) / (len(curves) + len(others)) for shares in every]


def _knots(days: int) -> list[int]:
    """Days from 0 to a last one, the later the further apart."""
    found = [0]
    while found[-1] < days:
        found.append(min(days, found[-1] + max(1, found[-1] // 4)))
    return found


def _followed(memory: Memory, today: date, days: int, teacher: Teacher, seed: str) -> list[float]:
    """The chance that a card is remembered on each day, where it is answered whenever it is due."""
    found: list[float] = []
    while True:
        here = today + timedelta(days=len(found))
        until = min(days - len(found), max(0, (_due(memory) - here).days))
        found += curve(memory, here, until, teacher)
        if len(found) == days:
            return found
        day = here + timedelta(days=until)
        knows = mixed(f"{seed}.{day}") % _FINE < retrievability(memory, day, teacher) * _FINE
        memory = foreseen(memory, day, Rating.GOOD if knows else Rating.AGAIN, teacher)


def _average(curves: Sequence[Sequence[float]]) -> list[float]:
    return [fsum(shares) / len(curves) for shares in zip(*curves, strict=True)]


def _due(memory: Memory) -> date:
    """The day; what is due by the minute is due on the day of its last answer."""
    return memory.day if isinstance(memory.due, datetime) else memory.due
