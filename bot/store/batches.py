"""Joins calls that come at once: while one batch is at work the next gathers, so that a rush costs few transactions.

Nobody waits for others to come: whoever comes first is worked off at once, alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

MOST = 64

_Asked = TypeVar("_Asked")
_Told = TypeVar("_Told")


class Batches(Generic[_Asked, _Told]):
    """An awaitable function of one item, made of one of many."""

    def __init__(self, work: Callable[[Sequence[_Asked]], Awaitable[Sequence[_Told]]], most: int = MOST) -> None:
        """`work` tells as many as it was asked, in their order; where it raises, each is asked again by itself."""
        self._work = work
        self._most = most
        self._waiting: deque[tuple[_Asked, asyncio.Future[_Told]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, asked: _Asked) -> _Told:
        """What came of one item, or its own exception; whoever stops waiting stops nobody else."""
        told: asyncio.Future[_Told] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, told))
        if self._task is None:
            self._task = asyncio.create_task(self._work_off(), name="store batches")
        return await told

    async def idle(self) -> None:
        """Returns when nothing is at work any more."""
        if self._task is not None:
            await self._task

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._most))]
                await self._tell([each for each in batch if not each[1].done()])
        finally:
            self._task = None
            for _, told in self._waiting:  # of a loop that ends
                told.cancel()

    async def _tell(self, batch: Sequence[tuple[_Asked, asyncio.Future[_Told]]]) -> None:
        try:
            answers = await self._work([asked for asked, _ in batch]) if batch else ()
        except asyncio.CancelledError:  # the loop ends
            for _, told in batch:
                told.cancel()
            raise
        except Exception as fault:  # noqa: BLE001 - it becomes that of whoever asked
            if len(batch) > 1:
                for each in batch:
                    await self._tell([each])
            elif not batch[0][1].done():
                batch[0][1].set_exception(fault)
        else:
            for (_, told), answer in zip(batch, answers, strict=True):
                if not told.done():
                    told.set_result(answer)
