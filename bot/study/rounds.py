"""Looks for what is due at the right moment: cheaply while nothing is, and without one thing waiting for another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from bot.logs import frames

if TYPE_CHECKING:
    from bot.app import Core
    from bot.study.making import Did, FallsDue

LONGEST_S = 10.0  # between two looks: what another bot was told is known here that soon
SHORTEST_S = 0.5  # where something is due that another bot is at work on
AFTER_A_FAULT_S = 5.0
MOST_PASSES = 50  # of one look at all that is due at a moment, since what is done may make something else due


class Rounds:
    """What goes on while Stride is there; `Study` has one."""

    def __init__(self, core: Core) -> None:
        """Nothing starts before `run`."""
        self._core = core
        self._woken: list[asyncio.Event] = []
        self._log = structlog.get_logger("rounds")

    def wake(self) -> None:
        """Something may be due sooner than was known."""
        for each in self._woken:
            each.set()

    async def run(self) -> None:
        """Does what is due when it is due, for as long as it is not cancelled."""
        async with asyncio.TaskGroup() as group:
            for each in self._core.study.falls_due:
                group.create_task(self._look_after(each))

    async def once(self, at: datetime) -> list[Did]:
        """All that is due at a moment, and what becomes due by that."""
        done: list[Did] = []
        for _ in range(MOST_PASSES):
            found = [did for each in self._core.study.falls_due for did in await each.do_due(self._platforms(), at)]
            if not found:
                break
            done += found
        return done

    async def _look_after(self, what: FallsDue) -> None:
        woken = asyncio.Event()
        self._woken.append(woken)
        try:
            while True:
                woken.clear()
                pause_s = await self._look(what)
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause_s):
                        await woken.wait()
        finally:
            self._woken.remove(woken)

    async def _look(self, what: FallsDue) -> float:
        """One look; how long to the next."""
        try:
            platforms, now = self._platforms(), self._core.clock.now()
            following = await what.next_due(platforms)
            if following is not None and following <= now:
                await what.do_due(platforms, now)
                following = await what.next_due(platforms)
        except Exception as fault:  # noqa: BLE001 - whatever a driver raises, the next look may find the store again
            self._log.error("round.failed", traceback=frames(fault, ""))
            return AFTER_A_FAULT_S
        if following is None:
            return LONGEST_S
        return min(LONGEST_S, max(SHORTEST_S, (following - self._core.clock.now()).total_seconds()))

    def _platforms(self) -> Sequence[str]:
        return sorted(self._core.posters)
