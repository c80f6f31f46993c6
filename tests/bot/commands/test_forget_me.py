"""Somebody asks to be forgotten, and no table knows them any more."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text

from bot.command import Place
from bot.reply import Form, Reply, Table, Text, plain
from bot.store.schema import metadata
from bot.store.tables import answers
from tests.bot.commands.test_link import linked
from tests.bot.conversation import Conversation, conversation
from tests.bot.tutor.tutor_lab import Pupil, number

NAME = "Zerlina Ümlaut"
WORDS = ("wombat1", "wombat2")  # what she says, and nobody else does
CARDS = [number(f"n{place}") for place in range(3)]


@pytest.fixture
async def group(tmp_path: Path, database: Path | SecretStr) -> AsyncIterator[Conversation]:
    async with conversation(tmp_path, database=database, organisers=frozenset({"olga"})) as found:
        yield found


async def everything(group: Conversation) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    await group.core.store.drain()
    engine = group.core.store._engine
    found = {}
    async with engine.connect() as connection:
        for table in metadata.sorted_tables:
            found[table.name] = [dict(row) for row in (await connection.execute(select(table))).mappings()]
    return found


async def asks_to_be_forgotten(group: Conversation, who: str) -> Reply:
    """As on a platform that has forms."""
    page = await group.says(who, "/forget-me")
    opened = await group.presses(who, "Forget me", page)
    [form] = [part for part in opened.parts if isinstance(part, Form)]
    return await group.submits(who, form.action, word="forget")


async def test_nothing_is_left_of_them(group: Conversation) -> None:
    pupil = Pupil(group, "zerlina")
    await pupil.brings(*CARDS)
    for posed in await pupil.asked("n0", "n1"):
        await pupil.says(posed, "7")
    await group.says("zerlina", f"/help {WORDS[0]}")
    await group.says("bob", "/help")
    before = await everything(group)
    done = await asks_to_be_forgotten(group, "zerlina")
    assert "forgotten" in plain(done)
    after = await everything(group)
    assert "zerlina" in json.dumps(before, default=str)
    assert "zerlina" not in json.dumps(after, default=str)
    assert len(after["answers"]) == len(before["answers"])
