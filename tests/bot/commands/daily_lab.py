"""A channel to which cards come by themselves, for those who try its days and those who set them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.adapters.wall import WallPoster
from bot.reply import Reply, plain
from bot.study.making import Did
from sandbox.client import Sandbox
from tests.bot.conversation import Conversation, conversation

FRIDAY = datetime(2026, 3, 27, 7, 0, tzinfo=UTC)  # eight in Berlin, two days before the clocks change
NINE = FRIDAY + timedelta(hours=1)
SET = "/daily set 09:00 Europe/Berlin"


class Channel(Conversation):
    """A channel to which things come by themselves."""

    async def comes(self, at: datetime) -> list[dict[str, Any]]:
        """All that falls due at a moment; what became of it."""
        self.clock.at = at
        found: list[Did] = await self.core.study.rounds.once(at)
        return [each.data for each in found if each.what in {"daily", "reveal"}]

    async def posts(self) -> list[Reply]:
        """What stands in the channel that nobody asked for."""
        said = await self.core.history(self.place, viewer="test:nobody")
        return [each.reply for each in said if not each.person]

    async def card(self, at: datetime) -> dict[str, Any]:
        """The card that comes at a moment, and nothing else."""
        [came] = [each for each in await self.comes(at) if each["kind"] == "daily"]
        return came


@asynccontextmanager
async def a_channel(
    folder: Path, sandbox: AbstractAsyncContextManager[Sandbox] | None = None
) -> AsyncIterator[Channel]:
    """A group that has Stride post; without a sandbox torch is away."""
    async with conversation(folder, sandbox=sandbox, organisers=frozenset({"olga"})) as talk:
        talk.clock.at = FRIDAY
        found = Channel(talk.core, talk.clock, talk.place, talk.organisers)
        found.core.posters["test"] = WallPoster("test", "page", talk.core.store, talk.clock)
        yield found


def said(reply: Reply) -> str:
    return plain(reply)
