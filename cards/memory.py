"""What a learner remembers of one card, and when it is asked again: FSRS, on the learner's own days.

Pure functions over a clock. Steps of minutes stay within the learner's day; all later ones are days and no moments, so
that a change of zone or of the clocks moves nothing. FSRS's fuzz is random, so it is off: the day is chosen here, from
the same range, by how much is due on each day and, where that is the same, by a seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import repeat
from typing import Any, Literal, NamedTuple

import fsrs

from cards.calendar import Calendar
from cards.grade import Rating

Phase = Literal["learning", "review", "relearning"]
LEARNING_STEPS = (timedelta(minutes=1), timedelta(minutes=10))
RELEARNING_STEPS = (timedelta(minutes=10),)
LONGEST_DAYS = 3650
RETENTION = 0.9
_FUZZ_FROM_DAYS = 2.5  # as in FSRS
_FUZZ = ((2.5, 7.0, 0.15), (7.0, 20.0, 0.1), (20.0, float("inf"), 0.05))  # from, to, share of the days between
_NOON = datetime(2000, 1, 1, 12, tzinfo=UTC)  # any
_STATES: Mapping[str, fsrs.State] = {
    "learning": fsrs.State.Learning,
    "review": fsrs.State.Review,
    "relearning": fsrs.State.Relearning,
}
_NAMES: Mapping[fsrs.State, Phase] = {
    fsrs.State.Learning: "learning",
    fsrs.State.Review: "review",
    fsrs.State.Relearning: "relearning",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is known of one card in one head.

    Attributes:
        card: its id.
        phase: `review` is asked by the day, the two others by the minute.
        step: of learning or relearning; None in review.
        stability: days until the chance to remember has fallen to nine in ten.
        difficulty: from 1 to 10.
        due: when it is asked again: a moment in UTC while learning, a day of the learner's in review.
        first: the day on which it was new.
        day: the day of the last answer.
        last: the moment of the last answer, in UTC.
        reviews: how often it was answered.
        lapses: how often it was forgotten after it had been learnt.
        waits_for: an easier card that is to be answered first, after this one was forgotten too often; or empty.
    """

    card: str
    phase: Phase
    step: int | None
    stability: float
    difficulty: float
    due: datetime | date
    first: date
    day: date
    last: datetime
    reviews: int = 1
    lapses: int = 0
    waits_for: str = ""

    def to_data(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "card": self.card,
            "phase": self.phase,
            "step": self.step,
            "stability": self.stability,
            "difficulty": self.difficulty,
            "due": self.due.isoformat(),
            "first": self.first.isoformat(),
            "day": self.day.isoformat(),
            "last": self.last.isoformat(),
            "reviews": self.reviews,
            "lapses": self.lapses,
            "waits_for": self.waits_for,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Memory:
        """What `to_data` gave; raises `KeyError` or `ValueError`."""
        due = str(data["due"])
        return cls(
            card=data["card"],
            phase=data["phase"],
            step=data["step"],
            stability=data["stability"],
            difficulty=data["difficulty"],
            due=date.fromisoformat(due) if data["phase"] == "review" else datetime.fromisoformat(due),
            first=date.fromisoformat(data["first"]),
            day=date.fromisoformat(data["day"]),
            last=datetime.fromisoformat(data["last"]),
            reviews=data["reviews"],
            lapses=data["lapses"],
            waits_for=data["waits_for"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Teacher:
    """How FSRS is set.

    Attributes:
        retention: the chance to remember at which a card is asked again.
        weights: FSRS's 21 parameters, fitted to a learner; none: its defaults.
        fuzz: whether the day may be another than FSRS's own.
        balance: whether the least loaded of these days is taken.
    """

    retention: float = RETENTION
    weights: tuple[float, ...] | None = None
    fuzz: bool = True
    balance: bool = True


def review(
    memory: Memory | None,
    card: str,
    rating: Rating,
    now: datetime,
    *,
    calendar: Calendar,
    load: Mapping[date, int],
    seed: int,
    teacher: Teacher,
) -> Memory:
    """What is remembered after an answer.

    Args:
        memory: before it; None for a new card.
        card: its id.
        rating: of the answer.
        now: a moment that knows its zone.
        calendar: of the learner.
        load: how many cards are due on each day already.
        seed: of the learner; the same answers with the same seed come to the same.
        teacher: how FSRS is set.
    """
    now = now.astimezone(UTC)
    today = calendar.day(now)
    before = None if memory is None else _Known(memory.phase, memory.step, memory.stability, memory.difficulty)
    days = 0 if memory is None else (today - memory.day).days
    known = _learnt(before, days, rating, teacher.retention, teacher.weights)
    reviews = 1 if memory is None else memory.reviews + 1
    due: datetime | date
    if known.phase == "review":
        due = _day_for(today, known.wait.days, load, f"{seed}.{card}.{reviews}", teacher)
    else:
        due = min(now + known.wait, calendar.ends(today))
    forgotten = rating is Rating.AGAIN and memory is not None and memory.phase == "review"
    return Memory(
        card=card,
        phase=known.phase,
        step=known.step,
        stability=known.stability,
        difficulty=known.difficulty,
        due=due,
        first=today if memory is None else memory.first,
        day=today,
        last=now,
        reviews=reviews,
        lapses=(0 if memory is None else memory.lapses) + forgotten,
        waits_for="" if memory is None else memory.waits_for,
    )


def curve(memory: Memory, first: date, days: int, teacher: Teacher) -> list[float]:
    """That chance on each of so many days, where it is not answered any more."""
    return chances(memory, first, range(days), teacher)


def chances(memory: Memory, first: date, ahead: Sequence[int], teacher: Teacher) -> list[float]:
    """The chance that it is remembered so many days after one, for each number of days; see `curve`."""
    factor, decay = _curve(teacher.weights)
    slope, since = factor / memory.stability, (first - memory.day).days
    if since < 0:
        ahead, since = [max(0, since + days) for days in ahead], 0
    return [(1 + (since + days) * slope) ** decay for days in ahead]


def foreseen(memory: Memory, day: date, rating: Rating, teacher: Teacher) -> Memory:
    """What would be remembered after an answer on a day, with all that comes back within minutes known by then.

    It is due on FSRS's own day; how often it was answered stays as it is.
    """
    known = _learnt(
        _Known(memory.phase, memory.step, memory.stability, memory.difficulty),
        max(0, (day - memory.day).days),
        rating,
        teacher.retention,
        teacher.weights,
    )
    while known.phase != "review":
        known = _learnt(known._replace(wait=timedelta(0)), 0, Rating.GOOD, teacher.retention, teacher.weights)
    return replace(
        memory,
        phase="review",
        step=None,
        stability=known.stability,
        difficulty=known.difficulty,
        due=day + timedelta(days=max(1, known.wait.days)),
        day=day,
    )


def retrievability(memory: Memory, day: date, teacher: Teacher) -> float:
    """The chance that it is remembered on a day: FSRS's curve, without its objects, since a backlog asks it often."""
    factor, decay = _curve(teacher.weights)
    return (1 + factor * max(0, (day - memory.day).days) / memory.stability) ** decay  # type: ignore[no-any-return] # typeshed: float ** float is Any


def postponed(memory: Memory, day: date) -> Memory:
    """The same, asked on another day; what FSRS knows of it does not change."""
    return replace(memory, due=day)


@cache
def fuzz_range(days: int) -> tuple[int, int]:
    """The first and the last interval, in days, that may stand for one of so many; FSRS's own ranges."""
    if days < _FUZZ_FROM_DAYS:
        return days, days
    delta = 1.0 + sum(share * max(min(days, end) - start, 0.0) for start, end, share in _FUZZ)
    last = min(round(days + delta), LONGEST_DAYS)
    return min(max(2, round(days - delta)), last), last


def mixed(text: str) -> int:
    """A number that looks random, and is the same for the same text on every machine."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def _day_for(today: date, days: int, load: Mapping[date, int], seed: str, teacher: Teacher) -> date:
    if not teacher.fuzz:
        return today + timedelta(days=days)
    first, last = fuzz_range(days)
    if not teacher.balance:
        return today + timedelta(days=first + mixed(seed) % (last - first + 1))
    start = mixed(seed) % (last - first + 1)  # where several are least loaded, any of them
    number = today.toordinal()
    dues = list(map(date.fromordinal, range(number + first, number + last + 1)))
    dues = [*dues[start:], *dues[:start]]
    loads = list(map(load.get, dues, repeat(0)))
    return dues[loads.index(min(loads))]


@cache
def _scheduler(retention: float, weights: tuple[float, ...] | None) -> fsrs.Scheduler:
    return fsrs.Scheduler(
        parameters=weights or fsrs.scheduler.DEFAULT_PARAMETERS,
        desired_retention=retention,
        learning_steps=LEARNING_STEPS,
        relearning_steps=RELEARNING_STEPS,
        maximum_interval=LONGEST_DAYS,
        enable_fuzzing=False,
    )


@cache
def _curve(weights: tuple[float, ...] | None) -> tuple[float, float]:
    """FSRS's factor and exponent: after as many days as the stability the chance is nine in ten."""
    decay = -(weights or fsrs.scheduler.DEFAULT_PARAMETERS)[20]
    return 0.9 ** (1 / decay) - 1, decay


class _Known(NamedTuple):
    """What FSRS knows of a card, and how long it lets it wait."""

    phase: Phase
    step: int | None
    stability: float
    difficulty: float
    wait: timedelta = timedelta(0)


class _Uncopied(fsrs.Card):
    """A card made for one answer: FSRS copies what it is given, which would cost as much as its formulas."""

    def __copy__(self) -> _Uncopied:
        return self


@lru_cache(maxsize=4096)  # beginnings are alike: one answer in four is known by then
def _learnt(
    before: _Known | None, days: int, rating: Rating, retention: float, weights: tuple[float, ...] | None
) -> _Known:
    """After an answer that came so many days after the one before.

    FSRS counts spans of 24 hours and a learner sleeps between two days, so it is told noons.
    """
    card: fsrs.Card = _Uncopied(card_id=0, due=_NOON)  # with an id, since it waits a millisecond to make one
    if before is not None:
        card.state, card.step = _STATES[before.phase], before.step
        card.stability, card.difficulty = before.stability, before.difficulty
        card.last_review = _NOON - timedelta(days=days)
    card, _ = _scheduler(retention, weights).review_card(card, fsrs.Rating(int(rating)), _NOON)
    if card.stability is None or card.difficulty is None:
        raise ValueError("FSRS gave no stability")  # it always does after a review
    return _Known(_NAMES[card.state], card.step, card.stability, card.difficulty, card.due - _NOON)
