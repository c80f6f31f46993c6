"""A turn for what takes a while with a deck: reading a file, proving cards, writing a package.

It is a run like any other: everybody has one at a time, so often, and in fairness; it can be cancelled, and says
every few seconds how far it is, to the one whose it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from bot.actions import Action
from bot.command import Incoming
from bot.commands import meanwhile
from bot.commands.run import teller
from bot.reply import Button, Buttons, Part, Reply, Text

if TYPE_CHECKING:
    from bot.app import Core

T = TypeVar("T")
BUDGET_S = 90.0  # a slow command has two minutes, and others wait meanwhile
PACE_S = 3.0  # between two words of progress: Slack lets nobody edit a message more often for long


@dataclass(slots=True)
class Turn:
    """A turn that somebody has.

    Attributes:
        at: what it is at, in a sentence; whoever does the work changes it.
        ticket: by which it can be cancelled, once that is known.
        until: by the loop's clock: nothing that can wait is begun later.
    """

    at: str = ""
    ticket: str = ""
    until: float = 0.0


async def in_turn(core: Core, incoming: Incoming, work: Callable[[Turn], Awaitable[T]]) -> T:
    """Does the work when its turn has come, and gives what it gives.

    Raises:
        Busy: this person runs something already, or has run much, or everybody does.
        Cancelled: somebody who may has cancelled it.
    """
    turn = Turn(until=asyncio.get_running_loop().time() + BUDGET_S)  # the wait in line counts, too
    say_place = teller(_whispering(incoming))

    async def tell(ticket: str, ahead: int) -> None:
        turn.ticket = ticket
        if ahead and say_place is not None:
            await say_place(ticket, ahead)

    async def told() -> T:
        async with _telling(incoming, turn):
            return await work(turn)

    return await core.gate.do(incoming, told, tell=tell)


def _whispering(incoming: Incoming) -> Incoming:
    """The same, with progress that concerns one person alone."""
    show = incoming.progress
    if show is None:
        return incoming
    return replace(incoming, progress=lambda reply: show(replace(reply, private=True)))


@asynccontextmanager
async def _telling(incoming: Incoming, turn: Turn) -> AsyncIterator[None]:
    """Says every few seconds what a turn is at, while what stands within goes on."""
    if incoming.progress is None:
        yield
        return
    telling = asyncio.create_task(_tell(incoming.progress, turn), name="deck progress")
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.wait({telling})


async def _tell(show: Callable[[Reply], Awaitable[None]], turn: Turn) -> None:
    said = ""
    while True:
        await asyncio.sleep(PACE_S)
        if turn.at in {"", said}:
            continue
        said = turn.at
        parts: list[Part] = [Text(text=said, tone="note")]
        if turn.ticket:
            cancel = Button(label="Cancel", action=Action("cancel", (turn.ticket,)), style="danger")
            parts.append(Buttons(buttons=(cancel,)))
        await meanwhile.show(show, Reply(parts=tuple(parts), private=True))
