"""The page's web server: who may come in, what is served, and the sockets.

`create_app` builds it over a core; whoever calls it decides when and where it listens.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from aiohttp import web

from bot.adapters.sent import NotTaken
from bot.adapters.web import files, guard, line, render
from bot.adapters.web.hub import Listener
from bot.adapters.web.identity import YEAR_S, Signer, same_secret
from bot.adapters.web.limits import (
    CONNECTIONS,
    FILES,
    GUESSES,
    MAX_SOCKETS,
    MAX_SOCKETS_A_PERSON,
    MAX_UPLOADING,
    Limiter,
)
from bot.adapters.web.parse import PLATFORM, channel_name
from bot.adapters.web.room import FIRST_CHANNEL, Room
from bot.errors import SettingsError
from bot.settings import Settings, is_loopback

if TYPE_CHECKING:
    from bot.app import Core

SECRET = "web"  # noqa: S105 - the name under which the store keeps it
SECRET_BYTES = 32
PATIENCE_S = 3.0
MAX_BODY = 1024  # nothing is sent here but frames on the socket, and files, which are read piece by piece

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def create_app(settings: Settings, core: Core) -> web.Application:
    """The page over a core, not yet listening.

    Raises:
        SettingsError: it could be reached from elsewhere, and no invite is set.
    """
    invite = settings.web.invite.get_secret_value() if settings.web.invite else ""
    if not is_loopback(settings.web.host) and not invite:
        raise SettingsError(
            f"STRIDE_WEB__HOST={settings.web.host} can be reached from elsewhere, so STRIDE_WEB__INVITE must be set"
        )
    return _Page(settings, core, invite).app()


async def signer(core: Core) -> Signer:
    """What signs the cookies of this store's people."""
    return Signer(await core.store.secret(SECRET, lambda: secrets.token_bytes(SECRET_BYTES)))


async def organiser_path(core: Core) -> str:
    """The path of the link that makes whoever opens it an organiser; `stride run` prints it for its operator."""
    return f"/join/{(await signer(core)).organiser_invite()}"


class _Page:
    """The handlers, and what they share."""

    def __init__(self, settings: Settings, core: Core, invite: str) -> None:
        self._core = core
        self._invite = invite
        self._secure = (settings.web.url or "").startswith("https://")
        self._hosts = guard.known_hosts(settings.web.host, settings.web.url)
        self._room = Room(core, time.monotonic)
        self._guesses = Limiter(GUESSES, time.monotonic)
        self._connections = Limiter(CONNECTIONS, time.monotonic)
        self._uploads = Limiter(FILES, time.monotonic)
        self._arriving = 0
        prefix = "__Host-" if self._secure else ""  # no other host of the same domain can plant one
        self._cookie, self._pass = f"{prefix}stride", f"{prefix}stride-invited"
        self._files: Mapping[str, files.Asset] = {}
        self._signer: Signer | None = None

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._guarded], client_max_size=MAX_BODY)
        app.router.add_get("/", self._home)
        app.router.add_get("/c/{channel}", self._channel)
        app.router.add_get("/join/{invite}", self._join)
        app.router.add_get("/ws", self._socket)
        app.router.add_get("/health", self._health)
        app.router.add_get("/static/{name}", self._file)
        app.router.add_post("/upload", self._upload)
        app.router.add_get(render.MEDIA + "/{channel}/{exchange}/{part:[0-9]{1,3}}", self._media)
        app.on_startup.append(self._open)
        app.on_shutdown.append(self._close)
        app.on_response_prepare.append(self._headers)
        return app

    async def _open(self, _app: web.Application) -> None:
        self._files = await asyncio.to_thread(files.load)
        self._room.client = files.version(self._files)
        self._signer = await signer(self._core)
        self._room.open()

    async def _close(self, _app: web.Application) -> None:
        await self._room.close(PATIENCE_S)

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        socket = request.path == "/ws" or "Upgrade" in request.headers
        words = guard.refusal(request.method, request.headers, self._hosts, socket=socket, secure=self._secure)
        if words is not None:
            return web.Response(status=403, text=words)
        return await handler(request)

    async def _headers(self, request: web.Request, response: web.StreamResponse) -> None:
        for name, value in guard.HEADERS.items():
            response.headers[name] = value
        response.headers["Server"] = "Stride"
        response.headers.setdefault("Cache-Control", "no-cache" if request.path.startswith("/static/") else "no-store")
        if self._secure:
            response.headers["Strict-Transport-Security"] = guard.HTTPS_ONLY

    async def _health(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _file(self, request: web.Request) -> web.Response:
        asset = self._files.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound(text="There is no such file.")
        return files.fresh(request, asset)

    async def _media(self, request: web.Request) -> web.Response:
        """A picture or a file of an answer, to whoever sees the answer itself."""
        person, channel = self._person(request), channel_name(request.match_info["channel"])
        if person is None or channel is None or not self._may_enter(request):
            return web.Response(status=403, text="Open the page first: this belongs to a conversation.")
        index = int(request.match_info["part"])
        return files.media(await self._room.part(channel, request.match_info["exchange"], index, person))

    async def _upload(self, request: web.Request) -> web.Response:
        """A file for a message that comes on the socket; the guard has seen which page it comes from."""
        person = self._person(request)
        if person is None or not self._may_enter(request):
            return web.Response(status=403, text="Reload the page: it does not know you any more.")
        if self._arriving >= MAX_UPLOADING or self._uploads.take(person):
            return web.Response(status=429, text="That are many files at once. Try again in a few seconds.")
        name = request.query.get("name", "")
        self._arriving += 1
        try:
            data = await files.received(request, name)
            key = self._room.uploads.put(f"{PLATFORM}:{person}", name, data)
        except NotTaken as fault:
            return web.Response(status=413, text=fault.message)
        except TimeoutError:
            return web.Response(status=408, text="The file took too long to arrive. Try again.")
        finally:
            self._arriving -= 1
        return web.json_response({"id": key})

    async def _home(self, request: web.Request) -> web.StreamResponse:
        if not self._may_enter(request):
            return self._closed()
        raise web.HTTPFound(f"/c/{FIRST_CHANNEL}")

    async def _channel(self, request: web.Request) -> web.StreamResponse:
        if not self._may_enter(request):
            return self._closed()
        if channel_name(request.match_info["channel"]) is None:
            raise web.HTTPNotFound(text="A channel's name has lower-case letters, digits and hyphens, at most 32.")
        page = files.answer(self._files[files.PAGE])
        person = self._person(request)
        self._give(page, self._cookie, self._signing.cookie(person) if person else self._signing.issue()[1])
        if self._invite and person:
            self._give(page, self._pass, self._signing.membership(person, self._invite))  # for another year
        return page

    async def _join(self, request: web.Request) -> web.StreamResponse:
        """An invite is shown once; the cookies that it earns are what lets someone in from then on."""
        given = request.match_info["invite"]
        organiser = same_secret(given, self._signing.organiser_invite())
        if not organiser and not same_secret(given, self._invite):
            if self._guesses.take(request.remote or ""):
                raise web.HTTPTooManyRequests(text="Too many wrong invites from your address. Try again in a minute.")
            return self._closed()
        person = self._person(request)
        cookie = None
        if person is None:
            person, cookie = self._signing.issue()
        if organiser:
            await self._room.make_organiser(person)
        welcome = web.Response(status=303, headers={"Location": "/"})
        if cookie is not None:
            self._give(welcome, self._cookie, cookie)
        if self._invite:
            self._give(welcome, self._pass, self._signing.membership(person, self._invite))
        return welcome

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        person = self._person(request)
        channel = channel_name(request.query.get("channel", ""))
        if person is None or channel is None or not self._may_enter(request):
            return await line.refuse(request, "Reload the page: it does not know you any more.", line.OUT)
        pages = self._room.hub.pages_of(f"{PLATFORM}:{person}")
        if len(pages) >= MAX_SOCKETS_A_PERSON:
            return await line.refuse(request, "You have this open in too many places.", line.AGAIN)
        crowded = len(list(self._room.hub.everyone())) >= MAX_SOCKETS
        if crowded or self._connections.take(person):
            return await line.refuse(request, "It is crowded here. Trying again in a moment.", line.AGAIN)
        user = await self._room.user(person)
        return await line.serve(request, self._room, Listener(user, channel))

    def _person(self, request: web.Request) -> str | None:
        return self._signing.person(request.cookies.get(self._cookie, ""))

    def _may_enter(self, request: web.Request) -> bool:
        if not self._invite:
            return True
        person = self._person(request)
        return person is not None and self._signing.is_member(person, self._invite, request.cookies.get(self._pass, ""))

    def _closed(self) -> web.Response:
        return files.answer(self._files["closed.html"], status=403)

    def _give(self, response: web.StreamResponse, name: str, value: str) -> None:
        response.set_cookie(name, value, max_age=YEAR_S, path="/", httponly=True, samesite="Lax", secure=self._secure)

    @property
    def _signing(self) -> Signer:
        if self._signer is None:
            raise RuntimeError("the application has not been started")
        return self._signer
