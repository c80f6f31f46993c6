"""A study group on each platform: two people, a channel in which Stride speaks unasked, a clock, and restarts.

Every room is the real core on a real store with all of Stride's commands, behind the platform's real adapter.
"""

from __future__ import annotations

import asyncio
import io
import mimetypes
import re
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import discord
import simcord
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer

from bot.adapters.discord import create_bot
from bot.adapters.slack.client import create_app, socket_mode
from bot.adapters.terminal.chat import chat
from bot.adapters.terminal.parse import Speaker
from bot.adapters.web import create_app as create_page
from bot.adapters.web.client import organiser_path
from bot.app import Core, build_core
from bot.command import Place
from bot.reply import Field
from bot.settings import FairnessSettings, Settings, SlackSettings, WebSettings
from bot.study.making import Did
from sandbox.client import Sandbox
from tests.bot.adapters.discord.nonces import nonces
from tests.bot.adapters.slack.fake_people import ALICE, BOB, CHANNEL, TEAM
from tests.bot.adapters.slack.fake_slack import APP_TOKEN, BOT_TOKEN, FakeSlack
from tests.bot.adapters.web.served import Visitor
from tests.bot.conversation import SettableClock, torch_away
from tests.contracts.platforms import Heard, InSlack, OnDiscord, OnThePage
from tests.torch_here import lent

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)  # when the simulated Discord begins
SETTLE_S = 60.0  # that an answer may take on a busy machine
NAMES = ("alice", "bob")


class Member(Protocol):
    """Somebody of the group."""

    async def says(self, text: str) -> Heard:
        """Types a command, and reads the answer."""

    async def presses(self, label: str) -> Heard:
        """Presses a button of what they read last that had any, and reads what follows."""

    async def fills(self, **values: str) -> Heard:
        """Fills the form that is open, sends it, and reads the answer."""

    async def reads(self, words: str) -> Heard:
        """The newest message that Stride has sent to the channel by itself with these words in it."""


class StudyRoom:
    """A group whose first member is its organiser.

    Attributes:
        core: the core that answers now; a restart brings another one.
        ids: the people, by their names.
        place: the channel.
        hides_what_is_for_organisers: whether the platform shows others no such commands.
        shows_the_past: whether whoever comes back sees what was posted before, and can press it.
    """

    core: Core
    ids: dict[str, str]
    place: Place
    hides_what_is_for_organisers = False
    shows_the_past = True

    def __init__(self, folder: Path, sandbox: Sandbox | None = None) -> None:
        """Without a sandbox torch is away, which quizzes and cards live with."""
        self.clock = SettableClock(BEGIN)
        self.folder = folder
        self._sandbox = sandbox
        self._life = AsyncExitStack()
        self._members: dict[str, Member] = {}

    def __getitem__(self, name: str) -> Member:
        return self._members[name]

    async def __aenter__(self) -> StudyRoom:
        await self.begin()
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._life.aclose()
        await self.end()

    async def at(self, moment: datetime) -> list[Did]:
        """Lets time pass up to a moment, and does what is due then."""
        seconds = (moment - self.clock.at).total_seconds()
        assert seconds >= 0
        self.clock.at = moment
        await self.passes(seconds)
        return await self.core.study.rounds.once(moment)

    async def restarts(self) -> None:
        """Stride ends, and begins again on the same store."""
        await self._life.aclose()
        await self.connect()

    async def opened(self, **settings: Any) -> Core:
        """A core that lives until the end or a restart."""
        at_ease = FairnessSettings(person_burst=1_000, channel_burst=1_000)
        chosen = Settings(data_dir=self.folder, fairness=at_ease, sandbox=torch_away(self.folder), **settings)
        torch = None if self._sandbox is None else lent(self._sandbox)
        core = build_core(chosen, clock=self.clock, sandbox=torch, patient=True)
        return await self._life.enter_async_context(core)

    async def begin(self) -> None:
        """The platform is there."""

    async def connect(self) -> None:
        """Stride comes to it."""
        raise NotImplementedError

    async def passes(self, seconds: float) -> None:
        """Time passes on the platform, too."""

    async def end(self) -> None:
        """The platform goes."""


class _ReaderOnDiscord(OnDiscord):
    async def reads(self, words: str) -> Heard:
        for message in reversed(self._channel.history()):
            heard = await self._seen(message, [each.to_dict() for each in message.components], alone=False)
            if message.interaction_metadata is None and words in heard.text:
                return heard
        raise AssertionError(f"nothing in the channel says {words!r}")


class DiscordRoom(StudyRoom):
    hides_what_is_for_organisers = True

    async def begin(self) -> None:
        mimetypes.init()  # the simulation's files need them, and reading them blocks
        self._env: Any = None
        self._memory: Any = None
        self._channel: Any = None

    async def connect(self) -> None:
        core = self.core = await self.opened()
        if self._env is not None:
            await self._env.restart_bot(create_bot(core.settings, core))
            for name, member in self._members.items():
                self._members[name] = _ReaderOnDiscord(self._env, core, self._channel, member._alice)  # type: ignore[attr-defined]  # the same person
            return
        self._env = env = simcord.Env(create_bot(core.settings, core), settle_timeout=SETTLE_S)
        await env.start()
        self._memory = nonces(env)
        self._memory.__enter__()
        guild = env.create_guild()
        channel = self._channel = guild.create_text_channel("study-group")
        self.place = Place(platform="discord", community=str(guild.id), channel=str(channel.id))
        role = guild.create_role("organisers", permissions=discord.Permissions(manage_guild=True))
        for name in NAMES:
            actor = guild.add_member(env.create_user(name), roles=[role] if name == "alice" else [])
            self._members[name] = _ReaderOnDiscord(env, core, self._channel, actor)
        self.ids = {name: f"discord:{member._alice.id}" for name, member in self._members.items()}  # type: ignore[attr-defined]  # as it was just made

    async def passes(self, seconds: float) -> None:
        await self._env.advance_time(seconds)

    async def end(self) -> None:
        self._memory.__exit__(None, None, None)
        await self._env.shutdown()
        self._env.raise_errors()


class _ReaderInSlack(InSlack):
    async def reads(self, words: str) -> Heard:
        for said in reversed(self._slack.said):
            heard = self._seen(said)
            if said.metadata and words in heard.text:
                return heard
        raise AssertionError(f"nothing in the channel says {words!r}")


class SlackRoom(StudyRoom):
    async def begin(self) -> None:
        self._slack = FakeSlack(now=BEGIN.timestamp(), admins={ALICE})
        self._server = TestServer(self._slack.application())
        await self._server.start_server()
        self._slack.base = str(self._server.make_url("")).rstrip("/")
        self.place = Place(platform="slack", community=TEAM, channel=CHANNEL)
        self.ids = {"alice": f"slack:{TEAM}.{ALICE}", "bob": f"slack:{TEAM}.{BOB}"}

    async def connect(self) -> None:
        settings = {"bot_token": BOT_TOKEN, "app_token": APP_TOKEN, "api_base": f"{self._slack.base}/api/"}
        self.core = await self.opened(slack=SlackSettings.model_validate(settings))
        app = create_app(self.core.settings, self.core)
        handler = socket_mode(self.core.settings, app)
        await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt's own
        self._life.push_async_callback(handler.close_async)
        self._life.push_async_callback(app.idle)
        await self._slack.connected()
        self._members = {
            "alice": _ReaderInSlack(self._slack, app, by=ALICE),
            "bob": _ReaderInSlack(self._slack, app, by=BOB),
        }

    async def passes(self, seconds: float) -> None:
        self._slack.now += seconds

    async def end(self) -> None:
        await self._server.close()
        assert not self._slack.refused


class _ReaderOnThePage(OnThePage):
    async def reads(self, words: str) -> Heard:
        """Opens the page again, as one does who was away."""
        self._talk, welcome = await self._visitor.enters()
        for shown in reversed(welcome["messages"]):
            heard = await self._heard(shown, alone=shown["private"])
            if shown["key"].startswith("post-") and words in heard.text:
                return heard
        raise AssertionError(f"nothing in the channel says {words!r}")


class PageRoom(StudyRoom):
    async def begin(self) -> None:
        self.port = 0
        self._sessions = {name: ClientSession(cookie_jar=CookieJar(unsafe=True)) for name in NAMES}
        self.ids = {}
        self.place = Place(platform="web", community="page", channel="general")

    async def connect(self) -> None:
        core = self.core = await self.opened(web=WebSettings(port=0))
        runner = web.AppRunner(create_page(core.settings, core), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        self._life.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        self.port = runner.addresses[0][1]
        first = not self.ids
        for name in NAMES:
            visitor = Visitor(self._sessions[name], f"http://127.0.0.1:{self.port}")
            if first and name == "alice":
                async with visitor.session.get(visitor.url + await organiser_path(core)) as answer:
                    assert answer.status == 200
            talk, welcome = await visitor.enters()
            if first:
                await talk.sends(type="name", name=name)
                await talk.hears("you")
                self.ids[name] = f"web:{welcome['you']['id']}"
            self._members[name] = _ReaderOnThePage(talk, visitor)

    async def end(self) -> None:
        for session in self._sessions.values():
            await session.close()


class _AtTerminal:
    """`stride chat` in a channel, a process of its own for each, with numbers for buttons."""

    def __init__(self) -> None:
        self.out = io.StringIO()
        self._typed: asyncio.Queue[str | None] = asyncio.Queue()
        self._waiting: asyncio.Queue[Field | None] = asyncio.Queue()
        self._posted: asyncio.Queue[str] = asyncio.Queue()
        self._numbers: dict[str, str] = {}

    async def read(self, _prompt: str, field: Field | None = None) -> str | None:
        self._waiting.put_nowait(field)
        return await self._typed.get()

    async def above(self, show: Callable[[], None]) -> None:
        at = len(self.out.getvalue())
        show()
        self._posted.put_nowait(self.out.getvalue()[at:])

    async def is_asked(self) -> None:
        self._waiting.put_nowait(await self._waiting.get())

    async def says(self, text: str | None) -> Heard:
        await self._waiting.get()
        at = len(self.out.getvalue())
        self._typed.put_nowait(text)
        if text is None:
            return Heard("", alone=True)
        field = await self._waiting.get()
        self._waiting.put_nowait(field)
        return self._heard(self.out.getvalue()[at:], field)

    async def presses(self, label: str) -> Heard:
        return await self.says(self._numbers[label])

    async def fills(self, **values: str) -> Heard:
        (value,) = values.values()
        return await self.says(value)

    async def reads(self, words: str) -> Heard:
        async with asyncio.timeout(SETTLE_S):
            while words not in (shown := await self._posted.get()):
                pass
        return self._heard(shown, None)

    def _heard(self, shown: str, field: Field | None) -> Heard:
        found = {label.strip(): number for number, label in re.findall(r"\[(\d+)\] ([^\[\n]+)", shown)}
        self._numbers = found or self._numbers
        return Heard(shown, alone=True, buttons=tuple(found), form=(field.label,) if field else ())


class TerminalRoom(StudyRoom):
    shows_the_past = False

    async def connect(self) -> None:
        self.ids = {name: f"terminal:{name}" for name in NAMES}
        self.place = Place(platform="terminal", community="local", channel="group")
        for name in NAMES:
            core = await self.opened()
            member = self._members[name] = _AtTerminal()
            speaker = Speaker(name=name, organiser=name == "alice", channel="group")
            task = asyncio.create_task(chat(core, speaker, read=member.read, out=member.out, above=member.above))
            self._life.push_async_callback(self._leave, member, task)
            await member.is_asked()
            if name == "alice":
                self.core = core

    @staticmethod
    async def _leave(member: _AtTerminal, task: asyncio.Task[int]) -> None:
        await member.says(None)
        assert await task == 0


ROOMS: tuple[type[StudyRoom], ...] = (DiscordRoom, PageRoom, SlackRoom, TerminalRoom)
