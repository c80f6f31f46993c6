"""How long a learner waits for the next card, and for an answer to be taken in, with ten thousand cards."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from functools import partial

from cards.calendar import calendar
from cards.grade import Rating
from cards.learner import Learner
from cards.memory import Memory
from cards.model import Card
from tests.bench.measure import Figure, milliseconds, timed

CARDS = 10_000
TOPICS = 17
NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
ROUNDS = 300


def learner(*, behind: bool) -> Learner:
    """Somebody who has learnt ten thousand cards; due within a year, or all of them weeks ago."""
    draw = random.Random(1)  # noqa: S311 - figures, not secrets
    today = date(2026, 3, 2)
    cards, memories = [], []
    for number in range(CARDS):
        name = f"card-{number}"
        topic, family = f"t{number % TOPICS}", f"f{number // 3}"
        cards.append(Card(id=name, kind="recall", topic=topic, front="?", answer="!", reason="", family=family))
        learnt = today - timedelta(days=draw.randrange(60, 300))
        ahead = -draw.randrange(1, 40) if behind else draw.randrange(0, 365)
        memories.append(
            Memory(
                card=name,
                phase="review",
                step=None,
                stability=draw.uniform(5, 200),
                difficulty=draw.uniform(2, 9),
                due=today + timedelta(days=ahead),
                first=learnt,
                day=learnt,
                last=datetime.combine(learnt, NOW.timetz()),
                reviews=5,
            )
        )
    return Learner(cards, seed=1, memories=memories)


async def figures() -> list[Figure]:
    """Each with all of a learner's cards at hand, as a bot that has been asked before has them."""
    days = calendar("Europe/Berlin")
    rows = []
    for behind, words in ((False, "due within a year"), (True, "all overdue")):
        who = learner(behind=behind)
        picks = timed(partial(who.next, NOW, days), ROUNDS)
        rows.append(Figure(name=f"next of {CARDS:,} cards, {words}, p99", value=milliseconds(picks, 0.99), unit="ms"))
        p50 = milliseconds(picks)
        rows.append(Figure(name=f"next of {CARDS:,} cards, {words}, p50", value=p50, unit="ms", at_most=1))

        def answer(who: Learner = who) -> None:
            card = who.next(NOW, days)
            if card is None:
                raise AssertionError("nothing is due")
            who.answer(card, Rating.GOOD, NOW, days)

        answers = timed(answer, ROUNDS if behind else 20)
        rows.append(Figure(name=f"next and its answer, {words}, p50", value=milliseconds(answers), unit="ms"))
    late = learner(behind=True)
    plan = timed(lambda: late.catch_up(NOW, days), 3)
    rows.append(Figure(name=f"a plan for {CARDS:,} overdue cards", value=milliseconds(plan), unit="ms"))
    return rows
