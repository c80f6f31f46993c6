"""A lab in a Slack that checks what it is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.slack import create_app
from bot.adapters.slack.client import StrideApp, socket_mode
from bot.adapters.slack.http import PATH, routes
from bot.app import Core
from bot.settings import SlackSettings
from tests.bot.adapters.lab import Lab, lab_settings, open_lab
from tests.bot.adapters.slack.fake_slack import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, FakeSlack


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    fake = FakeSlack()
    async with TestServer(fake.application()) as server:
        fake.base = str(server.make_url("")).rstrip("/")
        yield fake
    assert not [each for each in fake.refused if each[1].startswith("invalid_blocks")]


@pytest_asyncio.fixture
async def lab() -> Lab:
    return Lab()


@pytest_asyncio.fixture
async def core(lab: Lab, slack: FakeSlack, tmp_path: Path) -> AsyncIterator[Core]:
    settings = SlackSettings.model_validate(
        {
            "bot_token": BOT_TOKEN,
            "app_token": APP_TOKEN,
            "signing_secret": SIGNING_SECRET,
            "api_base": f"{slack.base}/api/",
        }
    )
    async with open_lab(lab, lab_settings(tmp_path, slack=settings)) as opened:
        yield opened


@pytest_asyncio.fixture
async def app(core: Core) -> StrideApp:
    return create_app(core.settings, core)


@pytest_asyncio.fixture
async def over_socket(app: StrideApp, core: Core, slack: FakeSlack) -> AsyncIterator[FakeSlack]:
    """Slack, with the app connected in Socket Mode."""
    handler = socket_mode(core.settings, app)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt's own
    await slack.connected()
    yield slack
    await app.idle()
    await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt's own


@pytest_asyncio.fixture
async def over_http(app: StrideApp, core: Core, slack: FakeSlack) -> AsyncIterator[FakeSlack]:
    """Slack, with the app behind an address that takes signed requests."""
    page = web.Application()
    page.add_routes(routes(core.settings, app))
    async with TestServer(page) as server:
        slack.deliver_to = str(server.make_url(PATH))
        yield slack
        await app.idle()
