"""What is said unasked in a channel while somebody chats in it, above the line that they are typing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.adapters.terminal.parse import COMMUNITY, PLATFORM
from bot.adapters.wall import WallPoster, Watch
from bot.reply import plain

if TYPE_CHECKING:
    from bot.adapters.terminal.parse import Speaker
    from bot.app import Core
    from bot.store.exchange_rows import Exchange
    from bot.store.posts import Change

Print = Callable[["Exchange"], Awaitable[None]]
Above = Callable[[Callable[[], None]], Awaitable[None]]


def poster(core: Core, told: Callable[[], None] | None = None) -> WallPoster:
    """How something is said in a terminal's channels; `told` is called after each post."""
    return WallPoster(PLATFORM, COMMUNITY, core.store, core.clock, told=told)


@asynccontextmanager
async def posts(core: Core, speaker: Speaker, show: Print) -> AsyncIterator[None]:
    """While this is open, what falls due in terminals is done, and what comes in the speaker's channel is shown."""
    arrived: asyncio.Queue[Change] = asyncio.Queue()
    watch = Watch(
        PLATFORM,
        COMMUNITY,
        core.store,
        channels=lambda: (speaker.channel,),
        people=lambda: (f"{PLATFORM}:{speaker.name}",),
        show=arrived.put_nowait,
    )
    await watch.begin()
    core.posters[PLATFORM] = poster(core, watch.wake)
    tasks = [
        asyncio.create_task(watch.run(), name="terminal watch"),
        asyncio.create_task(_show(arrived, show), name="terminal posts"),
        asyncio.create_task(core.study.rounds.run(), name="terminal rounds"),
    ]
    try:
        yield
    finally:
        del core.posters[PLATFORM]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def directly(show: Callable[[], None]) -> None:
    """Prints where nobody is prompted."""
    show()


async def above_prompt(show: Callable[[], None]) -> None:
    """Prints above the line that somebody is typing."""
    from prompt_toolkit.application import run_in_terminal

    await run_in_terminal(show)


async def _show(arrived: asyncio.Queue[Change], show: Print) -> None:
    leads: dict[int, str] = {}
    while True:
        post = (await arrived.get()).exchange
        lead = plain(post.reply).partition("\n")[0]
        # A terminal cannot change what it has printed: an edit is shown where it begins to say something else.
        if leads.get(post.id) != lead:
            leads[post.id] = lead
            await show(post)
