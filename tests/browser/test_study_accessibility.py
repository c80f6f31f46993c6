"""axe-core finds nothing on what a study group sees, in light at a desk and in the dark on a phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.test_accessibility import PHONE, violations
from tests.contracts.study_rooms import BEGIN, PageRoom

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

SECOND = timedelta(seconds=1)
NINE = BEGIN + timedelta(hours=9)
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}, "color_scheme": "light"}
IN_THE_DARK: dict[str, Any] = {**PHONE, "color_scheme": "dark"}


@pytest_asyncio.fixture(loop_scope="session")
async def room(tmp_path: Path) -> AsyncIterator[PageRoom]:
    found = PageRoom(tmp_path)
    async with found:
        yield found


async def everybody_can_read(pages: list[Page], words: str) -> None:
    """What has these words in it is shown on all pages, and keeps nobody out."""
    for page in pages:
        await expect(page.locator(".exchange").filter(has_text=words).last).to_be_visible()
        assert await violations(page) == [], words
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), words


async def types(pages: list[Page], text: str) -> None:
    for page in pages:
        await page.fill("#box", text)
        await page.press("#box", "Enter")


@pytest_asyncio.fixture(loop_scope="session")
async def pages(room: PageRoom, browser: Browser) -> AsyncIterator[list[Page]]:
    """The channel at a desk and on a phone, as two people have it."""
    opened = []
    for device in (DESK, IN_THE_DARK):
        context = await browser.new_context(**device)
        opened.append(await context.new_page())
        await opened[-1].goto(f"http://127.0.0.1:{room.port}/c/general")
        await opened[-1].wait_for_selector("body[data-line=open]")
    yield opened
    for page in opened:
        await page.context.close()


async def test_the_day_its_reveal_and_ones_own_page_keep_nobody_out(room: PageRoom, pages: list[Page]) -> None:
    await room["alice"].says("/daily set 09:00 utc stride/conv1d-length")
    await room.at(NINE)
    await everybody_can_read(pages, "Card of the day")
    await types(pages, "/answer 12")
    await everybody_can_read(pages, "only you see this")
    await room.at(NINE + timedelta(days=1))
    await everybody_can_read(pages, "The answer to the last card of the day")
    await types(pages, "/mine")
    await everybody_can_read(pages, "remembered now")
    await types(pages, "/streak")
    await everybody_can_read(pages, "in a row")
    await types(pages[:1], "/leaderboard")
    await everybody_can_read(pages, "This week")


async def test_each_phase_of_a_quiz_keeps_nobody_out(room: PageRoom, pages: list[Page]) -> None:
    alice = room["alice"]
    await alice.says("/quiz start 1 60")
    await room.at(room.clock.now() + SECOND)
    await everybody_can_read(pages, "Nobody has joined yet")
    for page in pages:
        await page.get_by_role("button", name="Join").last.click()
        await expect(page.get_by_text("You take part.").last).to_be_visible()
    await alice.reads("A quiz")  # its line breaks where nobody reads it for long
    await alice.presses("Begin now")
    await room.at(room.clock.now() + SECOND)
    await everybody_can_read(pages, "Question 1 of 1")
    await types(pages[:1], "/answer ?")
    await everybody_can_read(pages[:1], "Noted")
    await room.at(room.clock.now() + timedelta(minutes=2))
    await everybody_can_read(pages, "Question 1 of 1 is closed")
    await room.at(room.clock.now() + timedelta(minutes=1))
    await everybody_can_read(pages, "Another quiz")
