"""What every database goes through when it is made or brought up to date, on a connection that holds it alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import bot.store.dialect  # noqa: F401 - says how columns of text are made
from bot.errors import StoreError, StoreTooNew
from bot.store.schema import HEAD, metadata

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

_VERSIONS = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"  # as Alembic keeps it


def create(connection: Connection) -> None:
    """Makes the tables of a new store at once: reading Alembic in would be a sixth of the first start."""
    metadata.create_all(connection, checkfirst=False)
    connection.exec_driver_sql(_VERSIONS)
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


def revisions() -> frozenset[str]:
    """Every version that this Stride knows."""
    from alembic.script import ScriptDirectory

    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def migrate(connection: Connection, version: str | None, what: str, way_out: str, *, to: str = "head") -> None:
    """Runs the migrations that a store lacks.

    Args:
        connection: in a transaction; the caller commits, so that all of them happen or none.
        version: of the store; None for one without tables.
        what: the store, for errors.
        way_out: what somebody may do who does not want the newer Stride that wrote this store.
        to: the version that it has afterwards.

    Raises:
        StoreTooNew: a newer Stride wrote it.
        StoreError: a migration did not go through.
    """
    from alembic import command
    from alembic.util.exc import CommandError

    if version is not None and version not in revisions():
        raise StoreTooNew(
            f"{what} was written by a newer Stride (its version is {version}, this one knows {HEAD}): "
            f"install the newer Stride, or {way_out}"
        )
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, to)
    except (CommandError, DBAPIError) as fault:
        why = fault.orig if isinstance(fault, DBAPIError) else fault
        raise StoreError(f"{what} could not be brought up to date ({why}); nothing was changed: {way_out}") from fault


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return config
