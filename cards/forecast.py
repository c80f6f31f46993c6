"""What will be remembered in the coming weeks of what is known now: by FSRS's curve, with reviews and without.

Whether a review goes well is drawn by chance, as likely as the card is remembered then; the draw is seeded by the card,
so the same memories on the same day have one future.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import fsum

from cards.grade import Rating
from cards.memory import Memory, Teacher, curve, foreseen, mixed, retrievability

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
    curves = [curve(memory, today, days + 1, teacher) for memory in memories]
    few = memories[:FOLLOWED]
    futures = FOLLOWED // len(few)  # of each card: of few cards one future would be an accident
    followed = [
        _followed(memory, today, days + 1, teacher, f"{memory.card}.{future}")
        for memory in few
        for future in range(futures)
    ]
    # What reviews add is drawn of few cards, and added to what is known of all: so both curves are of the same cards.
    left = _average(curves)
    gained = zip(_average(followed), _average(curves[: len(few)]), strict=True)
    reviewed = (min(1.0, max(0.0, share + a - b)) for share, (a, b) in zip(left, gained, strict=True))
    return Forecast(reviewed=tuple(reviewed), left=tuple(left))


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
