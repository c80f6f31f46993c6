"""Copies a whole store into a file and back, on either database: what one wrote the other can read.

A backup is of one moment, and is made while everybody goes on. A restore happens altogether or not at all; bots that
run meanwhile are told that everybody has changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import column, delete, func, insert, inspect, literal, select, table, text

from bot.errors import StoreError, StoreTooNew
from bot.store.backup_file import TOGETHER, BackupReader, BackupWriter, Rows
from bot.store.changes import COUNTER, change, changes
from bot.store.migrating import migrate, revisions
from bot.store.schema import HEAD, metadata
from bot.store.tables import counters

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

VERSIONS = "alembic_version"


async def backup(engine: AsyncEngine, path: Path) -> int:
    """Writes all that the store holds at this moment into a file; how many rows.

    Raises:
        StoreUnwritable: the file cannot be written; what was there under its name stays.
    """
    writer = await asyncio.to_thread(BackupWriter, path, HEAD)
    try:
        async with engine.connect() as connection:
            await _hold_still(connection)
            for each in metadata.sorted_tables:
                await _write(connection, each, writer)
        return await asyncio.to_thread(writer.finish)
    except BaseException:
        await asyncio.to_thread(writer.give_up)
        raise


async def restore(engine: AsyncEngine, path: Path, *, force: bool) -> int:
    """Fills the store from a file; how many rows.

    Args:
        engine: of a database that is up to date.
        path: what `backup` wrote, on this database or the other.
        force: what the store holds is given up for it.

    Raises:
        StoreTooNew: a newer Stride wrote the file.
        StoreError: the file is no backup, or is damaged, or the store is not empty; nothing has changed then.
    """
    reader = await asyncio.to_thread(BackupReader, path)
    try:
        if reader.version not in await asyncio.to_thread(revisions):
            raise StoreTooNew(
                f"{path} was written by a newer Stride (its version is {reader.version}, this one knows {HEAD}): "
                "restore it with the newer Stride"
            )
        async with engine.begin() as connection:
            if connection.dialect.name == "sqlite":  # a write of tables would else begin no transaction
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            return await _filled(connection, reader, force=force)
    finally:
        await asyncio.to_thread(reader.close)


async def _hold_still(connection: AsyncConnection) -> None:
    """From here on one moment is seen, whatever others write."""
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql("BEGIN")
    else:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        await connection.execute(text("SET TRANSACTION READ ONLY"))


async def _write(connection: AsyncConnection, each: Table, writer: BackupWriter) -> None:
    names = [found.name for found in each.columns]
    await asyncio.to_thread(writer.table, each.name, names)
    columns: list[Any] = [column(name) for name in names]
    wanted = select(*columns).select_from(table(each.name)).order_by(*map(column, _key(each)))
    found = await connection.stream(wanted, execution_options={"yield_per": TOGETHER})
    async for rows in found.partitions():
        await asyncio.to_thread(writer.rows, rows)


def _key(each: Table) -> list[str]:
    return [found.name for found in each.primary_key.columns]


async def _filled(connection: AsyncConnection, reader: BackupReader, *, force: bool) -> int:
    before = await changes(connection)
    if not force and await _used(connection):
        raise StoreError("there is a store already, which would be lost: restore with --force where it may be")
    old = reader.version != HEAD
    if old:
        await connection.run_sync(_begin_at, reader.version)
    else:
        for each in reversed(metadata.sorted_tables):
            await connection.execute(delete(each))
    count = 0
    while (rows := await asyncio.to_thread(reader.some)) is not None:
        await _add(connection, rows)
        count += len(rows.rows)
    if old:
        await connection.run_sync(migrate, reader.version, "the backup", "use the Stride that wrote it")
    if connection.dialect.name == "postgresql":
        await _count_on(connection)
    # Bots that run meanwhile remember people as they were: to them this is one more change of everybody.
    await connection.execute(
        counters.update().where(counters.c.name == COUNTER).values(value=counters.c.value + before)
    )
    await change(connection)
    return count


async def _used(connection: AsyncConnection) -> bool:
    """Whether anybody was ever here; a store that was only opened has a secret or two, and nobody."""
    kept = [each for name, each in metadata.tables.items() if name in {"people", "learners", "decks", "schedules"}]
    for each in kept:
        if (await connection.execute(select(literal(1)).select_from(each).limit(1))).first() is not None:
            return True
    return False


def _begin_at(connection: Connection, version: str) -> None:
    """Makes the tables as they were in a version."""
    metadata.drop_all(connection)
    connection.execute(text(f"DROP TABLE {VERSIONS}"))
    migrate(connection, None, "the store", "wait", to=version)


async def _add(connection: AsyncConnection, rows: Rows) -> None:
    known = await connection.run_sync(lambda found: {each["name"] for each in inspect(found).get_columns(rows.table)})
    if not known.issuperset(rows.columns):
        raise StoreError(f"the backup is damaged: {rows.table} has other columns. Nothing was restored")
    names: Sequence[str] = rows.columns
    values: list[dict[str, Any]] = [dict(zip(names, row, strict=True)) for row in rows.rows]
    await connection.execute(insert(table(rows.table, *map(column, names))), values)


async def _count_on(connection: AsyncConnection) -> None:
    """Has PostgreSQL give numbers beyond those that came with the rows."""
    for each in metadata.sorted_tables:
        number = each.autoincrement_column
        if number is not None and number.autoincrement is True:
            most = select(func.coalesce(func.max(number), 0) + 1).scalar_subquery()
            sequence = func.pg_get_serial_sequence(each.name, number.name)
            await connection.execute(select(func.setval(sequence, most, False)))
