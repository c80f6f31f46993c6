"""Writes that nobody waits for: collected in memory, and committed together by one task.

Rows gather for a moment and are committed together, so that a busy channel costs few transactions and no answer waits
for a disk. A batch that fails is tried again, then row by row; a row that goes on failing is dropped and counted
in the log, since an answer matters more than its record. While the database is away, all wait until it is back, or
Stride ends; what a connection broke off over may have been committed, so that whatever is tried again must be harmless
where it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from bot.store.outage import is_away

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine
    from sqlalchemy.sql.dml import Insert

TRIES = 3
PAUSE_S = 0.2
AWAY_S = 1.0  # before it is tried again whether a database is back
LINGER_S = 0.2  # how much later than its answer a row may be written
MOST_TOGETHER = 250  # rows of one transaction: few enough that preparing them holds nobody up
PATIENCE_S = 0.5  # that an answer waits for a disk that does not keep up
MOST_WAITING = 20_000  # rows; more than this means that the disk has been failing for a while

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Write:
    """A statement and its place within a batch: what others refer to goes first.

    Attributes:
        again: another one for rows that may have been written already; None: twice does what once does.
    """

    order: int
    statement: Insert
    again: Write | None = None


class Writer:
    """An async context manager that holds the task and drains it on the way out."""

    def __init__(self, engine: AsyncEngine, *, pause_s: float = PAUSE_S, linger_s: float = LINGER_S) -> None:
        """Nothing starts before `async with`."""
        self._engine = engine
        self._pause_s = pause_s
        self._linger_s = linger_s
        self._rows: list[tuple[Write, Callable[[], Row]]] = []
        self._drains: list[tuple[int, asyncio.Future[None]]] = []  # up to which row each waits
        self._added = 0  # rows that were taken into a batch, ever
        self._work = asyncio.Event()
        self._urgent = asyncio.Event()
        self._busy = False
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._log = structlog.get_logger("store")

    async def __aenter__(self) -> Writer:
        """Starts the task."""
        self._task = asyncio.create_task(self._write_all(), name="store writer")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Commits what is left and ends the task."""
        self._closing = True
        self._work.set()
        self._urgent.set()
        if self._task is not None:
            await self._task

    def add(self, write: Write, row: Callable[[], Row]) -> None:
        """One row for a statement; `row` is called when the batch is written, off the path of the answer."""
        if len(self._rows) >= MOST_WAITING:
            self._log.error("store.lost", rows=1)
            return
        self._rows.append((write, row))
        self._work.set()

    async def drain(self) -> None:
        """Returns when everything that was added before has been committed or given up."""
        if self._rows or self._busy:
            drained = asyncio.get_running_loop().create_future()
            self._drains.append((self._added + len(self._rows), drained))
            self._urgent.set()
            await drained

    async def room(self) -> None:
        """Returns at once, unless so much waits to be written that whoever adds more should wait a moment, too."""
        if len(self._rows) >= MOST_WAITING // 2:
            with suppress(TimeoutError):  # a disk that fails for longer must not keep people from their answers
                async with asyncio.timeout(PATIENCE_S):
                    await self.drain()

    async def _write_all(self) -> None:
        while not (self._closing and not self._rows):
            await self._work.wait()
            if len(self._rows) < MOST_TOGETHER:
                await self._gather()
            batch, self._rows = self._rows[:MOST_TOGETHER], self._rows[MOST_TOGETHER:]
            self._added += len(batch)
            self._busy = True
            await self._write(batch)
            self._busy = False
            self._tell_drains()
            if not self._rows and not self._closing:
                self._work.clear()

    async def _gather(self) -> None:
        """Lets more come, for fewer and larger transactions, unless somebody waits for this one."""
        if not self._drains and not self._closing:
            self._urgent.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._linger_s):
                    await self._urgent.wait()

    def _tell_drains(self) -> None:
        waiting = []
        for upto, drained in self._drains:
            if upto > self._added:
                waiting.append((upto, drained))
            elif not drained.done():
                drained.set_result(None)
        self._drains = waiting

    async def _write(self, batch: list[tuple[Write, Callable[[], Row]]]) -> None:
        groups = self._grouped(batch)
        fault = None
        for attempt in range(1, TRIES + 1):
            if (fault := await self._failed(groups.items(), attempt)) is None:
                return
            groups = _again(groups)
            await asyncio.sleep(self._pause_s)
        left, lost = list(groups.items()), 0
        if not _may_pass(fault):
            left = []
            for write, rows in groups.items():
                for row in rows:
                    fault = await self._failed([(write, [row])], TRIES)
                    if _may_pass(fault):
                        left.append((write, [row]))
                    else:
                        lost += fault is not None
        if left and self._closing:  # nobody is there any more when it is back
            lost += sum(len(rows) for _, rows in left) + len(self._rows)
            left = []
            self._added += len(self._rows)
            self._rows.clear()
        if lost:
            self._log.error("store.lost", rows=lost)
        if left:
            await self._put_back(left)

    async def _put_back(self, groups: Iterable[tuple[Write, list[Row]]]) -> None:
        """Has rows wait in front of all others; whoever waits for any goes on, and sees for themselves."""
        self._rows[:0] = [(write, _same(row)) for write, rows in groups for row in rows]
        self._added += len(self._rows)
        self._tell_drains()
        self._added -= len(self._rows)
        self._urgent.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(AWAY_S):
                await self._urgent.wait()

    async def _failed(self, groups: Iterable[tuple[Write, list[Row]]], attempt: int) -> Exception | None:
        """Why rows were not committed; None where they were."""
        try:
            async with self._engine.begin() as connection:
                for write, rows in groups:
                    await connection.execute(write.statement, rows)
        except Exception as fault:  # noqa: BLE001 - whatever a driver raises, the next rows must be written
            self._log.warning("store.write", attempt=attempt, error=type(fault).__name__)
            return fault
        return None

    def _grouped(self, batch: list[tuple[Write, Callable[[], Row]]]) -> dict[Write, list[Row]]:
        groups: dict[Write, list[Row]] = {}
        for write, row in sorted(batch, key=lambda each: each[0].order):
            try:
                values = row()
            except (ValueError, TypeError) as fault:  # a reply that JSON cannot carry must not stop the others
                self._log.error("store.lost", rows=1, error=type(fault).__name__)
            else:
                groups.setdefault(write, []).append(values)
        return groups


def _may_pass(fault: Exception | None) -> bool:
    """Whether what failed so is tried again later, and for as long as it takes."""
    return fault is not None and (isinstance(fault, OSError) or is_away(fault))


def _again(groups: Mapping[Write, list[Row]]) -> dict[Write, list[Row]]:
    """The same for rows that may be there: with those of them that were tried before."""
    found: dict[Write, list[Row]] = {}
    for write, rows in groups.items():
        found.setdefault(write.again or write, []).extend(rows)
    return found


def _same(row: Row) -> Callable[[], Row]:
    return lambda: row
