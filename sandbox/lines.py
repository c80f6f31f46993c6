"""Lines over an asyncio transport, with as little between the socket and the reader as there can be."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress

from sandbox.protocol import MAX_LINE

_CHUNK = 65536  # bytes


class Lines(asyncio.Protocol):
    """Calls `on_line` with every whole line and `on_lost` once, with why; half a line at the end is nobody's."""

    def __init__(self, on_line: Callable[[bytes], None], on_lost: Callable[[str], None]) -> None:
        """Both are called on the event loop."""
        self._on_line = on_line
        self._on_lost = on_lost
        self._rest: list[bytes] = []
        self._rest_size = 0
        self._transport: asyncio.Transport | None = None
        self._closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """From here on lines come and go."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 a stream's transport, for the type checker
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Cut at newlines; a line that never ends is a lost connection."""
        if b"\n" not in data:
            self._keep(data)
            return
        head, *middle = data.split(b"\n")
        last = middle.pop()
        if self._rest:
            head = b"".join((*self._rest, head))
            self._rest, self._rest_size = [], 0
        self._on_line(head)
        for line in middle:
            self._on_line(line)
        if last:
            self._keep(last)

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side has gone, or we have.

        Whoever writes to somebody who has just gone learns that first; what they said last can still be read then.
        """
        if exc is not None:
            self._read_what_is_left()
        self._rest = []
        self._closed = True
        self._on_lost(str(exc or "closed"))

    def send(self, line: bytes) -> bool:
        """Queue a line; False where the other side has gone already and will never see it."""
        if self._transport is None or self._transport.is_closing():
            return False
        self._transport.write(line)
        return not self._transport.is_closing()

    def abort(self) -> None:
        """Drop the connection now, with whatever was to be sent."""
        if self._transport is not None:
            self._transport.abort()

    def finish(self) -> None:
        """Close once everything is sent."""
        if self._transport is not None:
            self._transport.close()

    @property
    def closed(self) -> bool:
        """Nothing comes any more."""
        return self._closed

    @property
    def unsent(self) -> int:
        """Bytes that the other side has not taken yet."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def _read_what_is_left(self) -> None:
        if self._transport is None:
            return
        descriptor, left = self._transport.get_extra_info("socket").fileno(), MAX_LINE
        with suppress(OSError):
            while left > 0 and (data := os.read(descriptor, _CHUNK)):
                left -= len(data)
                self.data_received(data)

    def _keep(self, data: bytes) -> None:
        self._rest.append(data)
        self._rest_size += len(data)
        if self._rest_size > MAX_LINE:
            self.abort()
