"""Learning on the page: a question, its buttons, its form, its answer, and why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from bot.command import Command
from bot.commands.registry import COMMANDS
from tests.bot.adapters.lab import Lab
from tests.bot.adapters.web.served import Served, served
from tests.bot.conversation import Conversation, SettableClock
from tests.browser.conftest import Opens
from tests.browser.test_page import say

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]


class School(Lab):
    """Stride's own commands in place of the lab's."""

    @property
    def commands(self) -> tuple[Command, ...]:
        return COMMANDS


@pytest_asyncio.fixture(loop_scope="session")
async def page(tmp_path: Path) -> AsyncIterator[Served]:
    """A page with torch away: cards are asked all the same. The decks have been read."""
    async with served(tmp_path, School()) as found:
        group = Conversation(found.core, SettableClock())
        assert (await group.says("somebody", "/practice activations 2")).fault is None
        yield found


async def test_a_question_is_answered_in_a_form_by_keyboard_and_seen_by_one_alone(opens: Opens) -> None:
    alice, bob = await opens(), await opens()
    await say(alice, "/practice stride/conv1d-length")
    await alice.get_by_role("button", name="Answer", exact=True).click()
    field = alice.get_by_label("a number of steps")
    await expect(field).to_be_focused()
    await field.fill("11")
    await alice.keyboard.press("Enter")
    answer = alice.locator(".answer").last
    await expect(answer).to_contain_text("Not right. It is 12 steps.")
    await expect(answer).to_contain_text("You said 11 steps.")
    await expect(answer).to_contain_text("only you see this")
    await expect(bob.locator(".answer")).to_have_count(0)


async def test_a_choice_is_pressed_once_and_a_second_press_says_that_the_first_counts(opens: Opens) -> None:
    page = await opens()
    await say(page, "/practice stride/conv1d-length-rule")
    await page.get_by_role("button", name="B", exact=True).click()
    await expect(page.locator(".answer")).to_have_count(2)
    await page.get_by_role("button", name="C", exact=True).click()
    await expect(page.locator(".answer").last).to_contain_text("the first answer counts")


async def test_the_typed_way_is_put_into_the_message_box(opens: Opens) -> None:
    page = await opens()
    await say(page, "/practice stride/conv1d-length")
    await page.get_by_role("button", name="/answer").click()
    await expect(page.locator("#box")).to_have_value("/answer")
    await page.keyboard.type(" 12")
    await page.keyboard.press("Enter")
    await expect(page.locator(".answer").last).to_contain_text("Right: 12 steps.")
