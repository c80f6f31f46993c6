"""Answers over NATS, each to the one who asked: one subscription, a box with an unguessable address for each question.

What comes for a box that is not there any more is nobody's, so that nobody is answered twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nats.aio.client import Client
from nats.aio.msg import Msg

from sandbox.nats_words import INBOX

_MOST_UNREAD = 256  # messages in one box; whoever sends more is no member of ours


class Box:
    """Where the answers to one question come in."""

    def __init__(self, token: str, address: str) -> None:
        """See `Post.box`."""
        self.token = token
        self.address = address
        self._unread: asyncio.Queue[Msg] = asyncio.Queue(_MOST_UNREAD)

    def put(self, message: Msg) -> None:
        """Lost where there are too many already."""
        if not self._unread.full():
            self._unread.put_nowait(message)

    async def next(self, until: float) -> Msg | None:
        """The next message, or None where none came until that loop time."""
        try:
            async with asyncio.timeout_at(until):
                return await self._unread.get()
        except TimeoutError:
            return None

    def next_now(self) -> Msg | None:
        """The next message, or None where there is none."""
        return None if self._unread.empty() else self._unread.get_nowait()


class Post:
    """All boxes of one asker."""

    def __init__(self, token: Callable[[], str]) -> None:
        """`token` gives letters and digits that nobody can guess."""
        self._token = token
        self._prefix = f"{INBOX}.{token()}"
        self._boxes: dict[str, Box] = {}

    async def subscribe(self, client: Client) -> None:
        """Have answers come in over this connection."""
        await client.subscribe(f"{self._prefix}.*", cb=self._deliver)

    @contextmanager
    def box(self) -> Iterator[Box]:
        """A box for one question, as long as this is open."""
        token = self._token()
        box = self._boxes[token] = Box(token, f"{self._prefix}.{token}")
        try:
            yield box
        finally:
            del self._boxes[token]

    async def _deliver(self, message: Msg) -> None:
        box = self._boxes.get(message.subject.rpartition(".")[2])
        if box is not None:
            box.put(message)
