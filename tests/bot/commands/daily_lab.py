"""A channel to which cards come by themselves, for those who try its days and those who set them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.adapters.wall import WallPoster
from bot.command import Place
from bot.reply import MessageRef, Reply, plain
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


class Troubled:
    """A platform that does not take what is posted."""

    platform = "test"

    def __init__(self, fault: Exception) -> None:
        self.fault = fault
        self.asked: list[str] = []

    async def post(self, place: Place, reply: Reply, *, key: str, person: str = "") -> MessageRef:
        del place, reply, person
        self.asked.append(key)
        raise self.fault

    async def find(self, place: Place, *, key: str, since: datetime, person: str = "") -> MessageRef | None:
        del place, key, since, person
        return None

    def named(self, place: Place) -> str:
        raise NotImplementedError  # everybody here is in the channel

    async def obstacle(self, place: Place) -> str:
        del place
        return ""

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        del place, message, reply
        raise self.fault


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
