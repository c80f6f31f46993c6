"""SQLite's driver as the store uses it: a statement and its rows take one visit to their connection's thread.

The driver alone goes there four times for each: for a cursor, the statement, its rows, and to close it. Where people
wait for a handful of small looks, these ways cost more than all that SQLite does.
"""

from __future__ import annotations

import asyncio
import sqlite3
from functools import partial
from typing import TYPE_CHECKING, Any

import aiosqlite
from aiosqlite.context import contextmanager

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FIRST = 500  # rows that come with their statement; of more, the others are fetched as they are asked for
_CHUNK = 64  # rows, as the driver has it


class Connections:
    """All those to one file, each with a thread of its own."""

    def __init__(self, path: Path) -> None:
        """None is made yet."""
        self._path = path
        self._made: list[_Connection] = []

    async def connect(self) -> aiosqlite.Connection:
        """One more."""
        self._made = [each for each in self._made if not each.over()]
        self._made.append(_Connection(self._path))
        return await self._made[-1]

    async def ended(self) -> None:
        """Returns when those that were closed have ended: one that nobody waits for would tell a loop that is gone."""
        for each in self._made:
            await each.ended()


class _Connection(aiosqlite.Connection):
    def __init__(self, path: Path) -> None:
        # Only its own thread asks SQLite for anything: cursors are made, and closed after their last row, elsewhere.
        super().__init__(lambda: sqlite3.connect(path, check_same_thread=False), _CHUNK)
        self._thread.daemon = True  # as SQLAlchemy has it where it makes one: no crash waits for it
        self._visits = 0  # that nobody has come back from; who was cancelled never does

    async def _execute(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        self._visits += 1
        try:
            found = await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call] # the driver's own
        except Exception:
            self._visits -= 1
            raise
        self._visits -= 1
        return found

    async def rollback(self) -> None:
        """Takes back what is not committed; after a look, which begins nothing, there is nothing to go there for."""
        if self._visits or self._conn.in_transaction:
            await super().rollback()

    def over(self) -> bool:
        """Whether it was closed, and its thread has ended."""
        return not self._running and not self._thread.is_alive()

    async def ended(self) -> None:
        """Returns when its thread has ended, if it was closed; whoever was cancelled has not waited for that."""
        if not self._running:
            await asyncio.to_thread(self._thread.join)

    @contextmanager
    async def cursor(self) -> aiosqlite.Cursor:
        return _Cursor(self, self._conn.cursor())


class _Cursor(aiosqlite.Cursor):
    """A statement, with its first rows."""

    _rows: list[Any]
    _over: bool

    def __init__(self, connection: aiosqlite.Connection, cursor: sqlite3.Cursor) -> None:
        super().__init__(connection, cursor)
        self._rows, self._over = [], False

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> aiosqlite.Cursor:
        """Runs a statement."""
        run = partial(_run, self._cursor, sql, () if parameters is None else parameters)
        self._rows, self._over = await self._execute(run)  # type: ignore[no-untyped-call] # the driver's own way
        return self

    async def fetchone(self) -> Any:
        """The next row; None after the last."""
        return next(iter(await self.fetchmany(1)), None)

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next rows, fewer only where there are no more."""
        size = self.arraysize if size is None else size
        found, self._rows = self._rows[:size], self._rows[size:]
        if len(found) < size and not self._over:
            found += await super().fetchmany(size - len(found))
        return found

    async def fetchall(self) -> list[Any]:
        """All that are left."""
        found, self._rows = self._rows, []
        return found if self._over else [*found, *await super().fetchall()]

    async def close(self) -> None:
        """Fetches no more."""
        if self._over:  # SQLite has done with it
            self._cursor.close()
        else:
            await super().close()


def _run(cursor: sqlite3.Cursor, sql: str, parameters: Any) -> tuple[list[Any], bool]:
    """The first rows, and whether these are all."""
    rows = cursor.execute(sql, parameters).fetchmany(FIRST)
    return rows, len(rows) < FIRST
