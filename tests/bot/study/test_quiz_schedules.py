"""Quizzes that come by themselves: set by organisers, once each time, beside those that people begin."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.adapters.wall import WallPoster
from bot.command import Place
from bot.group.quiz import LOBBY
from bot.reply import plain
from tests.bot.commands.running import labels
from tests.bot.study.quiz_lab import Party, party


@pytest.fixture
async def group(tmp_path: Path) -> AsyncIterator[Party]:
    async with party(tmp_path) as found:
        yield found


async def test_a_quiz_comes_at_its_time_and_again_the_week_after(group: Party) -> None:
    """The clock of the tests begins on Monday, 2 March 2026, at nine."""
    told = await group.says("olga", "/quiz at fri 17:00 Europe/Berlin 2 20")
    assert "The next: Fri 6 Mar, 17:00." in plain(told)
    group.clock.at = datetime.fromisoformat("2026-03-06T15:59:59Z")
    assert await group.goes_on() == []
    await group.goes_on(1)
    lobby = await group.last()
    assert labels(lobby) == ["Join", "Leave", "Begin now"]
    await group.presses("bob", "Join", lobby)
    assert (await group.presses("olga", "Begin now", lobby)).fault is None, "it is hers"
    await group.goes_on()
    assert (await group.answers("bob")).data["outcome"] == "noted"
    assert "It has begun" in plain((await group.posts())[0])
    await group.says("olga", "/quiz stop")
    group.clock.at = datetime.fromisoformat("2026-03-13T16:00:00Z")
    await group.goes_on()
    assert "It begins" in plain(await group.last())


async def test_organisers_are_told_at_once_what_keeps_quizzes_from_a_channel(group: Party) -> None:
    closed = Closed("test", "page", group.core.store, group.clock)
    group.core.posters["test"] = closed
    for line in ("/quiz at fri 17:00 2 20", "/quiz start 2 20", "/daily set 09:00 Berlin", "/daily show", "/digest on"):
        assert "I may not write here." in plain(await group.says("olga", line)), line
    closed.why = ""
    assert "I may not write here." not in plain(await group.says("olga", "/digest on"))


async def test_nobody_has_quizzes_come_to_their_own_chat(group: Party) -> None:
    alone = replace(group, place=replace(group.place, channel="own", private=True))
    assert "Quizzes come to a channel" in plain(await alone.says("olga", "/quiz at fri 17:00"))


class Closed(WallPoster):
    """A platform that does not let Stride write."""

    why = "I may not write here."

    async def obstacle(self, place: Place) -> str:
        del place
        return self.why


async def test_where_a_quiz_goes_on_the_scheduled_one_does_not_come(group: Party) -> None:
    await group.says("olga", "/quiz at daily 09:01")
    group.clock.advance(seconds=50)
    await group.says("ann", "/quiz start 2 20")
    await group.goes_on(10)
    assert len(await group.posts()) == 1
    assert (await group.quiz()).by == "test:ann"


async def test_a_scheduled_quiz_that_a_bot_died_over_begins_once(tmp_path: Path, group: Party) -> None:
    await group.says("olga", "/quiz at daily 09:01")
    group.clock.advance(seconds=60)
    async with party(tmp_path, group.clock) as other:
        await asyncio.gather(*(each.core.study.rounds.once(group.clock.now()) for each in (group, other)))
        await group.says("ann", "/quiz join")
        await other.goes_on(LOBBY.seconds)
        await group.goes_on()
    assert [line.partition(" ")[0] for line in await group.said()] == ["A", "Question"]


async def test_organisers_alone_decide_and_take_it_back(group: Party) -> None:
    for line in ("/quiz at fri 17:00", "/quiz off"):
        refused = await group.says("ann", line)
        assert refused.fault is not None
        assert "organisers" in plain(refused)
    assert (await group.says("olga", "/quiz off")).fault is not None, "there is none"
    begun = plain(await group.says("olga", "/quiz at daily 17:00 pooling 3 20"))
    shown = await group.says("ann", "/quiz show")
    for said in (begun, plain(shown)):
        assert re.search(r"every day at 17:00 \(UTC\): 3 questions .*\. The next: \w{3} \d+ \w{3}, 17:00\.", said)
    assert shown.data["schedules"][0] | {"next": None} == {
        "at": "17:00",
        "zone": "UTC",
        "weekdays": [0, 1, 2, 3, 4, 5, 6],
        "next": None,
        "topic": "pooling",
        "number": 3,
        "seconds": 20,
    }
    assert (await group.says("olga", "/quiz off")).fault is None
    assert (await group.says("ann", "/quiz show")).data["schedules"] == []


@pytest.mark.parametrize(
    ("line", "way_out"),
    [
        ("/quiz at fri 17:00 quux", "/quiz at fri 17:00"),
        ("/quiz at fri 17:00 Europe/Berlim conv", "/quiz at fri 17:00 Europe/Berlin conv 5"),
        ("/quiz at fri", "/quiz at fri 17:00 conv 5"),
        ("/quiz at fri 17:00 conv 50", "/quiz at fri 17:00 conv 5 30s"),
        ("/quiz start quux", "/quiz start"),
        ("/quiz stop now", "/quiz stop"),
        ("/quiz stpo", "/quiz stop"),
        ("/quiz join", "/quiz start"),
    ],
)
async def test_what_cannot_be_done_is_told_with_the_way_out(group: Party, line: str, way_out: str) -> None:
    reply = await group.says("olga", line)
    assert reply.fault is not None
    assert (reply.fault.suggestion or "").startswith(way_out)
