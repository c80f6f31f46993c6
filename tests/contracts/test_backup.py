"""A backup is all that a store holds at one moment, and brings it back on either database, whole or not at all."""

from __future__ import annotations

import asyncio
import gzip
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.command import User
from bot.errors import StoreError, StoreTooNew, StoreUnwritable
from bot.store.backup import backup, restore
from bot.store.engine import open_engine
from bot.store.schema import HEAD, metadata
from bot.store.store import Store, open_store
from cards.model import Card, Deck
from tests.bot.conversation import GROUP, START
from tests.bot.store.beside import beside
from tests.bot.store.postgres_lab import PostgresLab
from tests.contracts.test_decks_kept import PLAIN
from tests.contracts.test_store import said, says
from tests.contracts.test_store_learning import UTC_DAYS, answered, asked, enrolled, remembered

ALICE = User(id="test:alice", name="Alice \N{SNOWMAN}")


async def fill(store: Store) -> None:
    """A little of everything that is of a kind of its own: bytes, nothing, text with line ends, numbers given."""
    await store.make_organiser(ALICE, START)
    await store.secret("web", lambda: bytes(range(256)))
    store.record_exchange(said("two\nlines, and a 'quote' {}"), says("answer"))
    card = Card(id="a", kind="number", topic="t", front="?", answer=1, reason="")
    deck = Deck(id="d", title="D", says="", cards=(card,), topics={"t": "T"})
    await store.decks.put(deck, {"a": PLAIN}, owner=ALICE.id, at=START)
    await store.learning.pose([asked("q1")])
    await store.learning.record(await enrolled(store.learning), answered("q1"), [remembered("deck/a")], UTC_DAYS)


async def saved(where: Path | SecretStr, path: Path) -> int:
    engine = await open_engine(where)
    try:
        return await backup(engine, path)
    finally:
        await engine.dispose()


async def restored(where: Path | SecretStr, path: Path, *, force: bool = False) -> int:
    engine = await open_engine(where)
    try:
        return await restore(engine, path, force=force)
    finally:
        await engine.dispose()


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def but_for_changes(path: Path) -> list[Any]:
    return [line for line in lines(path)[:-1] if not (isinstance(line, list) and line[0] == "people")]


@pytest.mark.parametrize("moved", [False, True])
async def test_everything_comes_back_also_on_the_other_database(
    database: Path | SecretStr, tmp_path: Path, postgres: PostgresLab, *, moved: bool
) -> None:
    async with open_store(database) as store:
        await fill(store)
        await store.drain()
        count = await saved(database, tmp_path / "one")  # while it is open
    onto_server = isinstance(database, Path) == moved
    async with postgres.database() as url:
        target = url if onto_server else tmp_path / "other.sqlite3"
        assert await restored(target, tmp_path / "one") == count
        await saved(target, tmp_path / "two")
        assert but_for_changes(tmp_path / "one") == but_for_changes(tmp_path / "two")
        async with open_store(target) as store:  # and whatever gets a number goes on counting
            store.record_exchange(said("after"), says("it"))
            assert [each.said for each in await store.history(GROUP)][-1] == "after"
            assert await store.secret("web", lambda: b"") == bytes(range(256))
            pupil = await store.learning.pupil(ALICE.id)
            assert pupil is not None
            assert await store.learning.record(pupil, answered("q2"), [], UTC_DAYS)


def test_only_its_owner_may_read_a_backup(tmp_path: Path) -> None:
    asyncio.run(saved(tmp_path / "s", tmp_path / "file"))
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR
    assert {line["table"] for line in lines(tmp_path / "file") if "table" in line} == set(metadata.tables)


async def test_a_store_is_given_up_for_a_backup_only_where_somebody_says_so(
    database: Path | SecretStr, tmp_path: Path
) -> None:
    await saved(tmp_path / "nothing.sqlite3", tmp_path / "nothing")
    async with open_store(database) as store:
        await fill(store)
        with pytest.raises(StoreError, match="--force"):
            await restored(database, tmp_path / "nothing")
        assert await store.role_of(ALICE.id) == "organiser"
        before = await store.learning.log(ALICE.id)
        await restored(database, tmp_path / "nothing", force=True)  # beside a bot that runs
        assert before
        assert await store.learning.log(ALICE.id) == []
        assert await store.role_of(ALICE.id) == "member"


@pytest.mark.parametrize(
    ("spoil", "kind", "words"),
    [
        (lambda text: text[: len(text) // 2], StoreError, "damaged"),
        (lambda text: text.rpartition(b'{"rows"')[0], StoreError, "cut off"),
        (lambda text: text.replace(f'"version":"{HEAD}"'.encode(), b'"version":"9999"'), StoreTooNew, "newer Stride"),
        (lambda text: text.replace(b'"role"', b'"shoe"'), StoreError, "other columns"),
        (lambda text: text.replace(b"stride-backup", b"diary"), StoreError, "no backup"),
        (lambda text: text + b"[1]\n", StoreError, "cut off"),
    ],
)
async def test_a_file_that_is_not_a_whole_backup_changes_nothing(
    database: Path | SecretStr, tmp_path: Path, spoil: Any, kind: type[StoreError], words: str
) -> None:
    path = tmp_path / "file"
    async with open_store(database) as store:
        await fill(store)
    await saved(database, path)
    path.write_bytes(gzip.compress(spoil(gzip.decompress(path.read_bytes())), 1))
    with pytest.raises(kind, match=words):
        await restored(database, path, force=True)
    assert await beside(database, "select role from people where id = 'test:alice'") == [("organiser",)]


async def test_a_file_that_is_no_archive_or_breaks_off_in_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    await saved(tmp_path / "s", path)
    whole = path.read_bytes()
    for spoilt in (b"", b"a diary", whole[: len(whole) // 2], whole[:-9] + b"x" * 9):
        path.write_bytes(spoilt)
        with pytest.raises(StoreError, match=r"no backup|cut off|damaged"):
            await restored(tmp_path / "s", path)
    with pytest.raises(StoreError, match="cannot be read"):
        await restored(tmp_path / "s", tmp_path / "nowhere")


async def test_a_backup_of_an_older_stride_is_brought_up_to_date(database: Path | SecretStr, tmp_path: Path) -> None:
    rows: list[Any] = [
        {"format": "stride-backup-1", "version": "0002"},
        {"table": "people", "columns": ["id", "name", "role", "first_seen", "last_seen"]},
        ["test:olga", "Olga", "organiser", 0, 0],
        {"rows": 1},
    ]
    path = tmp_path / "old"
    path.write_bytes(gzip.compress("".join(f"{json.dumps(row)}\n" for row in rows).encode()))
    async with open_store(database) as store:
        await fill(store)
    assert await restored(database, path, force=True) == 1
    async with open_store(database) as store:
        assert await store.role_of("test:olga") == "organiser"
        assert await store.role_of(ALICE.id) == "member"
        await fill(store)


async def test_a_backup_that_cannot_be_written_leaves_the_one_before(tmp_path: Path) -> None:
    with pytest.raises(StoreUnwritable, match="cannot be written"):
        await saved(tmp_path / "s", tmp_path / "no folder" / "file")
    engine = await open_engine(tmp_path / "s")
    (tmp_path / "file").write_text("the one before")
    await beside(tmp_path / "s", "DROP TABLE people")
    with pytest.raises(Exception, match="people"):
        await backup(engine, tmp_path / "file")
    await engine.dispose()
    assert (tmp_path / "file").read_text() == "the one before"
    assert not (tmp_path / "file.part").exists()
