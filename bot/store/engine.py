"""Opens the database that a store stands on: one SQLite file by default, PostgreSQL where a URL is set."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.store import upgrade

if TYPE_CHECKING:
    from pydantic import SecretStr
    from sqlalchemy import Engine

    from bot.store.sqlite import Connections

AT_MOST = 8  # connections to a file; each is kept once it was made, since that takes longer than most looks
_PRAGMAS = ("busy_timeout = 10000", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON")


class OneWriter(AsyncEngine):
    """SQLite's, which lets one write at a time: here they wait in line.

    SQLite itself has each look again after a pause that grows to a tenth of a second, and whoever looks first is next:
    where many cards are sent, somebody's answer waited for the luck of that. Other processes are still met so.
    """

    __slots__ = ("_connections", "_line")

    def __init__(self, sync_engine: Engine, connections: Connections) -> None:
        """Of one process, and one loop."""
        super().__init__(sync_engine)
        self._connections = connections
        self._line = asyncio.Lock()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes; whatever only looks uses `connect`."""
        async with self._line, super().begin() as connection:
            yield connection

    async def dispose(self, close: bool = True) -> None:
        """Closes all connections, and waits for their threads."""
        await super().dispose(close)
        await self._connections.ended()


async def open_engine(where: Path | SecretStr) -> AsyncEngine:
    """The database in a file or at a URL of PostgreSQL's, brought up to date; raises `StoreError`."""
    if isinstance(where, Path):
        await asyncio.to_thread(upgrade.upgrade, where)
        return await asyncio.to_thread(_sqlite, where)  # SQLAlchemy resolves the path, which asks the disk
    return await asyncio.to_thread(_postgres, where)


def looking(engine: AsyncEngine) -> AsyncEngine:
    """The same for single looks, each of its own moment: PostgreSQL is not told of a transaction round each.

    SQLite begins none for looks anyway.
    """
    sqlite = engine.dialect.name == "sqlite"
    return engine if sqlite else engine.execution_options(isolation_level="AUTOCOMMIT")


def shown(where: Path | SecretStr) -> str:
    """The database as it can be shown to people: without a password."""
    if isinstance(where, Path):
        return str(where)
    from bot.store import postgres

    return postgres.shown(where)


def _sqlite(path: Path) -> AsyncEngine:
    from bot.store.sqlite import Connections  # whoever has PostgreSQL does without

    connections = Connections(path)
    opened = create_async_engine(
        f"sqlite+aiosqlite:///{path}", pool_size=AT_MOST, max_overflow=0, async_creator=connections.connect
    )
    engine = OneWriter(opened.sync_engine, connections)

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def _postgres(url: SecretStr) -> AsyncEngine:
    from bot.store import postgres  # which takes a tenth of a second to read in

    postgres.upgrade(url)
    return postgres.engine(url)
