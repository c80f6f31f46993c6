"""SQLite's driver fetches a statement's rows along with it, and nobody who reads them can tell."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.store.engine import open_engine
from bot.store.sqlite import FIRST

ALL = text("SELECT id FROM events ORDER BY at")
ADD = text("INSERT INTO events (id, at) VALUES (:id, :at)")


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    opened = await open_engine(tmp_path / "stride.sqlite3")
    yield opened
    await opened.dispose()


async def filled(engine: AsyncEngine, count: int) -> list[str]:
    names = [f"e{number}" for number in range(count)]
    async with engine.begin() as connection:
        if names:
            await connection.execute(ADD, [{"id": name, "at": at} for at, name in enumerate(names)])
    return names


@pytest.mark.parametrize("count", [0, 1, FIRST - 1, FIRST, FIRST + 1, 2 * FIRST + 7])
async def test_every_row_comes_once_in_its_order_however_many_there_are(engine: AsyncEngine, count: int) -> None:
    names = await filled(engine, count)
    async with engine.connect() as connection:
        assert list((await connection.execute(ALL)).scalars()) == names
        streamed = await connection.stream(ALL, execution_options={"yield_per": 7})
        assert [name async for name in streamed.scalars()] == names
        assert (await connection.execute(ALL)).scalars().first() == next(iter(names), None)
        streamed = await connection.stream(ALL)
        assert [row[0] for row in [await streamed.fetchone() for _ in names] if row] == names
        assert await streamed.fetchone() is None


async def test_a_look_takes_one_visit_to_the_connections_thread(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(engine, 3)
    visits: list[Any] = []
    async with engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        execute = driver._execute

        async def counted(function: Any, *args: Any, **named: Any) -> Any:
            visits.append(function)
            return await execute(function, *args, **named)

        monkeypatch.setattr(driver, "_execute", counted)
        assert len((await connection.execute(ALL)).all()) == 3
    assert len(visits) == 1, "there was nothing to take back"


async def test_what_somebody_stopped_waiting_for_is_taken_back(engine: AsyncEngine) -> None:
    """Also where it has not begun yet when it is to be taken back."""
    held = threading.Event()
    async with engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        busy = asyncio.create_task(driver._execute(held.wait))
        given_up = asyncio.create_task(driver.execute("INSERT INTO events (id, at) VALUES ('e', 1)"))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        back = asyncio.create_task(driver.rollback())
        await asyncio.sleep(0)
        held.set()
        await asyncio.gather(busy, back)
        assert list((await connection.execute(ALL)).scalars()) == []
        assert not driver.in_transaction


async def test_what_was_written_is_undone_where_its_connection_is_given_back_without_a_commit(
    engine: AsyncEngine,
) -> None:
    async with engine.connect() as connection:
        await connection.execute(ADD, {"id": "e0", "at": 5})
    async with engine.connect() as connection:
        assert not (await connection.execute(ALL)).all()


async def test_a_stream_that_is_left_halfway_keeps_nobody_from_writing(engine: AsyncEngine) -> None:
    await filled(engine, 3 * FIRST)
    async with engine.connect() as connection:
        async for _ in await connection.stream(ALL):
            break
    async with engine.begin() as connection:
        gone = await connection.execute(text("DELETE FROM events WHERE at < 10 RETURNING id"))
        assert len(gone.all()) == 10
        changed = await connection.execute(text("UPDATE events SET at = at + 1"))
        assert changed.rowcount == 3 * FIRST - 10


async def test_after_a_statement_that_is_refused_the_connection_goes_on(engine: AsyncEngine) -> None:
    await filled(engine, 1)
    async with engine.connect() as connection:
        with pytest.raises(IntegrityError):
            await connection.execute(ADD, {"id": "e0", "at": 5})
        await connection.rollback()
        assert list((await connection.execute(ALL)).scalars()) == ["e0"]


async def test_a_connection_that_nobody_waits_for_any_more_has_ended_with_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its thread would tell a loop that is gone."""
    began, held, connect = threading.Event(), threading.Event(), sqlite3.connect
    threads: list[threading.Thread] = []

    def slowly(*given: Any, **named: Any) -> Any:
        threads.append(threading.current_thread())
        began.set()
        held.wait()
        return connect(*given, **named)

    engine = await open_engine(tmp_path / "stride.sqlite3")
    monkeypatch.setattr(sqlite3, "connect", slowly)
    look = asyncio.create_task(filled(engine, 1))
    await asyncio.to_thread(began.wait)
    look.cancel()
    await asyncio.wait({look})
    ending = asyncio.create_task(engine.dispose())
    await asyncio.sleep(0)
    held.set()
    await ending
    assert [each.is_alive() for each in threads] == [False]
