"""The way to the jails: one run a person, so many at a time, the others in a line that says how far it is.

The rules are in `rates` and `line`; here they meet the clock, tasks, and people who change their minds.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import structlog

from bot.actions import Action
from bot.clock import Clock
from bot.command import Incoming, Place
from bot.errors import Busy, Cancelled
from bot.fairness.line import Line, LineFullError
from bot.fairness.rates import Buckets, Rate
from bot.reply import Button, Buttons
from bot.settings import FairnessSettings

T = TypeVar("T")
Tell = Callable[[str, int], Awaitable[None]]  # a ticket's id, and how many turns until it is called (0: it has one)

PATIENCE_S = 1.0  # a run that takes longer says that it is running
PACE_S = 1.0  # between two things that are told to one person: chats let nobody edit a message more often
LAST_WORD_S = 2.0  # for something that is being said when the answer is there

log = structlog.get_logger(__name__)


@dataclass(eq=False, slots=True, kw_only=True)
class Ticket:
    """One run, from when it is let in until it is over."""

    id: str
    person: str
    place: Place
    line: Line[Ticket]
    called: asyncio.Event = field(default_factory=asyncio.Event)
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    talking: asyncio.Lock = field(default_factory=asyncio.Lock)
    doing: asyncio.Task[Any] | None = None
    cancelled_by: str = ""


class Gate:
    """Lets runs in, one after another and in fairness. Of one event loop."""

    def __init__(
        self,
        settings: FairnessSettings,
        *,
        at_a_time: Mapping[str, int],
        clock: Clock,
        new_id: Callable[[], str],
        patience_s: float = PATIENCE_S,
        pace_s: float = PACE_S,
    ) -> None:
        """Nobody is in it.

        Args:
            settings: rates, and how many may wait.
            at_a_time: runs at once, by device.
            clock: what the rates go by.
            new_id: names a ticket.
            patience_s: how long a run may take before it says that it is running.
            pace_s: how long what was told stands before something else is.
        """
        self._clock, self._new_id, self._patience_s, self._pace_s = clock, new_id, patience_s, pace_s
        self._people = Buckets(Rate(burst=settings.person_burst, per_minute=settings.person_per_minute))
        self._channels = Buckets(Rate(burst=settings.channel_burst, per_minute=settings.channel_per_minute))
        self._lines: dict[str, Line[Ticket]] = {
            device: Line(at_a_time=most, waiting=settings.waiting) for device, most in at_a_time.items()
        }
        self._tickets: dict[str, Ticket] = {}

    async def do(
        self, incoming: Incoming, work: Callable[[], Awaitable[T]], *, device: str = "cpu", tell: Tell | None = None
    ) -> T:
        """Does the work when its turn has come, and gives what it gives.

        Args:
            incoming: who asks, and where.
            work: the run itself; it is cancelled with whoever waits here, and by `cancel`.
            device: whose line it joins.
            tell: is told how many turns it will be, whenever that changes; and where it runs for long, that it does.

        Raises:
            Busy: not now; the words say when.
            Cancelled: somebody who may has cancelled it.
        """
        ticket = self._admitted(incoming, device)
        ticket.doing = asyncio.create_task(self._in_turn(ticket, work))
        telling = asyncio.create_task(self._telling(ticket, tell)) if tell is not None else None
        try:
            found: T = await ticket.doing
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if not ticket.cancelled_by or (current is not None and current.cancelling()):
                raise
            raise _cancelled(ticket) from None
        finally:
            self._let_out(ticket)
            if telling is not None:
                await _hushed(telling, ticket.talking)
        return found

    def of(self, person: str) -> Ticket | None:
        """The run that somebody has in here, the latest of several."""
        return next((ticket for ticket in reversed(self._tickets.values()) if ticket.person == person), None)

    def ticket(self, ticket_id: str) -> Ticket | None:
        """The run of that id, if it is not over."""
        return self._tickets.get(ticket_id)

    def cancel(self, ticket: Ticket, *, by: str) -> None:
        """Ends a run, or takes it out of the line; whether somebody may is the caller's question.

        Args:
            ticket: which.
            by: the person who does, whose id goes into no words.
        """
        ticket.cancelled_by = by
        if ticket.doing is not None:
            ticket.doing.cancel()

    def _admitted(self, incoming: Incoming, device: str) -> Ticket:
        user, place, now = incoming.user, incoming.place, self._clock.now()
        line = self._lines.get(device)
        if line is None:
            raise ValueError(f"no line leads to {device!r}")
        if not user.operator:
            if (mine := self.of(user.id)) is not None:
                raise _one_at_a_time(mine)
            if wait := self._people.wait(user.id, now):
                raise Busy(f"You have run a lot just now. Your next run can start in {_seconds(wait)}.")
            if wait := self._channels.wait(place, now):
                raise Busy(f"A lot was run in this channel just now. The next run can start in {_seconds(wait)}.")
        ticket = Ticket(id=self._new_id(), person=user.id, place=place, line=line)
        try:
            line.join(user.id, ticket)
        except LineFullError:
            raise _full(len(line)) from None
        if not user.operator:
            self._people.take(user.id, now)
            self._channels.take(place, now)
        self._tickets[ticket.id] = ticket
        self._call(line)
        return ticket

    def _let_out(self, ticket: Ticket) -> None:
        self._tickets.pop(ticket.id, None)
        ticket.line.leave(ticket)
        self._call(ticket.line)

    def _call(self, line: Line[Ticket]) -> None:
        for called in line.call():
            called.called.set()
        for ticket in self._tickets.values():
            if ticket.line is line:
                ticket.moved.set()

    async def _in_turn(self, ticket: Ticket, work: Callable[[], Awaitable[T]]) -> T:
        await ticket.called.wait()
        return await work()

    async def _telling(self, ticket: Ticket, tell: Tell) -> None:
        said = None
        while said != 0:
            ticket.moved.clear()
            ahead = ticket.line.position(ticket)
            if not ahead:
                await asyncio.sleep(self._patience_s)
            if ahead != said:
                await self._tell(ticket, tell, ahead)
                said = ahead
                await asyncio.sleep(self._pace_s)
            if said:
                await ticket.moved.wait()

    async def _tell(self, ticket: Ticket, tell: Tell, ahead: int) -> None:
        async with ticket.talking:
            try:
                await tell(ticket.id, ahead)
            except Exception as fault:  # noqa: BLE001 - what is said before the answer is never needed
                log.warning("progress was not shown", error=type(fault).__name__)


def _one_at_a_time(ticket: Ticket) -> Busy:
    ahead = ticket.line.position(ticket)
    state = "waiting for its turn" if ahead else "running"
    cancel = Button(label="Cancel that one", action=Action("cancel", (ticket.id,)), style="danger")
    return Busy(
        f"You have a run that is still {state}, and everybody has one at a time. Wait for it, or cancel it.",
        suggestion="/cancel",
        buttons=Buttons(buttons=(cancel,)),
    )


def _full(waiting: int) -> Busy:
    line = {0: "All places are taken", 1: "1 run is waiting already, as many as may"}
    said = line.get(waiting, f"{waiting} runs are waiting already, as many as may")
    return Busy(f"{said}. Try again in a minute.")


def _cancelled(ticket: Ticket) -> Cancelled:
    by_owner = ticket.cancelled_by == ticket.person
    return Cancelled("You cancelled this run." if by_owner else "An organiser cancelled this run.")


def _seconds(wait: timedelta) -> str:
    seconds = math.ceil(wait.total_seconds())
    return "1 second" if seconds == 1 else f"{seconds} seconds"


async def _hushed(telling: asyncio.Task[None], talking: asyncio.Lock) -> None:
    """Ends the telling; what is half said is said first, or it would come after the answer."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_WORD_S), talking:
            pass
    telling.cancel()
    await asyncio.wait({telling})
