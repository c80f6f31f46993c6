"""A lab on a simulated Discord, with every body that leaves the bot held against Discord's OpenAPI."""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
import pytest_asyncio
import simcord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.adapters.discord import create_bot
from bot.adapters.discord.client import StrideBot
from bot.app import Core
from tests.bot.adapters.discord.openapi import DiscordApi
from tests.bot.adapters.lab import Lab, lab_settings, open_lab
from tests.bot.adapters.specs import read_spec

SHORT = 1.4  # seconds; less than the bot takes before it acknowledges, so that only virtual time gets there


@cache
def discord_api() -> DiscordApi | None:
    spec = read_spec("discord-openapi.json")
    return DiscordApi(spec) if spec else None


@pytest.fixture(autouse=True)
def _addresses_come_back() -> Iterator[None]:
    """discord.py keeps Discord's addresses on its classes."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, yarl.URL(str(gateway))


@pytest_asyncio.fixture
async def lab() -> Lab:
    return Lab()


@pytest_asyncio.fixture
async def core(lab: Lab, tmp_path: Path) -> AsyncIterator[Core]:
    async with open_lab(lab, lab_settings(tmp_path)) as opened:
        await opened.read_in()  # which may take longer than the simulation waits
        yield opened


@pytest.fixture
def new_bot(core: Core) -> Callable[[], StrideBot]:
    """Makes a bot, for a first start and for those after it."""
    return lambda: create_bot(core.settings, core)


@pytest_asyncio.fixture
async def discord_env(new_bot: Callable[[], StrideBot], lab: Lab) -> AsyncIterator[simcord.Env]:
    mimetypes.init()  # the simulation's files need them, and reading them blocks
    env = simcord.Env(new_bot(), settle_timeout=SHORT)
    await env.start()
    lab.outside = lambda waiting: env.external_wait(waiting, reason="the gate")
    try:
        yield env
    finally:
        await env.shutdown()
    env.raise_errors()
    if api := discord_api():
        for request in env.http_requests:
            if request.json is not None:
                api.check(request.method, request.path, request.json)


@pytest.fixture
def channel(discord_env: simcord.Env) -> simcord.ChannelHandle:
    return discord_env.create_guild().create_text_channel("study-group")


@pytest.fixture
def alice(discord_env: simcord.Env, channel: simcord.ChannelHandle) -> simcord.MemberActor:
    """A member of the guild that `channel` is in."""
    assert channel
    return discord_env.guild.add_member(discord_env.create_user("alice"))
