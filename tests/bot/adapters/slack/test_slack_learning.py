"""Learning in Slack: a question, its buttons, its window and its answer, seen by one person alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from bot.adapters.slack.client import StrideApp
from bot.app import Core, build_core
from bot.settings import Settings, SlackSettings
from tests.bot.adapters.slack.blocks import words
from tests.bot.adapters.slack.fake_slack import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, FakeSlack
from tests.bot.adapters.slack.test_slack_conversations import asks, element
from tests.bot.conversation import torch_away


@pytest_asyncio.fixture
async def core(slack: FakeSlack, tmp_path: Path) -> AsyncIterator[Core]:
    """All of Stride's commands, with torch away: cards are asked all the same."""
    tokens = {"bot_token": BOT_TOKEN, "app_token": APP_TOKEN, "signing_secret": SIGNING_SECRET}
    settings = SlackSettings.model_validate(tokens | {"api_base": f"{slack.base}/api/"})
    away = torch_away(tmp_path)
    async with build_core(Settings(data_dir=tmp_path, slack=settings, sandbox=away), patient=True) as opened:
        yield opened


async def test_a_question_is_answered_in_a_window_below_its_words(over_socket: FakeSlack, app: StrideApp) -> None:
    (asked,) = await asks(over_socket, app, "/practice stride/conv1d-length")
    assert asked.seen_by is not None
    await over_socket.by_socket(over_socket.press(asked, element(asked, "Answer")))
    await app.idle()
    (view,) = over_socket.views
    assert "gets an input of length 30" in words(view["blocks"])
    await over_socket.by_socket(over_socket.submit(view, {"answer": "11"}))
    await app.idle()
    answered = over_socket.said[-1]
    assert answered.seen_by is not None
    assert "Not right. It is 12 steps." in words(answered.blocks)


async def test_a_choice_is_pressed_and_an_answer_typed(over_socket: FakeSlack, app: StrideApp) -> None:
    (asked,) = await asks(over_socket, app, "/practice stride/conv1d-length-rule")
    await over_socket.by_socket(over_socket.press(asked, element(asked, "B")))
    await app.idle()
    assert "B: floor" in words(over_socket.said[-1].blocks)
    await asks(over_socket, app, "/practice stride/conv1d-length")
    (answered,) = await asks(over_socket, app, "/answer --sure 12")
    assert "Right: 12 steps." in words(answered.blocks)
    assert answered.seen_by is not None
