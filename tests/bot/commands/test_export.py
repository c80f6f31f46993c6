"""Everything that is somebody's own, as they get it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.reply import File, Reply
from bot.study import export as module
from tests.bot.commands.test_link import learns
from tests.bot.conversation import Conversation, conversation


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
