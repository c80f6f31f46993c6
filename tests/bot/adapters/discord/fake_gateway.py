"""A small Discord over real sockets, for what the simulation stands before: the gateway's life, and REST's refusals."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

DISPATCH, IDENTIFY, RESUME, RECONNECT, HELLO, ACK = 0, 2, 6, 7, 10, 11
HEARTBEAT_MS = 41_250
APP, SESSION = "1000", "a-session"
BOT = {"id": APP, "username": "stride", "discriminator": "0", "avatar": None, "bot": True}
APPLICATION = {
    "id": APP, "name": "Stride", "description": "", "icon": None, "verify_key": "0", "summary": "", "flags": 0,
    "bot_public": True, "bot_require_code_grant": False, "owner": {**BOT, "bot": False},
}  # fmt: skip
CHANNEL = "2000"


@dataclass
class FakeDiscord:
    """The server and what it was told. `close_with` ends the next session at once, with Discord's code."""

    base: str = ""
    close_with: int | None = None
    refuse: list[web.Response] = field(default_factory=list)  # what the next messages are answered with
    lose: int = 0  # how many answers get lost on their way back
    posted: list[dict[str, Any]] = field(default_factory=list)
    answered: asyncio.Queue[str] = field(default_factory=asyncio.Queue)  # ids of what was done, as it is answered
    told: list[dict[str, Any]] = field(default_factory=list)  # identifications and resumptions
    socket: web.WebSocketResponse | None = None
    sequence: int = 0
    _came: asyncio.Queue[int] = field(default_factory=asyncio.Queue)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/api/v10/users/@me", _answers(BOT))
        app.router.add_get("/api/v10/oauth2/applications/@me", _answers(APPLICATION))
        app.router.add_get(f"/api/v10/applications/{APP}/commands", _answers([]))
        app.router.add_put(f"/api/v10/applications/{APP}/commands", _answers([]))
        app.router.add_post("/api/v10/channels/{channel}/messages", self._message)
        app.router.add_post("/api/v10/interactions/{id}/{token}/callback", self._callback)
        app.router.add_get("/gw", self._gateway)
        return app

    async def comes(self) -> int:
        """Waits until somebody identifies or resumes; which of the two."""
        return await self._came.get()

    async def dispatch(self, event: str, data: Any) -> None:
        """Tells of something that has happened."""
        assert self.socket is not None
        self.sequence += 1
        await self.socket.send_json({"op": DISPATCH, "t": event, "s": self.sequence, "d": data})

    async def ask_to_reconnect(self) -> None:
        """What Discord does every few hours."""
        assert self.socket is not None
        await self.socket.send_json({"op": RECONNECT, "d": None})

    async def _gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket = self.socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": HELLO, "d": {"heartbeat_interval": HEARTBEAT_MS}})
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            said = message.json()
            if said["op"] in {IDENTIFY, RESUME}:
                await self._lets_in(socket, said)
            else:
                await socket.send_json({"op": ACK})
        return socket

    async def _lets_in(self, socket: web.WebSocketResponse, said: dict[str, Any]) -> None:
        self.told.append(said)
        if self.close_with is not None:
            await socket.close(code=self.close_with)
        elif said["op"] == RESUME:
            assert said["d"]["session_id"] == SESSION
            assert said["d"]["seq"] == self.sequence
            await self.dispatch("RESUMED", {})
        else:
            there = {"v": 10, "user": BOT, "guilds": [], "application": APPLICATION, "session_id": SESSION}
            await self.dispatch("READY", there | {"resume_gateway_url": self.base.replace("http", "ws") + "/gw"})
        self._came.put_nowait(said["op"])

    async def slash(self, number: str, name: str) -> None:
        """Tells of a command that somebody has given, in their own chat with the bot."""
        somebody = {"id": "77", "username": "ann", "discriminator": "0", "avatar": None, "global_name": None}
        data = {"id": "1", "name": name, "type": 1}
        channel = {"id": CHANNEL, "type": 1, "recipients": [somebody]}
        done = {"id": number, "application_id": APP, "type": 2, "token": "t", "version": 1, "data": data}
        about = {"user": somebody, "channel_id": CHANNEL, "channel": channel, "entitlements": [], "locale": "en-US"}
        more = {"app_permissions": "0", "authorizing_integration_owners": {}, "context": 1, "attachment_size_limit": 1}
        await self.dispatch("INTERACTION_CREATE", done | about | more)

    async def _callback(self, request: web.Request) -> web.Response:
        self.answered.put_nowait(request.match_info["id"])
        return as_json({"interaction": {"id": request.match_info["id"], "type": 2}})

    async def _message(self, request: web.Request) -> web.Response:
        if self.refuse:
            return self.refuse.pop(0)
        sent = await request.json()
        known = next((each for each in self.posted if each["nonce"] == sent["nonce"]), None)
        if known is None:
            known = {**sent, "id": str(3_000 + len(self.posted)), "channel_id": request.match_info["channel"]}
            self.posted.append(known)
        if self.lose and request.transport is not None:
            self.lose -= 1
            request.transport.abort()
        return as_json(_MESSAGE | known)


_MESSAGE: dict[str, Any] = {
    "author": BOT, "content": "", "timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": None, "tts": False,
    "mention_everyone": False, "mentions": [], "mention_roles": [], "attachments": [], "embeds": [], "pinned": False,
    "type": 0,
}  # fmt: skip


def as_json(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """An answer whose type is named without a character set, as discord.py insists."""
    said = {"Content-Type": "application/json", **(headers or {})}
    return web.Response(body=json.dumps(body).encode(), status=status, headers=said)


def slow_down(seconds: float, *, by_cloudflare: bool = False) -> web.Response:
    """Discord asks to wait; its shield, which answers for it, bans for a while."""
    if by_cloudflare:
        return web.Response(status=429, text="error code: 1015")
    told = {"message": "You are being rate limited.", "retry_after": seconds, "global": False}
    return as_json(told, status=429, headers={"Retry-After": str(seconds), "Via": "1.1 google"})


def _answers(body: Any) -> Any:
    async def answer(_request: web.Request) -> web.Response:
        return as_json(body)

    return answer


@asynccontextmanager
async def fake_discord() -> AsyncIterator[FakeDiscord]:
    """The server on a free port."""
    fake = FakeDiscord()
    async with TestServer(fake.application()) as server:
        fake.base = str(server.make_url("")).rstrip("/")
        yield fake
