"""After all that happens to people, `stride rebuild` finds nothing that differs, on both databases."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.duties import do_due
from bot.keeping import rebuild
from bot.settings import Settings
from tests.bot.commands.test_forget_me import asks_to_be_forgotten
from tests.bot.commands.test_link import linked
from tests.bot.conversation import GROUP, START, Conversation, conversation
from tests.bot.study.own_lab import credited, learnt

DAY = timedelta(days=1)


@pytest.fixture
async def group(tmp_path: Path, database: Path | SecretStr) -> AsyncIterator[Conversation]:
    async with conversation(tmp_path, database=database, organisers=frozenset({"olga"})) as found:
        yield found


async def differs(database: Path | SecretStr) -> dict[str, object]:
    said: list[str] = []
    given = {"data_dir": database.parent} if isinstance(database, Path) else {"database_url": database}
    await rebuild(Settings(**given), write=False, as_json=True, say=said.append)
    told = json.loads(said.pop())
    return {name: told[name] for name in ("different", "miscounted", "misdue")}


NOTHING: dict[str, object] = {"different": [], "miscounted": [], "misdue": []}


@pytest.mark.long
async def test_nothing_differs_after_links_moves_disputes_retention_and_forgetting(
    group: Conversation, database: Path | SecretStr
) -> None:
    core, clock = group.core, group.clock
    first, second, *_ = (await core.tutor.cards(group.incoming("alice").user, GROUP)).skills
    for name in ("alice", "bob", "eve"):
        await group.says(name, "/help")
        clock.advance(minutes=1)
    for day in range(8):  # alice and bob learn the same cards, apart from each other
        await learnt(core, "alice", first, START + day * DAY + timedelta(hours=1), right=day % 3 != 1, mistake="M1")
        await learnt(core, "bob", (first, second)[day % 2], START + day * DAY + timedelta(hours=2), right=day != 2)
        wrong = await learnt(core, "eve", first, START + day * DAY, right=day % 2 == 0)
    clock.at = START + 8 * DAY
    await group.says("olga", "/daily set 09:00 Europe/Berlin")
    await group.says("eve", "/remind at 18:00")
    assert await differs(database) == NOTHING
    await linked(group, "alice", "bob")
    assert await differs(database) == NOTHING, "after two became one"
    await group.says("alice", "/timezone tokyo")
    for day in range(9, 12):
        await learnt(core, "alice", first, START + day * DAY, right=day != 10)
    await credited(core, wrong, START + 12 * DAY)
    clock.at = START + 12 * DAY
    await group.says("olga", "/timezone community los angeles")
    await learnt(core, "eve", second, START + 12 * DAY + timedelta(hours=1))
    assert await differs(database) == NOTHING, "after moves and a credit"
    await group.presses("bob", "Separate", await group.says("bob", "/link off"))
    await learnt(core, "bob", first, START + 13 * DAY)
    clock.at = START + 500 * DAY
    await do_due(core.store, clock.at, core.settings.keep)
    assert await differs(database) == NOTHING, "after they parted, and what is old went"
    await asks_to_be_forgotten(group, "eve")
    assert await core.store.learning.pupil("test:eve") is None
    assert await differs(database) == NOTHING, "after one was forgotten"
