"""Watching the store for posts: what comes is told in its order, and nothing is asked while nobody looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.adapters.wall import Watch
from bot.command import Place
from bot.reply import Reply, Text, plain
from bot.store import posts
from bot.store.posts import Change
from bot.store.store import Store, open_store
from tests.bot.conversation import START

GENERAL = Place(platform="web", community="page", channel="general")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "s") as opened:
        yield opened


class Looking:
    """Somebody who looks at channels, and what they were told."""

    def __init__(self, store: Store) -> None:
        self.channels: set[str] = set()
        self.told: list[str] = []
        self._news = asyncio.Event()
        self.watch = Watch(
            "web", "page", store, channels=lambda: self.channels, people=tuple, show=self._show, look_s=0.01
        )

    def _show(self, change: Change) -> None:
        self.told.append(plain(change.exchange.reply))
        self._news.set()

    async def hears(self, count: int) -> list[str]:
        """What was told, once it is so much."""
        async with asyncio.timeout(30):
            while len(self.told) < count:
                self._news.clear()
                await self._news.wait()
        return self.told

    @asynccontextmanager
    async def at(self, channel: str) -> AsyncIterator[None]:
        """Looks at a channel, and no longer."""
        self.channels.add(channel)
        await self.watch.begin()
        yield
        self.channels.discard(channel)


@pytest.fixture
async def looking(store: Store) -> AsyncIterator[Looking]:
    found = Looking(store)
    task = asyncio.create_task(found.watch.run())
    yield found
    task.cancel()
    await asyncio.wait([task])


async def post(store: Store, text: str, channel: str = "general") -> None:
    place = Place(platform="web", community="page", channel=channel)
    await store.posts.put(f"{channel}{text}", place, Reply(parts=(Text(text=text),)), START)


async def test_what_was_posted_before_is_history_and_what_comes_is_told(store: Store, looking: Looking) -> None:
    await post(store, "before")
    async with looking.at("general"):
        await post(store, "after")
        assert await looking.hears(1) == ["after"]


async def test_more_than_is_read_at_once_is_told_to_the_last(
    store: Store, looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posts, "MOST", 2)
    async with looking.at("general"), looking.at("aside"):
        for number in range(5):
            await post(store, f"{number}", "general" if number % 2 else "aside")
        assert await looking.hears(5) == ["0", "1", "2", "3", "4"]


async def test_while_nobody_looks_nothing_is_told_then_or_later(store: Store, looking: Looking) -> None:
    async with looking.at("general"):
        await post(store, "seen")
        await looking.hears(1)
    await post(store, "unseen")
    looking.watch.wake()
    async with looking.at("aside"):
        await post(store, "seen, too", "aside")
        assert await looking.hears(2) == ["seen", "seen, too"]


async def test_a_store_that_is_away_for_a_moment_is_asked_again(
    store: Store, looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = asyncio.Event()

    async def away() -> int:
        failed.set()
        raise OSError("no route to the database")

    async with looking.at("general"):
        with capture_logs() as lines:
            with monkeypatch.context() as patched:
                patched.setattr(store.posts, "newest", away)
                await failed.wait()
            await post(store, "there")
            assert await looking.hears(1) == ["there"]
    assert lines[0]["event"] == "posts.look"
