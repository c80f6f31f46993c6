"""Who is listening in which channel, and how an answer reaches them all without waiting for the slowest."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator

from bot.adapters.web.limits import MAX_WAITING_FRAMES
from bot.adapters.web.render import Json, author
from bot.command import User


class Listener:
    """One open page: what waits to be sent to it, and whose it is."""

    def __init__(self, user: User, channel: str) -> None:
        self.user = user
        self.channel = channel
        self.dropped = asyncio.Event()  # too slow, or to come in again
        self._waiting: asyncio.Queue[str] = asyncio.Queue(MAX_WAITING_FRAMES)

    def send(self, frame: Json) -> None:
        """Puts a frame in line; a page that reads too slowly is dropped, and catches up when it is back."""
        self.put(json.dumps(frame, separators=(",", ":")))

    def put(self, text: str) -> None:
        """Puts a frame in line that is text already."""
        try:
            self._waiting.put_nowait(text)
        except asyncio.QueueFull:
            self.dropped.set()

    async def next(self) -> str:
        """The next frame to send."""
        return await self._waiting.get()


class Hub:
    """Every open page, by channel."""

    def __init__(self) -> None:
        self._channels: defaultdict[str, set[Listener]] = defaultdict(set)

    def add(self, listener: Listener) -> None:
        """A page was opened; the others see who came."""
        self._channels[listener.channel].add(listener)
        self._say_who_is_here(listener.channel)

    def remove(self, listener: Listener) -> None:
        """A page was closed."""
        self._channels[listener.channel].discard(listener)
        self._say_who_is_here(listener.channel)
        if not self._channels[listener.channel]:
            del self._channels[listener.channel]

    def channels(self) -> list[str]:
        """The channels that somebody has open."""
        return list(self._channels)

    def people(self) -> set[str]:
        """Who has a page open, by their ids."""
        return {listener.user.id for listener in self.everyone()}

    def everyone(self) -> Iterator[Listener]:
        """Every open page."""
        for listeners in self._channels.values():
            yield from listeners

    def pages_of(self, person: str) -> list[Listener]:
        """The pages that one person has open."""
        return [listener for listener in self.everyone() if listener.user.id == person]

    def here(self, channel: str) -> list[User]:
        """The people in a channel, each once, by name."""
        people = {listener.user.id: listener.user for listener in self._channels.get(channel, ())}
        return sorted(people.values(), key=lambda user: (user.name.casefold(), user.id))

    def send(self, channel: str, frame: Json, *, only: str | None = None) -> None:
        """A frame to all pages of a channel, or to one person's there."""
        text = json.dumps(frame, separators=(",", ":"))
        for listener in self._channels.get(channel, ()):
            if only is None or listener.user.id == only:
                listener.put(text)

    def changed(self, user: User) -> None:
        """Someone has a new name or role: all their pages speak as this from now on."""
        for listener in self.pages_of(user.id):
            listener.user = user
        for channel in {listener.channel for listener in self.pages_of(user.id)}:
            self._say_who_is_here(channel)

    def drop_all(self) -> None:
        """Closes every page's line; they come back by themselves."""
        for listener in self.everyone():
            listener.dropped.set()

    def _say_who_is_here(self, channel: str) -> None:
        people = [author(user) for user in self.here(channel)]
        self.send(channel, {"type": "people", "people": people})
