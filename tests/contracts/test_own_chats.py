"""Alone with Stride, people are who they are in their group: their streak, their cards and their reminders."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot.command import Incoming, User
from sandbox.client import Sandbox
from tests.bot.commands.learning import right
from tests.contracts.own_chats import CHATS, DiscordWithChats, OwnChatInSlack, OwnChatOnDiscord, SlackWithChats
from tests.contracts.platforms import Heard

NINE = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)  # in Berlin
SET = "/daily set 09:00 Europe/Berlin conv"
NOBODY = User(id="test:nobody", name="nobody")
Room = DiscordWithChats | SlackWithChats


pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]


@pytest_asyncio.fixture(loop_scope="session", params=CHATS, ids=lambda kind: str(kind.__name__))
async def room(request: pytest.FixtureRequest, tmp_path: Path, torch_here: Sandbox) -> AsyncIterator[Room]:
    async with request.param(tmp_path, torch_here) as opened:
        # The simulated Discord waits for all that is begun in an answer, and a first jail lives longer than that.
        await opened.core.handle(Incoming(id="a", user=NOBODY, place=opened.place, at=NINE, text="/run 1"))
        yield opened


async def answers_one(room: Room, chat: OwnChatOnDiscord | OwnChatInSlack) -> Heard:
    """Is asked a question there, and answers it."""
    asked = await chat.says("/practice conv 1")
    question = asked.text.partition("·")[2].partition("\n")[0].rpartition("·")[2].strip()
    posed = await room.core.tutor.posed(question)
    assert posed is not None, asked.text
    return await chat.says(f"/answer {right(posed)}")


async def test_a_reminder_comes_there_and_its_buttons_work(room: Room) -> None:
    await room.at(NINE)
    await room["alice"].says("/timezone community Europe/Berlin")
    chat = room.own_chat("alice")
    await answers_one(room, chat)
    assert "18:00" in (await room["alice"].says("/remind at 18:00")).text
    await room.at(NINE + timedelta(days=1, hours=9))
    came = await chat.reads("card is due")
    assert came.buttons == ("Review", "No more reminders")
    review = await chat.presses("Review")
    assert "Review" in review.text
    await chat.reads("card is due")
    assert "not reminded any more" in (await chat.presses("No more reminders")).text
    await room.at(NINE + timedelta(days=2, hours=9))
    assert "You are not reminded" in (await chat.says("/remind")).text


async def test_what_is_answered_alone_counts_for_oneself_and_in_the_group(room: Room) -> None:
    await room.at(NINE)
    await room["alice"].says("/timezone community Europe/Berlin")
    chat = room.own_chat("alice")
    assert "Right" in (await answers_one(room, chat)).text
    streak = (await chat.says("/streak")).text
    assert "1 day in a row" in streak
    assert "today 1 of the 2" in streak
    assert "Europe/Berlin" in streak
    assert "alice" in (await chat.says("/leaderboard")).text
    assert "alice" in (await room["bob"].says("/leaderboard")).text
