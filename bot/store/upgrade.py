"""Brings a store file up to this version before anything else opens it.

Runs in a thread of its own: SQLite and Alembic block. Two processes that start at once are kept apart by SQLite's
own write lock, taken before the version is read; the second finds nothing left to do.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from bot.errors import StoreError, StoreUnwritable
from bot.store.migrating import create, migrate
from bot.store.schema import HEAD

WAIT_S = 30.0  # for another process that is upgrading the same file


def upgrade(path: Path) -> None:
    """Makes the file and its folder where they are missing, and runs the migrations that it lacks.

    Raises:
        StoreUnwritable: the folder or the file cannot be written.
        StoreTooNew: the file was written by a newer Stride.
        StoreError: the file is no database, or is locked for too long.
    """
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)) as raw:
            _use_wal(raw)
            raw.execute("BEGIN IMMEDIATE")
            raw.execute("PRAGMA user_version = 0")  # says nothing, but is a write: a file opened read-only fails here
            version = _version(raw)
            raw.execute("COMMIT")
        if version is None:
            _create(path)
        elif version != HEAD:
            _migrate(path)


def _use_wal(raw: sqlite3.Connection) -> None:
    """Of several that change a new file's journal at once, SQLite tells some at once that it is locked."""
    until = time.monotonic() + WAIT_S
    while True:
        try:
            raw.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as fault:
            if "locked" not in str(fault) or time.monotonic() > until:
                raise
            raw.execute("BEGIN IMMEDIATE")  # this waits until whoever holds it is done
            raw.execute("COMMIT")
        else:
            return


def _version(raw: sqlite3.Connection) -> str | None:
    if raw.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone() is None:
        return None
    row = raw.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


@contextmanager
def _alone(path: Path) -> Iterator[tuple[Connection, str | None]]:
    """A connection that nobody else writes beside, and the version that it finds; what was done is committed."""
    connect = lambda: sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)  # noqa: E731 - one use, below
    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        held = connection.connection.dbapi_connection
        yield connection, _version(held)  # type: ignore[arg-type]  # the creator above makes sqlite3's own connections
        connection.exec_driver_sql("COMMIT")
    engine.dispose()


def _create(path: Path) -> None:
    with _alone(path) as (connection, version):
        if version is None:  # else another process was quicker
            create(connection)


def _migrate(path: Path) -> None:
    with _alone(path) as (connection, version):
        migrate(connection, version, str(path), "set STRIDE_DATA_DIR to another folder")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise StoreUnwritable(
            f"{path.parent} cannot be written ({fault.strerror}): set STRIDE_DATA_DIR to a folder that can"
        ) from fault
    except sqlite3.OperationalError as fault:
        words = str(fault)
        if "locked" in words:
            raise StoreError(f"{path} is locked by another program") from fault
        raise StoreUnwritable(
            f"{path} cannot be written ({words}): set STRIDE_DATA_DIR to a folder that can"
        ) from fault
    except sqlite3.DatabaseError as fault:
        raise StoreError(
            f"{path} is not a database of Stride's ({fault}): move it away, or set STRIDE_DATA_DIR"
        ) from fault
