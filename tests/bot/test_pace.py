"""Many who are woken at once leave the event loop to others in between."""

from __future__ import annotations

import asyncio
import time

from bot.pace import Pace

SLICE_S = 0.005
MANY = 8


def work() -> None:
    """Takes the whole of a slice."""
    began = time.perf_counter()
    while time.perf_counter() - began < SLICE_S:
        pass


async def runs_of_the_loop(pace: Pace, *, busy: bool) -> list[int]:
    """In which run of the loop each of many goes on."""
    runs, found = 0, list[int]()

    async def one() -> None:
        await pace.turn()
        found.append(runs)
        if busy:
            work()

    tasks = [asyncio.create_task(one()) for _ in range(MANY)]
    while not all(task.done() for task in tasks):
        runs += 1
        await asyncio.sleep(0)
    return found


async def test_whoever_finds_the_slice_used_up_goes_on_in_the_next_run_of_the_loop() -> None:
    found = await runs_of_the_loop(Pace(SLICE_S), busy=True)
    assert len(set(found)) == MANY


async def test_what_takes_no_time_goes_on_together() -> None:
    found = await runs_of_the_loop(Pace(60.0), busy=False)
    assert len(set(found)) == 1
