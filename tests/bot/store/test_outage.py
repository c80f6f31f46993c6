"""A database that is away for a while: people are told, what they said is written later, and nothing counts twice."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy.exc
from structlog.testing import capture_logs

from bot.reply import plain
from bot.store.outage import is_away
from bot.store.store import open_store
from bot.store.writer import MOST_TOGETHER, TRIES
from tests.bot.commands.running import AT_EASE
from tests.bot.conversation import START, conversation
from tests.bot.store.postgres_lab import PostgresLab, postgres_in, postgres_lab
from tests.bot.tutor.tutor_lab import Pupil, number

LASTING = {"listen_addresses": "", "shared_buffers": "32MB", "autovacuum": "off", "log_min_messages": "log"}
PATIENCE_S = 100


def test_what_is_away_may_go_well_later_and_a_wrong_statement_never_does() -> None:
    with closing(sqlite3.connect(":memory:")) as raw:
        raw.execute("CREATE TABLE one (id INTEGER PRIMARY KEY)")
        raw.execute("PRAGMA max_page_count = 2")
        with pytest.raises(sqlite3.OperationalError) as full:
            raw.execute("CREATE TABLE other (id INTEGER)")
        with pytest.raises(sqlite3.OperationalError) as wrong:
            raw.execute("SELECT nothing FROM nowhere")
        raw.execute("INSERT INTO one VALUES (1)")
        with pytest.raises(sqlite3.IntegrityError) as twice:
            raw.execute("INSERT INTO one VALUES (1)")
    wrapped = [
        sqlalchemy.exc.OperationalError("", {}, full.value),
        sqlalchemy.exc.OperationalError("", {}, wrong.value),
        sqlalchemy.exc.IntegrityError("", {}, twice.value),
    ]
    assert [is_away(fault) for fault in wrapped] == [True, False, False]
    assert is_away(sqlalchemy.exc.TimeoutError("no connection is free"))
    assert not is_away(FileNotFoundError("of something else"))


async def test_while_a_file_cannot_be_written_all_waits_and_nothing_is_lost(tmp_path: Path) -> None:
    async with open_store(tmp_path / "stride.sqlite3") as store:
        await store.drain()
        async with store._engine.connect() as held:  # where the disk is full, as far as this connection sees
            await held.exec_driver_sql("PRAGMA max_page_count = 1")
        with capture_logs() as lines:
            for each in range(400):
                store.keep_question(f"q{each}", "text" * 500, START)
            await store.drain()
            assert "store.write" in {line["event"] for line in lines}
            async with store._engine.connect() as held:
                await held.exec_driver_sql("PRAGMA max_page_count = 1000000")
            async with asyncio.timeout(PATIENCE_S):
                while store._writer._rows or store._writer._busy:
                    await store.drain()
        assert "store.lost" not in {line["event"] for line in lines}
        store._questions.clear()
        assert await store.question("q0") == await store.question("q399") == "text" * 500


async def test_who_ends_while_the_database_is_away_waits_for_it_no_longer(tmp_path: Path) -> None:
    """Whatever waits is given up after a few tries, and how much it was is in the log."""
    with capture_logs() as lines:
        async with open_store(tmp_path / "stride.sqlite3") as store:
            await store.drain()
            async with store._engine.connect() as held:  # as above
                await held.exec_driver_sql("PRAGMA max_page_count = 1")
            for each in range(2 * MOST_TOGETHER + 1):
                store.keep_question(f"q{each}", "text" * 500, START)
    told = Counter(line["event"] for line in lines)
    assert told["store.write"] <= 2 * TRIES
    assert [line["rows"] for line in lines if line["event"] == "store.lost"] == [2 * MOST_TOGETHER + 1]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the server may go whoever it runs as."""
    with tempfile.TemporaryDirectory(prefix="stride-pg-") as found:
        yield Path(found)


@pytest.mark.long
async def test_postgres_is_started_again_and_what_was_said_meanwhile_is_in_the_history(
    folder: Path, tmp_path: Path
) -> None:
    async with AsyncExitStack() as bots:
        with ExitStack() as server:
            lab = await asyncio.to_thread(lambda: server.enter_context(postgres_in(folder, LASTING)))
            url = lab.url(await lab.make("stride"))
            group = await bots.enter_async_context(conversation(tmp_path, database=url, fairness=AT_EASE))
            helped = await group.says("ann", "/help")
            await asyncio.to_thread(server.close)
        with capture_logs() as lines, ExitStack() as server:
            group.core.store.record_exchange(group.incoming("bob", text="said meanwhile"), helped)
            for _ in range(3):
                assert "cannot reach my memory" in plain(await group.says("cyd", "/review"))
            alone = replace(group, place=replace(group.place, community="", private=True))
            assert "cannot reach my memory" in plain(await alone.says("dan", "/help"))
            await asyncio.to_thread(lambda: server.enter_context(postgres_in(folder, LASTING)))
            async with asyncio.timeout(PATIENCE_S):
                while "said meanwhile" not in {each.said for each in await group.core.history(group.place)}:
                    await group.core.store.drain()
            assert (await group.says("cyd", "/help")).fault is None
            await bots.aclose()
            await asyncio.to_thread(server.close)
        assert not {"store.lost", "bug"} & {line["event"] for line in lines}


@pytest.mark.long
async def test_connections_that_break_off_in_the_middle_of_answers_neither_lose_nor_double_one(tmp_path: Path) -> None:
    """Whoever was told that theirs counts is in the log; whoever was not tries again, and is there once."""
    with postgres_lab() as lab:
        async with lab.database() as url, conversation(tmp_path, database=url, fairness=AT_EASE) as group:
            pupils = [Pupil(group, f"p{number_}") for number_ in range(8)]
            cards = [number(f"c{place}") for place in range(4)]
            asked = {}
            for pupil in pupils:
                await pupil.brings(*cards)
                asked[pupil.name] = await pupil.asked(*(card.id for card in cards))
            breaking = asyncio.create_task(_break_off(lab))
            told: Counter[str] = Counter()

            async def learns(pupil: Pupil) -> None:
                for posed in asked[pupil.name]:
                    while (reply := await group.says(pupil.name, f"/answer {posed.id} 7")).fault is not None:
                        told[reply.fault.kind] += 1
                    told["counts"] += 1

            async with asyncio.timeout(PATIENCE_S):
                await asyncio.gather(*map(learns, pupils))
            breaking.cancel()
            assert told.keys() <= {"counts", "unavailable", "busy"}, told
            for pupil in pupils:
                log = await group.core.store.learning.log(pupil.user.id)
                assert sorted(line.posed or "" for line in log) == sorted(posed.id for posed in asked[pupil.name])
                assert await pupil.memories() == await pupil.replayed()


async def _break_off(lab: PostgresLab) -> None:
    while True:
        await asyncio.sleep(0.3)
        await lab.tell("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'stride'")
