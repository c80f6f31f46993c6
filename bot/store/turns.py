"""How bots on one store share what is due: each row is taken by exactly one of them, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Column, Row, Select, Table
    from sqlalchemy.ext.asyncio import AsyncConnection


async def taken(
    connection: AsyncConnection,
    wanted: Select[Any],
    when: Column[datetime | None],
    platforms: Collection[str],
    at: datetime,
    limit: int,
) -> Sequence[Row[Any]]:
    """What is due, longest first, for as long as the transaction lasts this bot's alone; it begins the transaction.

    PostgreSQL locks the rows that are read, and leaves out what another bot has locked. SQLite, which knows no such
    thing, lets nobody else write until the transaction is over.

    Args:
        connection: on which nothing has been asked yet.
        wanted: of the rows; more that must hold of them.
        when: the column that says when a row is due; its table has an index of the platform and it.
        platforms: on which this bot can say something.
        at: the moment.
        limit: rows at most.
    """
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql("BEGIN IMMEDIATE")
    due = wanted.where(when.table.c.platform.in_(sorted(platforms)), when <= at).order_by(when).limit(limit)
    found: Sequence[Row[Any]] = (await connection.execute(due.with_for_update(skip_locked=True))).all()
    return found


async def soonest(
    connection: AsyncConnection, when: Column[datetime | None], platforms: Iterable[str], *more: Any
) -> datetime | None:
    """When something is due next on some platforms; None where nothing is. Each is one look into an index."""
    table: Table = when.table
    found = []
    for platform in platforms:
        wanted = select(func.min(when).label("moment")).where(table.c.platform == platform, *more)
        found.append((await connection.execute(wanted)).scalar())
    return min((each for each in found if each is not None), default=None)
