"""Two hundred made-up learners for a year: the work of a day and what is remembered, with and without each rule."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from cards.deck import house
from cards.model import Card
from cards.simulation import RULES, Year, year
from tests.bench.measure import Figure

LEARNERS = 200


def some(cards: tuple[Card, ...], rule: str, seeds: range) -> list[Year]:
    """The years of some of them; a process that lives for this alone has nothing to collect."""
    gc.disable()
    return [year(cards, RULES[rule], seed) for seed in seeds]


async def figures() -> list[Figure]:
    """Figures about the learners have no budget: they are there to be compared."""
    cards = (await asyncio.to_thread(house)).cards
    workers = os.cpu_count() or 1
    rows = []
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        await asyncio.gather(*(asyncio.wrap_future(pool.submit(some, (), rule, range(0))) for rule in RULES))
        for rule in RULES:
            began = time.perf_counter()
            parts = [range(worker, LEARNERS, workers) for worker in range(workers)]
            work = [pool.submit(some, cards, rule, part) for part in parts]
            years = [each for part in await asyncio.gather(*map(asyncio.wrap_future, work)) for each in part]
            took = time.perf_counter() - began
            rows += _rows(rule, years)
            rows.append(Figure(name=f"{rule}: {LEARNERS} learners, a year", value=took, unit="s", at_most=60))
    return rows


def _rows(rule: str, years: list[Year]) -> list[Figure]:
    answers = sorted(day for each in years for day in each.answers)
    busiest = sum(max(each.answers) for each in years) / len(years)

    def mean(of: str) -> float:
        return float(sum(getattr(each, of) for each in years) / len(years))

    return [
        Figure(name=f"{rule}: answers a day", value=sum(answers) / len(answers), unit=""),
        Figure(name=f"{rule}: answers on one day in twenty", value=answers[len(answers) * 19 // 20], unit=""),
        Figure(name=f"{rule}: answers on the fullest day", value=busiest, unit=""),
        Figure(name=f"{rule}: remembered", value=100 * mean("remembered"), unit="%"),
        Figure(name=f"{rule}: forgotten in the year", value=mean("lapses"), unit=""),
        Figure(name=f"{rule}: followed one of the same topic", value=100 * mean("in_a_row"), unit="%"),
        Figure(name=f"{rule}: siblings on one day", value=mean("siblings"), unit=""),
    ]
