"""A quiz on a platform that is slow, breaks or goes away for a while: nobody is kept from playing on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.wall import WallPoster
from bot.command import Place
from bot.group.quiz import PAUSE
from bot.reply import MessageRef, Reply, plain
from bot.study import conducting
from tests.bot.study.quiz_lab import Party, party


class Slow(WallPoster):
    """Its platform asks to wait with every edit, for longer than any quiz takes."""

    asked = 0
    enough = 0

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        del place, message, reply
        self.asked += 1
        if self.asked == self.enough:
            self.all_asked.set()
        await asyncio.Event().wait()

    async def is_asked(self, times: int) -> None:
        self.enough, self.all_asked = times, asyncio.Event()
        await self.all_asked.wait()


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


async def test_messages_of_several_quizzes_that_cannot_be_shown_anew_hold_all_up_as_little_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conducting, "EDIT_S", 600)
    async with party(tmp_path) as group:
        poster = group.core.posters["test"] = Slow("test", "page", group.core.store, group.clock)
        channels = [replace(group, place=replace(group.place, channel=name)) for name in ("one", "two", "three")]
        for channel in channels:
            await channel.says("ann", "/quiz start 2 20")
        await group.goes_on()
        for channel in channels:
            await channel.says("bob", "/quiz join")
        goes_on = asyncio.create_task(group.goes_on())
        async with asyncio.timeout(30):
            await poster.is_asked(len(channels))
        goes_on.cancel()
        await asyncio.wait({goes_on})


async def test_a_quiz_waits_for_a_platform_that_has_gone_and_goes_on_when_it_is_back(tmp_path: Path) -> None:
    """A connection is lost while a question is open; nobody loses its answer, or the time for the next."""
    async with party(tmp_path) as group:
        await group.begins("ann", "bob")
        first = await group.question()
        await group.answers("ann")
        said = len(await group.posts())
        poster = group.core.posters.pop("test")
        await group.goes_on(40)
        assert len(await group.posts()) == said
        group.core.posters["test"] = poster
        await group.goes_on(1)
        assert "Question 1 of 3 is closed" in plain(await group.last())
        assert (await group.answers("bob", posed=first)).data["outcome"] == "late"
        await group.goes_on(PAUSE.seconds)
        second = await group.question()
        assert second.id != first.id
        await group.goes_on(19)
        assert (await group.answers("bob")).data["outcome"] == "noted"


async def plays(group: Party) -> None:
    await group.begins("ann", "bob")
    await group.answers("ann")
    await group.answers("bob", rightly=False)
    await group.goes_on()
