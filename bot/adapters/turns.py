"""Turns at changing a message that has been posted: one at a time, and of those that wait only the newest.

Platforms allow few edits a minute, and what was to be shown ten seconds ago need not be shown any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.reply import MessageRef


@dataclass(slots=True)
class _Line:
    """Those who want to change one message."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    newest: int = 0
    waiting: int = 0


class Turns:
    """Remembers nothing of a message that nobody is changing."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._lines: dict[MessageRef, _Line] = {}

    @asynccontextmanager
    async def at(self, message: MessageRef) -> AsyncIterator[bool]:
        """Waits for the turn at a message; False where somebody newer waits, who will say more than this."""
        line = self._lines.setdefault(message, _Line())
        line.newest += 1
        line.waiting += 1
        number = line.newest
        try:
            async with line.turn:
                yield number == line.newest
        finally:
            line.waiting -= 1
            if not line.waiting:
                del self._lines[message]
