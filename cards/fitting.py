"""Weights of FSRS for one learner: their log as a sandbox takes it, and what came of it.

Nothing here computes them: `sandbox.jobs.fit_memory` does, in a jail with more time than others have.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cards.calendar import calendar
from cards.learner import Entry
from sandbox.client import Sandbox
from sandbox.protocol import Job, JobKind, Limits, Status

MOST = 20_000  # reviews, the newest: FSRS's optimiser takes some 2 ms for each, five times over
TIME_S = 600.0


class FitError(Exception):
    """Weights could not be asked for, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What came of a log.

    Attributes:
        weights: that foresee better what was held out; None where none do, or the log is too short.
        reviews: that count: on a later day than the one before of the same card.
        held_out: of these, the last ones, by which the weights were judged.
        before: the log loss over these with the weights in use.
        after: the same with the weights that were found.
        why: there are no weights; or empty.
    """

    weights: tuple[float, ...] | None
    reviews: int
    held_out: int
    before: float | None
    after: float | None
    why: str


def reviews(entries: Iterable[Entry]) -> list[list[int]]:
    """The answers in a log as `[card, day, rating]`, a card by its number, the days being the learner's own.

    Cards that came with a memory from elsewhere are left out: nobody knows what was answered there.
    """
    numbers: dict[str, int] = {}
    brought: set[str] = set()
    found = []
    for entry in entries:
        brought.update(memory.card for memory in entry.memories)
        if entry.rating is not None and entry.card not in brought:
            number = numbers.setdefault(entry.card, len(numbers))
            found.append([number, calendar(entry.zone).day(entry.at).toordinal(), int(entry.rating)])
    return found


async def fit(sandbox: Sandbox, log: list[list[int]], in_use: tuple[float, ...] | None) -> Fit:
    """Asks for weights that are better than those in use; raises `FitError` where nobody could look for them."""
    payload = {"reviews": log[-MOST:], "weights": None if in_use is None else list(in_use)}
    limits = Limits(wall_s=TIME_S, cpu_s=TIME_S)
    result = await sandbox.run(Job(id="fit", kind=JobKind.FIT, payload=payload, limits=limits))
    if result.status is not Status.OK or result.value is None:
        raise FitError(result.error or f"the worker says {result.status.value}")
    value = result.value
    weights = value["weights"]
    return Fit(**value | {"weights": None if weights is None else tuple(weights)})
