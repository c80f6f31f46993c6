"""Files of answers that are in no history: held in memory for a while, for the one browser that fetches them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from bot.reply import File, Picture, Reply

HELD_S = 1800.0
MOST_BYTES = 64 << 20  # of all of them; the oldest go


class Handed:
    """Replies by whom they are for and when that was said."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` counts seconds."""
        self._now = now
        self._held: OrderedDict[tuple[str, datetime], tuple[float, int, Reply]] = OrderedDict()
        self._bytes = 0

    def put(self, person: str, at: datetime, reply: Reply) -> None:
        """Holds a reply that has files and that no history keeps."""
        size = sum(len(part.data) for part in reply.parts if isinstance(part, File | Picture))
        if reply.kept or not size:
            return
        self._held[person, at] = (self._now() + HELD_S, size, reply)
        self._bytes += size
        while self._bytes > MOST_BYTES or self._over():
            self._bytes -= self._held.popitem(last=False)[1][1]

    def get(self, person: str, at: datetime) -> Reply | None:
        """The reply, if it is still held."""
        while self._over():
            self._bytes -= self._held.popitem(last=False)[1][1]
        found = self._held.get((person, at))
        return None if found is None else found[2]

    def clear(self) -> None:
        """Holds none any more."""
        self._held.clear()
        self._bytes = 0

    def _over(self) -> bool:
        return bool(self._held) and next(iter(self._held.values()))[0] <= self._now()
