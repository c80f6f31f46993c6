"""A real Chromium, started once, and people who each have a browser profile of their own."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

from tests.bot.adapters.web.served import Served, served

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HANG_MS = 60_000  # after which what is waited for will not come
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

Opens = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    expect.set_options(timeout=HANG_MS)
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def opens(browser: Browser, page: Served) -> AsyncIterator[Opens]:
    """Opens a channel as someone new; in the end nobody's console may hold an error."""
    contexts = []
    complaints: list[str] = []

    async def open_as_someone(channel: str = "general", url: str = "", **options: Any) -> Page:
        context = await browser.new_context(**{"viewport": {"width": 1200, "height": 860}, **options})
        context.set_default_timeout(HANG_MS)
        contexts.append(context)
        opened = await context.new_page()
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("console", lambda message: complaints.extend(_complaint(message)))
        await opened.goto(f"{url or page.url}/c/{channel}")
        await opened.wait_for_selector("body[data-line=open]")
        return opened

    yield open_as_someone
    for context in contexts:
        await context.close()
    assert not complaints


def _complaint(message: ConsoleMessage) -> list[str]:
    """A broken line is the browser's to report and the page's to live with; all else is a fault of the page."""
    return [message.text] if message.type == "error" and "WebSocket" not in message.text else []
