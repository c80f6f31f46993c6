"""Lets everybody have the event loop in between, where many things are worked on at once.

A page that is asked for takes several runs of the loop. Where a hundred cards are woken in one of them, each has to be
short: what is left goes on in the next.
"""

from __future__ import annotations

import asyncio
import time

SLICE_S = 0.004  # of one run of the loop


class Pace:
    """Of those who wait for `turn`, as many go on in one run of the loop as fit into a slice of time."""

    def __init__(self, slice_s: float = SLICE_S) -> None:
        """One for those who do the same work."""
        self._slice_s = slice_s
        self._began: float | None = None  # in this run of the loop

    async def turn(self) -> None:
        """Returns in a run of the loop that has time left; at once, where this one has."""
        while self._began is not None and time.perf_counter() - self._began >= self._slice_s:  # noqa: ASYNC110 - for the loop itself, which sets no event
            await asyncio.sleep(0)
        if self._began is None:
            self._began = time.perf_counter()
            asyncio.get_running_loop().call_soon(self._over)  # before whoever is sent on to the next run

    def _over(self) -> None:
        self._began = None
