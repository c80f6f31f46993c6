"""Everything that is somebody's own, as they get it."""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
import zipfile
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.adapters.web.handed import HELD_S, Handed
from bot.reply import File, Reply
from bot.store import takeout
from bot.store.schema import metadata
from bot.study import export as module
from cards.calendar import calendar
from tests.bot.commands.test_link import learns, linked
from tests.bot.conversation import START, Conversation, conversation
from tests.bot.study.quiz_lab import party


@pytest.fixture
async def group(tmp_path: Path, database: Path | SecretStr) -> AsyncIterator[Conversation]:
    async with conversation(tmp_path, database=database, organisers=frozenset({"olga"})) as found:
        yield found


def data_of(reply: Reply) -> dict[str, Any]:
    """The JSON of an export, packed or not."""
    file = next(part for part in reply.parts if isinstance(part, File) and "data" in part.name)
    if file.name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
            return dict(json.loads(archive.read(archive.namelist()[0])))
    return dict(json.loads(file.data))


def notes_and_due(package: bytes) -> tuple[int, int]:
    """How many cards an Anki package has, and how many of them have been answered."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive, closing(sqlite3.connect(":memory:")) as collection:
        collection.deserialize(archive.read("collection.anki2"))
        cards = collection.execute("SELECT count(DISTINCT guid) FROM notes").fetchone()[0]
        return cards, collection.execute("SELECT count(*) FROM cards WHERE reps > 0").fetchone()[0]


async def test_the_file_has_what_they_said_answered_and_remember(group: Conversation) -> None:
    await learns(group, "alice", "7", "8")
    await learns(group, "bob", "7")
    await group.says("alice", "/help run")
    reply = await group.says("alice", "/export")
    found = data_of(reply)
    assert found["format"] == module.FORMAT
    data = found["data"]
    assert [row["said"] for row in data["answers"]] == ["7", "8"]
    assert [row["said"] for row in data["exchanges"]] == ["/help run"]
    assert len(data["memories"]) == 2
    assert {row["person"] for row in data["memories"]} == {"test:alice"}
    assert "bob" not in json.dumps(found)


async def test_times_have_their_zone_and_every_field_is_explained(group: Conversation) -> None:
    await learns(group, "alice", "7")
    found = data_of(await group.says("alice", "/export"))
    assert datetime.fromisoformat(found["data"]["answers"][0]["at"]).tzinfo is not None
    for name, rows in found["data"].items():
        for row in rows:
            assert set(row) <= set(found["about"][name]["fields"])


async def test_cards_come_as_one_package_with_their_dates(group: Conversation) -> None:
    """Of both accounts, where they are linked."""
    await group.says("alice", "/help")
    group.clock.advance(minutes=1)
    await learns(group, "alice", "7")
    await learns(group, "bob", "7", "8")
    await linked(group, "alice", "bob")
    reply = await group.says("bob", "/export")
    [package] = [part for part in reply.parts if isinstance(part, File) and part.name.endswith(".apkg")]
    cards, due = await asyncio.to_thread(notes_and_due, package.data)
    assert (cards, due) == (8, 3)
    assert {row["person"] for row in data_of(reply)["data"]["answers"]} == {"test:alice"}


def test_what_is_too_large_for_one_message_comes_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS", 20_000)
    monkeypatch.setattr(module, "PLAIN", 1_000)
    rows: list[dict[str, Any]] = [{"id": place, "said": f"{place} " * 200} for place in range(200)]
    tables: dict[str, list[dict[str, Any]]] = {"answers": rows, "people": [{"id": "test:alice", "name": "Zoë"}]}
    found = module.exported("test:alice", tables, [], now=START, calendar=calendar("UTC"), most=9_000)
    assert len(found.messages) > 1
    assert all(sum(len(file.data) for file in files) <= 9_000 for files in found.messages)
    parts = [data_of(Reply(parts=(file,))) for files in found.messages for file in files]
    assert [part["part"] for part in parts] == list(range(1, len(parts) + 1))
    assert [row for part in parts for row in part["data"]["answers"]] == rows
    assert [row for part in parts for row in part["data"]["people"]] == tables["people"]


async def test_a_file_of_an_answer_that_no_history_keeps_can_be_fetched_for_a_while() -> None:
    now = [0.0]
    handed = Handed(lambda: now[0])
    kept = Reply(parts=(File(name="a", data=b"1"),))
    handed.put("web:1", START, kept)
    assert handed.get("web:1", START) is None, "the history has it"
    handed.put("web:1", START, replace(kept, kept=False))
    assert handed.get("web:1", START) is not None
    assert handed.get("web:2", START) is None
    now[0] += HELD_S
    assert handed.get("web:1", START) is None


async def test_the_answer_to_an_open_question_of_a_quiz_is_no_more_in_it_than_it_is_told(
    tmp_path: Path, database: Path | SecretStr
) -> None:
    """Whoever has answered could tell the others; once all are told, it is there."""
    async with party(tmp_path, database=database) as group:
        await group.begins("ann", "bob", line="/quiz start 2 20")
        posed = await group.question()
        await group.answers("ann", rightly=False)
        mine = group.incoming("ann").user
        exported = await group.core.study.belongings.export(mine, group.clock.now())
        data = data_of(await group.says("ann", "/export"))["data"]
        [answer], [memory], [day] = data["answers"], data["memories"], data["tallies"]
        assert (answer["posed"], answer["tried"]) == (posed.id, 1)
        told = [answer[name] for name in ("correct", "rating", "mistake", "marked", "effect")]
        assert [*told, memory["due"], memory["data"], day["correct"], exported.cards] == [None] * 8 + [0]
        await group.goes_on(20)
        exported = await group.core.study.belongings.export(mine, group.clock.now())
        data = data_of(await group.says("ann", "/export"))["data"]
        [answer], [memory], [day] = data["answers"], data["memories"], data["tallies"]
        assert (answer["correct"], answer["rating"], answer["marked"]["key"]) == (0, 1, posed.key)
        assert (memory["card"], memory["data"]["lapses"], day["correct"], exported.cards) == (posed.card, 0, 0, 1)


def test_every_table_and_every_column_was_thought_of() -> None:
    """A new one is in the file, or is named here: it says nothing of anybody, or nothing that is theirs alone."""
    nobodys = {"bots", "channels", "communities", "counters", "duties", "secrets", "withdrawn"}
    passing = {"events", "questions"}  # names of what was answered, and texts behind buttons, for some days
    assert {each.table.name for each in takeout.TAKEN} | nobodys | passing == set(metadata.tables)
    left_out = {
        f"{each.table.name}.{column.name}"
        for each in takeout.TAKEN
        for column in each.table.c
        if column.name not in each.fields
    }
    at_work = {f"postings.{name}" for name in ("bot", "until", "tries")}
    steps = {f"quizzes.{name}" for name in ("busy", "next", "version", "data")}
    assert left_out == at_work | steps | {"link_codes.digest"}
    assert all(set(each.fields) <= set(each.table.c.keys()) for each in takeout.TAKEN)
