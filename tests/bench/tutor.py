"""How long people wait for questions and for what became of their answers, through the whole core."""

from __future__ import annotations

import itertools

from tests.bench.measure import Figure, milliseconds, timed_async
from tests.bench.shape import ask, warm_core

SESSIONS = 15
A_SESSION = 20
REVIEWS = 60


async def figures() -> list[Figure]:
    """One learner, as fast as they can; each answer is on the disk before it comes back."""
    numbers = itertools.count()
    async with warm_core() as core:
        await ask(core, next(numbers), "/practice conv 3")  # the decks are read with the first
        asked: list[str] = []

        async def practise(number: int) -> None:
            reply = await ask(core, number, f"/practice everything {A_SESSION}")
            asked.extend(question["id"] for question in reply.data["questions"])

        sessions = await timed_async(practise, numbers, SESSIONS)
        waiting = iter(asked)
        answers = await timed_async(lambda number: ask(core, number, f"/answer {next(waiting)} ?"), numbers, len(asked))
        again = await timed_async(lambda number: ask(core, number, f"/answer {asked[0]} ?"), numbers, REVIEWS)
        reviews = await timed_async(lambda number: ask(core, number, "/review"), numbers, REVIEWS)
    return [
        Figure(name=f"{A_SESSION} questions, each confirmed by torch, p50", value=milliseconds(sessions), unit="ms"),
        Figure(name="one of them, p50", value=milliseconds(sessions) / A_SESSION, unit="ms", at_most=20),
        Figure(name="an answer through the core, on the disk, p50", value=milliseconds(answers), unit="ms", at_most=20),
        Figure(name="an answer through the core, p99", value=milliseconds(answers, 0.99), unit="ms"),
        Figure(name="an answer that was given before, p50", value=milliseconds(again), unit="ms"),
        Figure(name="`/review`, the same card again, p50", value=milliseconds(reviews), unit="ms"),
    ]
