"""A connection to NATS that is there for as long as it is wanted.

The library reconnects after a cut; what it gives up on (credentials that ran out, a server that closes for good) is
begun anew here. What is asked of NATS while it is away fails at once and in our own words.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from nats import errors
from nats.aio.client import Client, RawCredentials

from sandbox.settings import NatsSettings

_CONNECT_S = 2
_PAUSE_S = 0.5  # between two attempts at a server
_PING_S = 3  # a line that two pings in a row do not cross is cut
_REFUSED = "Authorization Violation"
_NO_BUFFER = -1  # what cannot be sent now is not sent later, when nobody waits for it any more
_log = logging.getLogger(__name__)

OnUp = Callable[[Client], Awaitable[None]]


class LinkDownError(Exception):
    """NATS cannot be reached, and why."""


class _Client(Client):
    """Never says who it is in clear where encryption was asked for."""

    encrypted = False

    def _connect_command(self) -> bytes:  # the one place that sends credentials, on every connection
        writer = getattr(self._transport, "_io_writer", None)
        if self.encrypted and (writer is None or writer.get_extra_info("ssl_object") is None):
            raise errors.Error("the server does not encrypt, and STRIDE_NATS__URL or __TLS_CA asks for it")
        return super()._connect_command()


class Link:
    """Use it in `async with`; entering does not wait for the server."""

    def __init__(self, settings: NatsSettings, name: str, on_up: OnUp) -> None:
        """Connects to nothing yet.

        Args:
            settings: where and as whom.
            name: what the server's own lists call us.
            on_up: subscribes; called for every connection that is new and not merely restored.
        """
        self._settings = settings
        self._name = name
        self._on_up = on_up
        self._client: Client | None = None
        self._up = asyncio.Event()
        self._over = asyncio.Event()
        self._reason = "not connected yet"
        self._task: asyncio.Task[None] | None = None
        self._checking: asyncio.Task[bool] | None = None
        self.since = 0.0  # loop time of the last return after a cut, 0 where there was none

    async def __aenter__(self) -> Link:
        """Begins to connect."""
        self._task = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Sends what is on its way, and closes."""
        if self._checking is not None:
            await asyncio.wait([self._checking])
        while self._task is not None and not self._task.done():
            self._task.cancel()  # more than once: the library loses one here and there
            await asyncio.wait([self._task], timeout=_PAUSE_S)

    @property
    def reason(self) -> str:
        """Why there is no connection."""
        return f"NATS at {self._settings.url} cannot be reached: {self._reason}"

    @property
    def up(self) -> bool:
        """Whether what is sent now has a way."""
        return self._up.is_set()

    async def ready(self) -> Client:
        """The connected client, once there is one."""
        while True:
            client = self._client
            if client is not None and self._up.is_set():
                if client.is_connected:
                    return client
                self._up.clear()  # the library knows already, and is about to tell
            await self._up.wait()

    async def send(self, subject: str, message: bytes, reply: str = "") -> None:
        """Send now; raises `LinkDownError` where that is not possible."""
        if self._client is None or not self.up:
            raise LinkDownError(self.reason)
        try:
            await self._client.publish(subject, message, reply)
        except (errors.Error, OSError) as fault:
            raise LinkDownError(f"{self.reason} ({fault})") from fault

    async def check(self) -> bool:
        """Whether the line still carries: True once all that the server had for us has been read.

        A line that does not is given up, and the library makes another.
        """
        if self._client is None or not self.up:
            return False
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._carries(self._client))
        # Shielded: the library stops reading for good where whoever waited for a pong has been cancelled.
        return await asyncio.shield(self._checking)

    async def _carries(self, client: Client) -> bool:
        try:
            await client.flush(_CONNECT_S)
        except (errors.Error, OSError):
            self._reason = "the server does not answer"
            if client is self._client and client.is_connected:
                self._up.clear()
                await client.force_reconnect()
            return False
        return True

    @property
    def most_bytes(self) -> int:
        """Of one message, as the server says."""
        return self._client.max_payload if self._client is not None else 0

    # The life of a connection.

    async def _keep(self) -> None:
        while True:
            self._over.clear()
            client = _Client()
            client.encrypted = self._settings.encrypted
            try:
                await client.connect(**await asyncio.to_thread(_options, self._settings), **self._events())
                await self._on_up(client)
                await read_by_server(client)
                self._client = client
                self._rise("connected to")
                await self._over.wait()
            except (errors.Error, OSError, ValueError) as fault:
                await self._complain(fault)
            finally:
                self._up.clear()
                await _end(client)
            await asyncio.sleep(_PAUSE_S)

    def _events(self) -> dict[str, Any]:
        async def down() -> None:
            if self._up.is_set():
                _log.warning("the connection to NATS at %s is lost", self._settings.url)
                self._reason = "the connection was lost"
            self._up.clear()

        async def restored() -> None:
            self.since = asyncio.get_running_loop().time()
            self._rise("connected again to")

        async def over() -> None:
            self._over.set()

        return {
            "name": self._name,
            "disconnected_cb": down,
            "reconnected_cb": restored,
            "closed_cb": over,
            "error_cb": self._complain,
            "connect_timeout": _CONNECT_S,
            "reconnect_time_wait": _PAUSE_S,
            "max_reconnect_attempts": -1,
            "ping_interval": _PING_S,
            "pending_size": _NO_BUFFER,
        }

    def _rise(self, how: str) -> None:
        self._reason = ""
        self._up.set()
        _log.info("%s NATS at %s", how, self._settings.url)

    async def _complain(self, fault: Exception) -> None:
        reason = _words(fault)
        if isinstance(fault, OSError) and _REFUSED in self._reason:
            return  # the server hangs up on whom it refuses: that it refused is what counts
        if reason != self._reason and not self._up.is_set():
            _log.warning("NATS at %s: %s", self._settings.url, reason)
        self._reason = reason


def _options(settings: NatsSettings) -> dict[str, Any]:
    """What the library is told; reads files, and raises `OSError` or `ValueError` where they are not right."""
    options: dict[str, Any] = {"servers": settings.servers}
    if settings.encrypted:
        context = ssl.create_default_context(cafile=settings.tls_ca)
        if settings.tls_cert is not None:
            context.load_cert_chain(settings.tls_cert, settings.tls_key)
        options["tls"] = context
    if settings.password is not None:
        options |= {"user": settings.user, "password": settings.password.get_secret_value()}
    if settings.token is not None:
        options["token"] = settings.token.get_secret_value()
    if settings.credentials is not None:
        options["user_credentials"] = RawCredentials(settings.credentials.read_text())
    if settings.nkey is not None:
        options["nkeys_seed_str"] = settings.nkey.read_text().strip()
    return options


def _words(fault: Exception) -> str:
    text = str(fault).removeprefix("nats: ").strip("' ")
    return text or type(fault).__name__


async def read_by_server(client: Client) -> None:
    """Returns once the server has read all that `client` was told to send or to subscribe to so far.

    The library writes the first ping ahead of what waits in its buffer; the second follows it.
    """
    await client.flush(_CONNECT_S)
    await client.flush(_CONNECT_S)


async def _end(client: Client) -> None:
    """Closed, whatever state it is in; what was to be sent goes first where the server listens."""
    with suppress(errors.Error, OSError, TimeoutError):
        async with asyncio.timeout(_CONNECT_S):
            await client.close()
