"""A year of a made-up learner, to see what each rule of teaching does to the work of a day and to what is remembered.

What is assumed: somebody remembers by FSRS's curve, each a little better or worse, some cards harder than others; comes
in the evening, misses one day in ten, and once stays away for weeks; stops when it gets too much. An easier card, once
it is known, takes half of what makes a card hard. Nothing is assumed of what interleaving does to understanding: how
often two of a topic follow each other is counted, and that is all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from cards.calendar import calendar
from cards.grade import Rating
from cards.learner import Learner
from cards.memory import Memory, mixed, retrievability
from cards.model import Card
from cards.shelf import Rules

RULES: dict[str, Rules] = {
    "all rules": Rules(),
    "no cap on new cards": Rules(cap_new=False),
    "no plan after a break": Rules(smooth=False),
    "no load balancing": Rules(teacher=replace(Rules().teacher, balance=False)),
    "no fuzz": Rules(teacher=replace(Rules().teacher, fuzz=False)),
    "siblings on one day": Rules(bury=False),
    "no interleaving": Rules(interleave=False),
    "leeches only repeated": Rules(reteach=False),
}
DAYS = 365
PATIENCE = 120  # answers a day, after which the rest is left for another
MISSED = 0.1
BEGAN = date(2026, 1, 1)
_EVENING = timedelta(hours=18)
_SITTING = timedelta(hours=1)
_FINE = 1 << 20
_DAYS = calendar("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """What came of a year.

    Attributes:
        answers: on each day.
        remembered: the share of all cards met so far that would be known, on the average of the year.
        met: cards met.
        in_a_row: the share of answers that followed one of the same topic.
        siblings: answers on a day on which a card of the same family had come already.
        lapses: how often something learnt was forgotten.
    """

    answers: tuple[int, ...]
    remembered: float
    met: int
    in_a_row: float
    siblings: int
    lapses: int


def year(cards: Sequence[Card], rules: Rules, seed: int, days: int = DAYS) -> Year:
    """The year of the learner with that seed, who is the same whatever the rules are."""
    return _Pupil(cards, rules, seed).lives(days)


class _Pupil:
    """A made-up learner."""

    def __init__(self, cards: Sequence[Card], rules: Rules, seed: int) -> None:
        draw = Random(f"pupil {seed}")  # noqa: S311 - people, not secrets
        self._cards = {card.id: card for card in cards}
        self._learner = Learner(cards, seed=seed, rules=rules)
        self._teacher = rules.teacher
        self._ability = draw.lognormvariate(0, 0.15)
        self._hard = {card.id: self._ability * draw.lognormvariate(0, 0.3) for card in cards}
        away = draw.randrange(90, 240)
        self._away = range(away, away + draw.randrange(14, 35))
        self._here = [draw.random() > MISSED for _ in range(DAYS)]
        self._seed = seed
        self._topic = ""
        self._in_a_row = self._siblings = self._lapses = self._total = 0
        self._asked: dict[str, str] = {}  # of a day: family -> its first card
        self._understood: dict[str, list[str]] = {}  # easier card -> those that it makes easier

    def lives(self, days: int) -> Year:
        """So many days."""
        answers, remembered = [], []
        for number in range(days):
            day = BEGAN + timedelta(days=number)
            here = number not in self._away and self._here[number % DAYS]
            answers.append(self._sits_down(day) if here else 0)
            if number % 30 == 29:
                remembered.append(self._remembers(day))
        return Year(
            answers=tuple(answers),
            remembered=sum(remembered) / max(1, len(remembered)),
            met=len(self._learner.memories),
            in_a_row=self._in_a_row / max(1, self._total),
            siblings=self._siblings,
            lapses=self._lapses,
        )

    def _sits_down(self, day: date) -> int:
        """One evening; how many answers it had."""
        now = datetime.combine(day, datetime.min.time(), UTC) + _EVENING
        latest, count = now + _SITTING, 0
        self._asked = {}
        plan = self._learner.catch_up(now, _DAYS)
        if plan is not None:
            self._learner.take_up(plan, now, _DAYS)
        while count < PATIENCE:
            turns = list(self._learner.order(now, _DAYS))[: PATIENCE - count]
            for card in turns:
                self._answers(card, now, day)
            count += len(turns)
            soon = self._learner.waits_until(now)
            if not turns and (soon is None or soon > latest):
                break
            now = soon if soon is not None and not turns else now
        return count

    def _answers(self, card: str, now: datetime, day: date) -> None:
        memory = self._learner.memory(card)
        rating = self._rating(memory, card, day)
        answered = self._learner.answer(card, rating, now, _DAYS)
        self._lapses += memory is not None and answered.memory.lapses > memory.lapses
        self._notes(self._cards[card])
        if rating is not Rating.AGAIN:
            for other in self._understood.pop(card, ()):
                self._hard[other] = (self._hard[other] + self._ability) / 2
        if answered.easier:
            self._understood.setdefault(answered.easier, []).append(card)

    def _notes(self, card: Card) -> None:
        self._total += 1
        self._in_a_row += card.topic == self._topic
        self._topic = card.topic
        if card.family:
            self._siblings += self._asked.setdefault(card.family, card.id) != card.id

    def _rating(self, memory: Memory | None, card: str, day: date) -> Rating:
        if memory is None:
            known = 0.5 ** self._hard[card]
        elif memory.phase == "review":
            known = self._chance(memory, day)
        else:
            known = 0.9 ** self._hard[card]
        number = mixed(f"{self._seed}.{card}.{0 if memory is None else memory.reviews}")  # whatever came between
        if number % _FINE > known * _FINE:
            return Rating.AGAIN
        sure = number // _FINE % 100
        return Rating.HARD if sure < 10 else Rating.GOOD if sure < 85 else Rating.EASY

    def _chance(self, memory: Memory, day: date) -> float:
        return float(retrievability(memory, day, self._teacher) ** self._hard[memory.card])

    def _remembers(self, day: date) -> float:
        memories = self._learner.memories
        return sum(self._chance(memory, day) for memory in memories) / max(1, len(memories))
