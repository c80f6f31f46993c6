"""How a store comes to be on PostgreSQL, and is refused where it cannot be used: in one line, without a password."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Connection, text

from bot.errors import StoreError, StoreTooNew, StoreUnwritable
from bot.store.engine import open_engine
from bot.store.migrating import migrate
from bot.store.postgres import engine, shown, upgrade
from bot.store.schema import HEAD, metadata
from tests.bot.store.beside import beside
from tests.bot.store.postgres_lab import PostgresLab

COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
    ORDER BY table_name, column_name
"""
INDEXES = """
    SELECT indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY indexdef
"""
REFERENCES = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype IN ('f', 'p') AND conrelid <> 'alembic_version'::regclass ORDER BY conname
"""


@pytest.fixture
async def blank(postgres: PostgresLab) -> AsyncIterator[SecretStr]:
    """A database without tables."""
    name = await postgres.make()
    yield postgres.url(name)
    await postgres.tell(f"DROP DATABASE {name} WITH (FORCE)")


async def migrated(url: SecretStr) -> list[object]:
    """Runs every migration; in what the tables differ from what the code says."""
    made = engine(url)

    def compare(connection: Connection) -> list[object]:
        migrate(connection, None, "the database", "wait")
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with made.begin() as connection:
        differences = await connection.run_sync(compare)
    await made.dispose()
    return differences


async def refused(url: SecretStr, kind: type[StoreError], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        await open_engine(url)
    assert "\n" not in str(caught.value)
    assert "hunter" not in str(caught.value)


async def test_the_migrations_make_what_the_tables_say_and_what_a_new_store_is(
    blank: SecretStr, postgres_database: SecretStr
) -> None:
    assert await migrated(blank) == []
    for asked in (COLUMNS, INDEXES, REFERENCES):
        assert await beside(blank, asked) == await beside(postgres_database, asked)


async def test_text_is_sorted_by_bytes_whatever_the_language_of_the_database(postgres_database: SecretStr) -> None:
    """As SQLite does, and so that what begins with the name of a platform is found by an index."""
    columns = await beside(postgres_database, COLUMNS)
    assert {row[-1] for row in columns if row[2] in {"text", "character varying"}} == {"C"}


async def test_bots_that_start_at_once_all_start(blank: SecretStr) -> None:
    await asyncio.gather(*(asyncio.to_thread(upgrade, blank) for _ in range(4)))
    assert await beside(blank, "SELECT version_num FROM alembic_version") == [(HEAD,)]


async def test_a_store_of_a_newer_stride_is_refused_and_left_alone(blank: SecretStr) -> None:
    await asyncio.to_thread(upgrade, blank)
    await beside(blank, "UPDATE alembic_version SET version_num = '9999'")
    await refused(blank, StoreTooNew, "newer Stride .its version is 9999")
    assert await beside(blank, "SELECT version_num FROM alembic_version") == [("9999",)]


async def test_another_programs_database_is_refused_and_left_alone(blank: SecretStr) -> None:
    await beside(blank, "CREATE TABLE people (shoe_size int)")
    await refused(blank, StoreError, "another program's")
    assert await beside(blank, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == [("people",)]


async def test_a_database_that_is_not_there_is_named(postgres: PostgresLab) -> None:
    await refused(postgres.url("nowhere"), StoreError, "the database nowhere of PostgreSQL .* does not exist")


async def test_a_wrong_password_is_not_shown(postgres: PostgresLab, blank: SecretStr) -> None:
    await postgres.tell("DROP ROLE IF EXISTS careful", "CREATE ROLE careful LOGIN PASSWORD 'right'")
    rules = postgres.folder / "data" / "pg_hba.conf"
    rules.write_text("local all careful scram-sha-256\n" + rules.read_text())
    await postgres.tell("SELECT pg_reload_conf()")
    name = urlsplit(blank.get_secret_value()).path.strip("/")
    for password in ("hunter2", ""):
        url = postgres.url(name, user="careful", password=password)
        await refused(url, StoreError, "does not accept the user or the password in STRIDE_DATABASE_URL")


async def test_a_user_who_may_make_no_tables_is_told_so(postgres: PostgresLab, blank: SecretStr) -> None:
    await postgres.tell("DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN")
    guest = SecretStr(blank.get_secret_value().replace("postgres@", "guest@"))
    await refused(guest, StoreUnwritable, "cannot be written by the user")


async def test_a_server_that_is_only_read_is_refused(blank: SecretStr) -> None:
    name = urlsplit(blank.get_secret_value()).path.strip("/")
    await beside(blank, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    await refused(blank, StoreUnwritable, "can only be read")


async def test_a_server_that_is_away_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        port = taken.getsockname()[1]
        url = SecretStr(f"postgresql://stride:hunter2@127.0.0.1:{port}/stride?sslmode=disable")
        assert shown(url) == f"the database stride of PostgreSQL at 127.0.0.1:{port}"
        await refused(url, StoreError, f"PostgreSQL at 127.0.0.1:{port} cannot be reached")
    await refused(SecretStr(f"postgresql://stride:hunter2@/stride?host={tmp_path}"), StoreError, "cannot be reached")


async def test_connections_that_the_server_has_closed_are_not_used_again(postgres_database: SecretStr) -> None:
    made = await open_engine(postgres_database)
    gone = asyncio.Event()
    async with made.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        driver.add_termination_listener(lambda _: gone.set())
    await beside(postgres_database, f"SELECT pg_terminate_backend({driver.get_server_pid()})")
    async with asyncio.timeout(60):
        await gone.wait()
    async with made.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1
    await made.dispose()
