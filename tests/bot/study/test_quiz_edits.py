"""What a quiz shows anew: a platform that is slow with that, or breaks, keeps nobody from playing on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.adapters.wall import WallPoster
from bot.command import Place
from bot.reply import MessageRef, Reply, plain
from bot.study import conducting
from tests.bot.study.quiz_lab import Party, party


class Slow(WallPoster):
    """Its platform asks to wait with every edit, for longer than any quiz takes."""

    asked = 0

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        del place, message, reply
        self.asked += 1
        await asyncio.Event().wait()


class Broken(WallPoster):
    """It has a bug."""

    asked = 0

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        del place, message, reply
        self.asked += 1
        raise RuntimeError("no such thing")


@pytest.mark.parametrize("kind", [Slow, Broken])
async def test_a_quiz_goes_on_where_a_message_cannot_be_shown_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Slow | Broken]
) -> None:
    monkeypatch.setattr(conducting, "EDIT_S", 0.01)
    async with asyncio.timeout(60), party(tmp_path) as group:
        poster = group.core.posters["test"] = kind("test", "page", group.core.store, group.clock)
        await plays(group)
        assert poster.asked
        assert "Question 1 of 3 is closed" in plain(await group.last())


async def plays(group: Party) -> None:
    await group.begins("ann", "bob")
    await group.answers("ann")
    await group.answers("bob", rightly=False)
    await group.goes_on()
