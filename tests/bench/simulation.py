"""Made-up learners for a year: the work of a day and what is remembered, with and without each rule of teaching."""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING

from cards.deck import house
from cards.simulation import DAYS, RULES, Year, year
from tests.bench.measure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.model import Card

LEARNERS = 200
SETTLED = 300  # day from which everything has been met, also by those who were away
EVENINGS = 21  # after the weeks away


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a rule comes to, over all learners.

    Attributes:
        a_day: answers, every day of the year counted.
        busy: answers that one day in twenty has or more.
        fullest: answers on a learner's fullest day.
        swing: by which share an evening's answers differ from another's, once everything has been met.
        remembered: share of what was met.
        forgotten: times in the year that something learnt was forgotten.
        in_a_row: share of the answers that followed one of the same topic.
        siblings: answers on a day on which the same family had been asked already.
        back: answers on each of the first evenings after the weeks away.
    """

    a_day: float
    busy: float
    fullest: float
    swing: float
    remembered: float
    forgotten: float
    in_a_row: float
    siblings: float
    back: tuple[float, ...]


def summary(years: Sequence[Year]) -> Summary:
    """All learners of a rule in one."""
    answers = sorted(day for each in years for day in each.answers)
    backs = [_back(each.answers) for each in years]
    return Summary(
        a_day=statistics.mean(answers),
        busy=answers[len(answers) * 19 // 20],
        fullest=statistics.mean(max(each.answers) for each in years),
        swing=statistics.mean(_swing(each.answers[SETTLED:]) for each in years),
        remembered=statistics.mean(each.remembered for each in years),
        forgotten=statistics.mean(each.lapses for each in years),
        in_a_row=statistics.mean(each.in_a_row for each in years),
        siblings=statistics.mean(each.siblings for each in years),
        back=tuple(
            statistics.mean(each.answers[back + day] for each, back in _pairs(years, backs)) for day in _EVENINGS
        ),
    )


_EVENINGS = range(EVENINGS)


def _pairs(years: Sequence[Year], backs: Sequence[int]) -> list[tuple[Year, int]]:
    return [(each, back) for each, back in zip(years, backs, strict=True) if back + EVENINGS < DAYS]


def _swing(answers: Sequence[int]) -> float:
    there = [day for day in answers if day]
    return statistics.pstdev(there) / statistics.mean(there)


def _back(answers: Sequence[int]) -> int:
    """The day after the longest time without answers."""
    longest, back, away = 0, 0, 0
    for day, count in enumerate(answers):
        away = 0 if count else away + 1
        if away > longest:
            longest, back = away, day + 1
    return back


@contextmanager
def processes() -> Iterator[Executor]:
    """As many as the machine has processors, none of them needing torch."""
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=get_context("spawn")) as pool:
        yield pool


def some(cards: tuple[Card, ...], rule: str, seeds: range) -> tuple[list[Year], float]:
    """The years of some learners, and the processor time that they took; there is nothing to collect meanwhile."""
    gc.disable()
    began = time.process_time()
    return [year(cards, RULES[rule], seed) for seed in seeds], time.process_time() - began


async def lived(pool: Executor, cards: tuple[Card, ...], rule: str, learners: int) -> tuple[list[Year], float]:
    """The years of all of them, side by side, and the processor time."""
    workers = os.cpu_count() or 1
    work = [pool.submit(some, cards, rule, range(worker, learners, workers)) for worker in range(workers)]
    parts = await asyncio.gather(*map(asyncio.wrap_future, work))
    return [each for part, _ in parts for each in part], sum(took for _, took in parts)


async def figures() -> list[Figure]:
    """Figures about the learners have no budget: they are there to be compared."""
    cards = (await asyncio.to_thread(house)).cards
    rows = []
    with processes() as pool:
        await lived(pool, (), "all rules", 0)  # starts them
        for rule in RULES:
            began = time.perf_counter()
            years, processor = await lived(pool, cards, rule, LEARNERS)
            took = time.perf_counter() - began
            rows += _rows(rule, summary(years))
            rows.append(Figure(name=f"{rule}: {LEARNERS} learners, a year", value=took, unit="s", at_most=60))
            rows.append(Figure(name=f"{rule}: processor time of that", value=processor, unit="s"))
    return rows


def _rows(rule: str, found: Summary) -> list[Figure]:
    return [
        Figure(name=f"{rule}: {name}", value=value, unit=unit)
        for name, value, unit in (
            ("answers a day", found.a_day, ""),
            ("answers on one day in twenty", found.busy, ""),
            ("answers on the fullest day", found.fullest, ""),
            ("an evening differs from others by", 100 * found.swing, "%"),
            ("answers on the first evening after weeks away", found.back[0], ""),
            ("remembered", 100 * found.remembered, "%"),
            ("forgotten in the year", found.forgotten, ""),
            ("followed one of the same topic", 100 * found.in_a_row, "%"),
            ("siblings on one day", found.siblings, ""),
        )
    ]
