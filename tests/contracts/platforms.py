"""Four ways in, as one study group sees them: something is said or pressed, and something is heard.

A platform joins by one more function in `PLATFORMS` that opens a `Group` over a core.
"""

from __future__ import annotations

import asyncio
import io
import mimetypes
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import simcord
from aiohttp.test_utils import TestServer

from bot.adapters.discord import create_bot
from bot.adapters.slack.client import StrideApp, create_app, socket_mode
from bot.adapters.terminal.chat import chat
from bot.adapters.terminal.parse import Speaker
from bot.app import Core
from bot.settings import SlackSettings
from tests.bot.adapters.lab import Lab, lab_settings, open_lab
from tests.bot.adapters.slack.blocks import walk, words
from tests.bot.adapters.slack.fake_slack import APP_TOKEN, BOT_TOKEN, FakeSlack
from tests.bot.adapters.web.served import Talk, served


@dataclass(frozen=True)
class Heard:
    """An answer as a person gets it: all its words, whether they alone see it, and the buttons that it offers."""

    text: str
    alone: bool
    buttons: tuple[str, ...] = ()


class Group(Protocol):
    """One person in a channel of a platform."""

    async def says(self, text: str) -> Heard:
        """Types a command, and reads the answer."""

    async def presses(self, label: str) -> Heard:
        """Presses a button of the last answer that had any, and reads what follows."""


Opener = Callable[[Lab, Path], AbstractAsyncContextManager[Group]]


class OnDiscord:
    def __init__(self, env: Any, core: Core) -> None:
        self._env, self._core = env, core
        self._channel = env.create_guild().create_text_channel("study-group")
        self._alice = env.guild.add_member(env.create_user("alice"))
        self._offer: Any = None

    async def says(self, text: str) -> Heard:
        name, _, rest = text.removeprefix("/").partition(" ")
        declared = next(each for each in self._core.commands if each.name == name)
        options = {declared.options[0].name: rest} if rest else {}
        return self._heard(await self._alice.slash(self._channel, name, **options))

    async def presses(self, label: str) -> Heard:
        return self._heard(await self._alice.click(self._offer, label=label))

    def _heard(self, result: Any) -> Heard:
        held = list(walk(result.response.components))
        buttons = tuple(each["label"] for each in held if each.get("type") == 2)
        if buttons:
            self._offer = result.response
        text = "\n".join(each["content"] for each in held if "content" in each)
        return Heard(text.replace("\\", ""), result.ephemeral, buttons)


class InSlack:
    def __init__(self, slack: FakeSlack, app: StrideApp) -> None:
        self._slack, self._app = slack, app
        self._offer: Any = None

    async def says(self, text: str) -> Heard:
        return await self._hears(self._slack.slash(text))

    async def presses(self, label: str) -> Heard:
        pressed = next(
            each["action_id"]
            for each in walk(self._offer.blocks)
            if each.get("type") == "button" and each["text"]["text"] == label
        )
        return await self._hears(self._slack.press(self._offer, pressed))

    async def _hears(self, payload: dict[str, Any]) -> Heard:
        await self._slack.by_socket(payload)
        await self._app.idle()
        said = self._slack.said[-1]
        buttons = tuple(each["text"]["text"] for each in walk(said.blocks) if each.get("type") == "button")
        if buttons:
            self._offer = said
        return Heard(words(said.blocks), said.seen_by is not None, buttons)


class AtTerminal:
    """`stride chat`: buttons are numbers, and nobody else is there."""

    def __init__(self) -> None:
        self.out = io.StringIO()
        self._typed: asyncio.Queue[str | None] = asyncio.Queue()
        self._waiting: asyncio.Queue[None] = asyncio.Queue()
        self._labels: tuple[str, ...] = ()

    async def read(self, _prompt: str, _field: object = None) -> str | None:
        self._waiting.put_nowait(None)
        return await self._typed.get()

    async def says(self, text: str | None) -> Heard:
        await self._waiting.get()
        at = len(self.out.getvalue())
        self._typed.put_nowait(text)
        if text is None:
            return Heard("", alone=True)
        await self._waiting.get()
        self._waiting.put_nowait(None)
        said = self.out.getvalue()[at:]
        return Heard(said, alone=True, buttons=tuple(label for label in ("Why?", "Python") if label in said))

    async def presses(self, label: str) -> Heard:
        return await self.says({"Why?": "1", "Python": "2"}[label])


class OnThePage:
    """Someone on the web page: what they read is what their browser is sent."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._offer: dict[str, str] = {}

    async def says(self, text: str) -> Heard:
        return self._heard(await self._talk.says(text))

    async def presses(self, label: str) -> Heard:
        event = await self._talk.sends(type="act", action=self._offer[label])
        while True:
            message = (await self._talk.hears("message"))["message"]
            if message["of"] == event:
                return self._heard(message)

    def _heard(self, message: dict[str, Any]) -> Heard:
        offered = {
            button["label"]: button["action"]
            for part in message["parts"]
            if part["type"] == "buttons"
            for button in part["buttons"]
        }
        self._offer = offered or self._offer
        return Heard("\n".join(_page_words(part) for part in message["parts"]), message["private"], tuple(offered))


def _page_words(part: dict[str, Any]) -> str:
    """What of a part stands on the page."""
    if part["type"] == "table":
        rows = [part["headers"], *part["rows"]]
        return "\n".join([part["title"], *("  ".join(row) for row in rows)])
    return str(part.get("text") or part.get("code") or part.get("label") or "")


@asynccontextmanager
async def page(lab: Lab, folder: Path) -> AsyncIterator[Group]:
    async with served(folder, lab) as found, found.visitor() as visitor:
        talk, _ = await visitor.enters()
        yield OnThePage(talk)


@asynccontextmanager
async def discord(lab: Lab, folder: Path) -> AsyncIterator[Group]:
    mimetypes.init()  # the simulation's files need them, and reading them blocks
    async with open_lab(lab, lab_settings(folder)) as core:
        env = simcord.Env(create_bot(core.settings, core))
        await env.start()
        try:
            yield OnDiscord(env, core)
        finally:
            await env.shutdown()
        env.raise_errors()


@asynccontextmanager
async def slack(lab: Lab, folder: Path) -> AsyncIterator[Group]:
    fake = FakeSlack()
    async with TestServer(fake.application()) as server:
        fake.base = str(server.make_url("")).rstrip("/")
        settings = {"bot_token": BOT_TOKEN, "app_token": APP_TOKEN, "api_base": f"{fake.base}/api/"}
        async with open_lab(lab, lab_settings(folder, SlackSettings.model_validate(settings))) as core:
            app = create_app(core.settings, core)
            handler = socket_mode(core.settings, app)
            await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt's own
            await fake.connected()
            try:
                yield InSlack(fake, app)
            finally:
                await app.idle()
                await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt's own
    assert not fake.refused


@asynccontextmanager
async def terminal(lab: Lab, folder: Path) -> AsyncIterator[Group]:
    group = AtTerminal()
    async with open_lab(lab, lab_settings(folder)) as core, asyncio.TaskGroup() as tasks:
        tasks.create_task(chat(core, Speaker(name="alice"), read=group.read, out=group.out))
        yield group
        await group.says(None)


PLATFORMS: tuple[Opener, ...] = (discord, page, slack, terminal)
