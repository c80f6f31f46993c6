"""Learning on Discord: a question, its buttons, its form and its answer, seen by one person alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from bot.app import Core, build_core
from bot.settings import Settings
from tests.bot.adapters.discord.test_discord_conversations import shown
from tests.bot.conversation import Conversation, SettableClock, torch_away


@pytest_asyncio.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    """All of Stride's commands, with torch away: cards are asked all the same. The decks have been read."""
    async with build_core(Settings(data_dir=tmp_path, sandbox=torch_away(tmp_path)), patient=True) as opened:
        group = Conversation(opened, SettableClock())
        assert (await group.says("bob", "/practice activations 2")).fault is None
        yield opened


async def test_a_question_is_answered_in_a_window(alice: Any, channel: Any, discord_env: Any) -> None:
    asked = await alice.slash(channel, "practice", topic="stride/conv1d-length")
    await discord_env.settle()
    assert asked.response.ephemeral
    opened = await alice.click(asked.response, label="Answer")
    question, field = opened.modal["components"]
    assert "gets an input of length 30" in question["content"], "a phone hides the question behind the window"
    assert field["label"] == "a number of steps"
    answered = await alice.submit_modal(opened, {"answer": "11"})
    assert answered.response.ephemeral
    assert "Not right. It is `12` steps." in shown(answered.response)
    again = await alice.click(asked.response, label="Answer")
    assert "the first answer counts" in shown(again.response)


async def test_a_choice_is_pressed(alice: Any, channel: Any, discord_env: Any) -> None:
    asked = await alice.slash(channel, "practice", topic="stride/conv1d-length-rule")
    await discord_env.settle()
    answered = await alice.click(asked.response, label="B")
    assert answered.response.ephemeral
    assert "B: floor" in shown(answered.response)


async def test_topic_and_number_are_options_of_their_own(alice: Any, channel: Any, discord_env: Any) -> None:
    asked = await alice.slash(channel, "practice", topic="activations", n="2")
    await discord_env.settle()
    assert "Question 1 of 2" in shown(asked.response)


async def test_an_answer_is_typed(alice: Any, channel: Any, discord_env: Any) -> None:
    await alice.slash(channel, "practice", topic="stride/conv1d-length")
    await discord_env.settle()
    answered = await alice.slash(channel, "answer", answer="--sure 12")
    await discord_env.settle()
    assert "Right: `12` steps." in shown(answered.response)
