"""The life of a connection to Discord, over real sockets: taken up again, refused, slowed down, and cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import discord
import pytest

from bot.adapters.discord import create_bot
from bot.app import Core
from bot.command import Place
from bot.errors import LoginRefused, PostFailed, PostUnsure
from bot.reply import Reply, Text
from bot.serve import serve
from bot.settings import DiscordSettings, Settings, WebSettings
from sandbox.settings import SandboxSettings
from tests.bot.adapters.discord.fake_gateway import CHANNEL, IDENTIFY, RESUME, FakeDiscord, fake_discord, slow_down
from tests.bot.adapters.lab import Lab, open_lab

PLACE = Place(platform="discord", community="1", channel=CHANNEL)
WORDS = Reply(parts=(Text(text="Good morning."),))


@pytest.fixture
async def fake() -> AsyncIterator[FakeDiscord]:
    async with fake_discord() as opened:
        yield opened


def settings(fake: FakeDiscord, folder: Path) -> Settings:
    there = {"token": "a.b.c", "api_base": f"{fake.base}/api/v10", "gateway": fake.base.replace("http", "ws") + "/gw"}
    chosen = DiscordSettings.model_validate(there)
    away = SandboxSettings(python="/bin/false")
    return Settings(data_dir=folder, discord=chosen, web=WebSettings(port=0), sandbox=away)


@pytest.fixture
async def core(fake: FakeDiscord, tmp_path: Path) -> AsyncIterator[Core]:
    """A core with a bot that is connected."""
    async with open_lab(Lab(), settings(fake, tmp_path)) as opened:
        bot = create_bot(opened.settings, opened)
        bot._connection.guild_ready_timeout = 0.0  # there are no guilds to wait for
        async with bot:
            running = asyncio.create_task(bot.start("a.b.c"))
            ready = asyncio.create_task(bot.wait_for("ready", timeout=30))
            await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
            assert not running.done(), running
            yield opened
            running.cancel()  # before the client is closed, as where Stride ends
            with suppress(asyncio.CancelledError):
                await running


async def test_a_connection_that_ends_is_taken_up_where_it_was_and_posting_goes_on(
    core: Core, fake: FakeDiscord
) -> None:
    assert await fake.comes() == IDENTIFY
    client = core.posters["discord"]._client  # type: ignore[attr-defined]  # what the poster sends with
    gone, back = (asyncio.create_task(client.wait_for(each, timeout=30)) for each in ("disconnect", "resumed"))
    await asyncio.sleep(0)  # so that both wait
    await fake.ask_to_reconnect()
    await gone
    assert await fake.comes() == RESUME
    await back
    await core.posters["discord"].post(PLACE, WORDS, key="k")
    assert len(fake.posted) == 1


@pytest.mark.usefixtures("core")
async def test_what_is_told_again_after_a_lost_connection_is_answered_once(fake: FakeDiscord) -> None:
    assert await fake.comes() == IDENTIFY
    await fake.slash("801", "table")
    async with asyncio.timeout(30):
        assert await fake.answered.get() == "801"
        await fake.ask_to_reconnect()
        assert await fake.comes() == RESUME
        for number in ("801", "801", "802"):
            await fake.slash(number, "table")
        assert await fake.answered.get() == "802"


async def test_what_fell_due_while_the_connection_was_away_comes_once_it_is_back(
    core: Core, fake: FakeDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await fake.comes() == IDENTIFY
    woken = asyncio.Event()
    monkeypatch.setattr(core.study, "wake", woken.set)
    await fake.ask_to_reconnect()
    async with asyncio.timeout(30):
        await woken.wait()
    assert "discord" in core.posters


async def test_a_wait_that_would_take_long_is_said_at_once(core: Core, fake: FakeDiscord) -> None:
    fake.refuse = [slow_down(3_600)]
    with pytest.raises(PostFailed, match="wait"):
        await core.posters["discord"].post(PLACE, WORDS, key="k")


async def test_discord_is_waited_for_where_it_asks_for_it(core: Core, fake: FakeDiscord) -> None:
    fake.refuse = [slow_down(0.01), slow_down(0.01)]
    await core.posters["discord"].post(PLACE, WORDS, key="k")
    assert len(fake.posted) == 1


async def test_where_discords_shield_refuses_nothing_was_sent(core: Core, fake: FakeDiscord) -> None:
    fake.refuse = [slow_down(3_600, by_cloudflare=True)]
    with pytest.raises(PostFailed):
        await core.posters["discord"].post(PLACE, WORDS, key="k")


async def test_a_post_whose_answer_was_lost_may_have_come_and_sent_again_is_one(core: Core, fake: FakeDiscord) -> None:
    fake.lose = 1
    poster = core.posters["discord"]
    with pytest.raises(PostUnsure):
        await poster.post(PLACE, WORDS, key="k")
    await poster.post(PLACE, WORDS, key="k")
    assert [each["nonce"] for each in fake.posted] == ["k"]


async def test_where_discord_cannot_be_reached_nothing_was_sent(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord.http.Route, "BASE", "http://127.0.0.1:9/api/v10")
    with pytest.raises(PostFailed):
        await core.posters["discord"].post(PLACE, WORDS, key="k")


@pytest.mark.parametrize(("code", "why"), [(4014, "intents"), (4004, "STRIDE_DISCORD__TOKEN")])
async def test_a_session_that_discord_will_never_allow_ends_the_program(
    fake: FakeDiscord, tmp_path: Path, code: int, why: str
) -> None:
    fake.close_with = code
    with pytest.raises(LoginRefused, match=why):
        async with asyncio.timeout(60):
            await serve(settings(fake, tmp_path), announce=lambda _: None, stop=asyncio.Event())
