"""A page that is really served, and people who come to it as their browsers would."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar, DummyCookieJar, web

from bot.adapters.web import create_app
from bot.app import Core
from bot.settings import Settings, WebSettings
from tests.bot.adapters.lab import Lab, open_lab

INVITE = "an-invite-of-some-length"
HANG_S = 60  # after which a frame that is waited for will not come

Frame = dict[str, Any]


@dataclass
class Talk:
    """One open socket. Frames that nobody has asked for yet are kept in order."""

    socket: ClientWebSocketResponse
    kept: list[Frame] = field(default_factory=list)

    async def hears(self, kind: str) -> Frame:
        """The next frame of a kind; those before it are kept."""
        for frame in self.kept:
            if frame["type"] == kind:
                self.kept.remove(frame)
                return frame
        while True:
            frame = await self.socket.receive_json(timeout=HANG_S)
            if frame["type"] == kind:
                return dict(frame)
            self.kept.append(frame)

    async def sends(self, **frame: object) -> str:
        """A frame with an id of its own; the id."""
        event = str(frame.setdefault("id", secrets.token_hex(16)))
        await self.socket.send_json(frame)
        return event

    async def says(self, text: str) -> Frame:
        """Types a line; the exchange that the channel then shows."""
        event = await self.sends(type="say", text=text)
        while True:
            message: Frame = (await self.hears("message"))["message"]
            if message["of"] == event:
                return message


@dataclass
class Visitor:
    """Someone with a browser's cookies."""

    session: ClientSession
    url: str

    async def enters(self, channel: str = "general") -> tuple[Talk, Frame]:
        """Opens a channel's page and its socket; the socket, and the greeting on it."""
        async with self.session.get(f"{self.url}/c/{channel}") as answer:
            assert answer.status == 200
        talk = await self.connects(channel)
        return talk, await talk.hears("welcome")

    async def connects(self, channel: str = "general", **headers: str) -> Talk:
        """Opens a socket alone."""
        said = {"Origin": self.url} | headers
        return Talk(await self.session.ws_connect(f"{self.url}/ws?channel={channel}", headers=said))

    def cookie(self, name: str = "stride") -> str:
        """A cookie's value."""
        return next((cookie.value for cookie in self.session.cookie_jar if cookie.key == name), "")


@dataclass
class Served:
    """A page on a port of its own."""

    url: str
    port: int
    core: Core
    lab: Lab

    @asynccontextmanager
    async def visitor(self, *, cookies: bool = True) -> AsyncIterator[Visitor]:
        """Someone new."""
        jar = CookieJar(unsafe=True) if cookies else DummyCookieJar()
        async with ClientSession(cookie_jar=jar) as session:
            yield Visitor(session, self.url)


@asynccontextmanager
async def served(folder: Path, lab: Lab | None = None, *, port: int = 0, **web_settings: Any) -> AsyncIterator[Served]:
    """The page over a real core in a folder; the same folder and port again are a restart."""
    lab = lab or Lab()
    settings = Settings(data_dir=folder, web=WebSettings(**web_settings))
    async with open_lab(lab, settings) as core:
        runner = web.AppRunner(create_app(settings, core), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            bound = runner.addresses[0][1]
            yield Served(f"http://127.0.0.1:{bound}", bound, core, lab)
        finally:
            await runner.cleanup()
