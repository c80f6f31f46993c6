"""Of which group somebody speaks in their own chat."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.wall import WallPoster
from bot.command import Incoming, Place
from bot.reply import plain
from tests.bot.conversation import Conversation, conversation

CHAT = Place(platform="test", community="", channel="own", private=True)


class Named(WallPoster):
    """Its one community has a name."""

    def named(self, place: Place) -> str:
        return "The `Study`" if place.community == "page" else ""


@pytest.fixture
async def group(tmp_path: Path) -> AsyncIterator[Conversation]:
    async with conversation(tmp_path) as found:
        found.core.posters["test"] = Named("test", "page", found.core.store, found.clock)
        yield found


async def alone(group: Conversation, name: str, text: str) -> tuple[Incoming, str]:
    """Somebody says something in their own chat; as what it is taken, and the answer."""
    said = replace(group.incoming(name, text=text), place=CHAT)
    taken = await group.core.study.homes.at_home(said)
    reply = await group.core.handle(said)
    assert reply is not None
    return taken, plain(reply)


async def test_somebody_who_is_in_no_group_is_shown_none(group: Conversation) -> None:
    taken, streak = await alone(group, "ann", "/streak")
    assert taken.place.community == "ann"
    assert "group" not in streak
    _, board = await alone(group, "ann", "/leaderboard")
    assert "I know of no group" in board


async def test_it_is_the_first_group_that_somebody_came_to_and_it_is_called_by_its_name(group: Conversation) -> None:
    await alone(group, "ann", "/streak")
    await group.says("ann", "/streak")
    group.clock.advance(minutes=1)
    other = replace(group, place=Place(platform="test", community="later", channel="c"))
    await other.says("ann", "/streak")
    taken, streak = await alone(group, "ann", "/streak")
    assert taken.place == replace(CHAT, community="page")
    assert "The group `The 'Study'` has no streak" in streak
    _, board = await alone(group, "ann", "/leaderboard")
    assert "Of the group `The 'Study'`." in board
    assert "`The" not in plain(await group.says("ann", "/streak"))


async def test_what_says_its_group_is_left_as_it_is(group: Conversation) -> None:
    said = group.incoming("ann", text="/streak")
    assert await group.core.study.homes.at_home(said) is said
