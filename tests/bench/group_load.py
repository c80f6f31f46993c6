"""Fills a database with a large study group's life, quickly: the databases make the rows themselves.

What was loaded stays for the next run, in `STRIDE_BENCH_DIR` or the system's folder for what is temporary.
"""

# ruff: noqa: S608 - statements of our own tables and numbers

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from pydantic import SecretStr

from bot.store import postgres, upgrade
from bot.store.tables import EPOCH, MICROSECOND
from tests.bot.store.postgres_lab import PostgresLab, postgres_in

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DUE = 1_000  # channels
_YEAR = 365 * 24 * 3600 * 1_000_000
_NOW = (AT - EPOCH) // MICROSECOND
DURABLE = {"listen_addresses": "", "shared_buffers": "512MB", "max_wal_size": "4GB", "log_min_messages": "log"}


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is."""

    channels: int
    members: int
    events: int

    @property
    def community(self) -> int:
        """Members of each community: ten channels share one."""
        return max(1, self.members * 10 // self.channels)


FULL = Size(channels=100_000, members=1_000_000, events=10_000_000)
SMALL = Size(channels=10_000, members=100_000, events=1_000_000)


def _statements(size: Size) -> dict[str, tuple[int, str]]:
    """For each table, how many rows, and what they are made of; `i` counts them from 0."""
    person, step = f"'bench:' || (i % {size.members})", _YEAR // size.events
    community = f"'c' || ((i % {size.members}) / {size.community})"
    at = f"{_NOW - _YEAR} + i * {step}"
    card = "'deck/' || (i % 500)"
    memory = (
        '\'{"card": "deck/\' || (i % 500) || \'", "phase": "review", "due": "2026-03-09", "stability": 10.0, '
        '"difficulty": 5.0, "last": "2026-03-01T09:00:00+00:00", "first": "2026-02-01", "day": "2026-03-01", '
        '"step": null, "reviews": 3, "lapses": 0, "waits_for": ""}\''
    )
    return {
        "communities": (size.channels // 10, f"'bench', 'c' || i, 'UTC', '{{}}', {_NOW - _YEAR}"),
        "channels": (size.channels, f"'bench', 'c' || (i / 10), 'ch' || i, 0, {_NOW - _YEAR}"),
        "people": (size.members, f"{person}, 'P' || i, 'member', {_NOW - _YEAR}, {_NOW}"),
        "members": (size.members, f"'bench', {community}, {person}, {_NOW - _YEAR}, 0"),
        "learners": (size.members, f"{person}, '', i, NULL, 0, {_NOW - _YEAR}"),
        "memories": (size.members, f"{person}, {card}, {_NOW}, {memory}"),
        "answers": (
            size.events,
            (
                f"i + 1, {person}, {at}, 'UTC', 'answer', 'bench', {community}, 'q' || (i / {size.members}), NULL, "
                f"{card}, {card}, CASE WHEN i % 3 = 0 THEN 0 ELSE 1 END, 3, NULL, "
                "CASE WHEN i % 9 = 0 THEN 'M1' ELSE '' END, '97', 1, '{}', '{}'"
            ),
        ),
        "schedules": (
            size.channels,
            (
                f"'s' || i, 'daily', 'bench', 'c' || (i / 10), 'ch' || i, '', '09:00', 'UTC', 127, '{{}}', NULL, "
                f"'[]', {_NOW - 86_400_000_000}, {_NOW + 86_400_000_000}, 'bench:0', 0"
            ),
        ),
    }


BUSY = "busy"  # a community whose people do a lot
BUSY_PEOPLE = 200
BUSY_ANSWERS = 10 * 365 * BUSY_PEOPLE  # ten a day each for a year


def _busy() -> dict[str, tuple[int, str]]:
    """The same of the busy community; its answers are beside the events that were asked for."""
    person, place = f"'bench:busy' || (i % {BUSY_PEOPLE})", f"'bench', '{BUSY}'"
    at = f"{_NOW - _YEAR} + i * {_YEAR // BUSY_ANSWERS}"
    return {
        "communities": (1, f"{place}, 'UTC', '{{}}', {_NOW - _YEAR}"),
        "people": (BUSY_PEOPLE, f"{person}, 'B' || i, 'member', {_NOW - _YEAR}, {_NOW}"),
        "members": (BUSY_PEOPLE, f"{place}, {person}, {_NOW - _YEAR}, 0"),
        "learners": (BUSY_PEOPLE, f"{person}, '', i, NULL, 0, {_NOW - _YEAR}"),
        "answers": (
            BUSY_ANSWERS,
            (
                f"i - {BUSY_ANSWERS}, {person}, {at}, 'UTC', 'answer', {place}, 'b' || i, NULL, 'deck/1', 'deck/1', "
                "CASE WHEN i % 3 = 0 THEN 0 ELSE 1 END, 3, NULL, '', '97', 1, '{}', '{}'"
            ),
        ),
    }


def _tallied(which: str) -> str:
    """What answers come to, a row a person and day; everybody here has the days of UTC."""
    four, day = 4 * 3_600_000_000, 24 * 3_600_000_000
    began = f"(at - {four}) / {day} * {day} + {four}"
    return (
        "INSERT INTO tallies (platform, community, day, person, tried, correct) SELECT platform, community, "
        f"{began}, person, count(*), sum(correct) FROM answers WHERE {which} GROUP BY 1, 2, 3, 4"
    )


COLUMNS = {
    "communities": "platform, community, zone, settings, since",
    "channels": "platform, community, channel, private, first_seen",
    "people": "id, name, role, first_seen, last_seen",
    "members": "platform, community, person, since, hidden",
    "learners": "person, zone, seed, weights, version, since",
    "memories": "person, card, due, data",
    "answers": (
        "id, person, at, zone, kind, platform, community, posed, about, card, source, correct, rating, confidence, "
        "mistake, said, tried, effect, marked"
    ),
    "schedules": (
        "id, kind, platform, community, channel, person, at, zone, weekdays, options, paused_until, skipped, last, "
        'due, "by", version'
    ),
}
RESET = f"UPDATE schedules SET due = {_NOW}, last = {_NOW - 86_400_000_000} WHERE id IN "
FIRST = ", ".join(f"'s{number}'" for number in range(1 + DUE))  # one more, for the first claim of a bot


def folder_for(size: Size) -> Path:
    """Where what was loaded stays."""
    root = Path(os.environ.get("STRIDE_BENCH_DIR") or tempfile.gettempdir())
    return root / f"stride-bench-group-{size.events}"


@contextmanager
def sqlite_loaded(size: Size) -> Iterator[tuple[Path, float]]:
    """The file, and how many seconds loading it took; 0 where it was there."""
    folder = folder_for(size)
    folder.mkdir(parents=True, exist_ok=True)
    path, whole = folder / "loaded.sqlite3", folder / "sqlite.done"
    began = time.perf_counter()
    fresh = not whole.exists()
    if fresh:
        path.unlink(missing_ok=True)
    upgrade.upgrade(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        if fresh:
            _load_sqlite(raw, size)
            whole.touch()
        if not raw.execute(f"SELECT 1 FROM communities WHERE community = '{BUSY}'").fetchone():
            _load_busy_sqlite(raw)
    took = time.perf_counter() - began if fresh else 0.0
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("DELETE FROM postings")  # of the run before
        raw.execute(f"{RESET} ({FIRST})")
    yield path, took


def _load_sqlite(raw: sqlite3.Connection, size: Size) -> None:
    raw.execute("PRAGMA synchronous = OFF")
    raw.execute("PRAGMA cache_size = -400000")
    wanted = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?"
    for table, (count, values) in _statements(size).items():
        indexes = raw.execute(wanted, (table,)).fetchall()
        raw.execute("BEGIN")
        for name, _ in indexes:
            raw.execute(f"DROP INDEX {name}")
        raw.execute(_numbered(table, count, values))
        for _, made in indexes:
            raw.execute(made)
        raw.execute("COMMIT")
    raw.execute(_tallied("TRUE"))
    raw.execute("ANALYZE")


def _load_busy_sqlite(raw: sqlite3.Connection) -> None:
    raw.execute("PRAGMA cache_size = -400000")
    raw.execute("BEGIN")
    for table, (count, values) in _busy().items():
        raw.execute(_numbered(table, count, values))
    raw.execute(_tallied(f"platform = 'bench' AND community = '{BUSY}'"))
    raw.execute("COMMIT")


def _numbered(table: str, count: int, values: str) -> str:
    numbers = f"WITH RECURSIVE n(i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})"
    return f"{numbers} INSERT INTO {table} ({COLUMNS[table]}) SELECT {values} FROM n"


@contextmanager
def postgres_running(size: Size) -> Iterator[PostgresLab]:
    """A server with durable commits, whose data stay."""
    folder = folder_for(size) / "postgres"
    if folder.exists() and not (folder / "loaded").exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    folder.parent.chmod(0o755)
    with postgres_in(folder, DURABLE) as lab:
        yield lab


@asynccontextmanager
async def postgres_loaded(lab: PostgresLab, size: Size) -> AsyncIterator[tuple[SecretStr, float]]:
    """The URL, and how many seconds loading took; 0 where it was there."""
    url, whole = lab.url("stride"), lab.folder / "loaded"
    await asyncio.to_thread(postgres.upgrade, url)
    connection = await asyncpg.connect(url.get_secret_value())
    began = time.perf_counter()
    fresh = not whole.exists()
    if fresh:
        await connection.execute("SET synchronous_commit = off")
        await connection.execute("SET maintenance_work_mem = '400MB'")
        for table, (count, values) in _statements(size).items():
            await _load_postgres(connection, table, count, values)
        await connection.execute(_tallied("TRUE"))
        await connection.execute("SELECT setval('answers_id_seq', (SELECT max(id) FROM answers))")
        await connection.execute("VACUUM ANALYZE")
        whole.touch()
    if not await connection.fetchval(f"SELECT 1 FROM communities WHERE community = '{BUSY}'"):
        async with connection.transaction():
            for table, (count, values) in _busy().items():
                await connection.execute(_numbered(table, count, values))
            await connection.execute(_tallied(f"platform = 'bench' AND community = '{BUSY}'"))
    took = time.perf_counter() - began if fresh else 0.0
    await connection.execute("DELETE FROM postings")  # of the run before
    await connection.execute(f"{RESET} ({FIRST})")
    await connection.close()
    yield url, took


async def _load_postgres(connection: asyncpg.Connection[asyncpg.Record], table: str, count: int, values: str) -> None:
    wanted = """SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made
        FROM pg_index WHERE indrelid = $1::text::regclass AND NOT indisprimary"""
    indexes = await connection.fetch(wanted, table)
    async with connection.transaction():
        for each in indexes:
            await connection.execute(f"DROP INDEX {each['name']}")
        numbers = f"generate_series(0::bigint, {count - 1}) AS n(i)"
        await connection.execute(f"INSERT INTO {table} ({COLUMNS[table]}) SELECT {values} FROM {numbers}")
        for each in indexes:
            await connection.execute(each["made"])
