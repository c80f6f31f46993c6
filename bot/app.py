"""The core: everything that is the same on every platform, put together in one place.

An adapter turns an event into an `Incoming`, gives it to `Core.handle` and renders the `Reply`; it needs nothing else.
"""

from __future__ import annotations

import asyncio
import gc
import random
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import structlog

from bot.answers import Answers
from bot.clock import SYSTEM_CLOCK, Clock, SharedClock
from bot.command import Command, Completion, Incoming, Place
from bot.completion import complete
from bot.deck_files.reader import DeckReader
from bot.dispatch import QUICK_S, Dispatcher, clean
from bot.errors import StoreAway
from bot.fairness.gate import Gate
from bot.logs import Fingerprint
from bot.newest import Newest
from bot.pictures.pictures import Pictures
from bot.posting import Poster
from bot.reading_in import uncollected
from bot.reply import Reply
from bot.settings import Settings
from bot.store import verbs
from bot.store.exchange_rows import Exchange
from bot.store.store import Store, open_store
from sandbox.client import Sandbox, open_sandbox

if TYPE_CHECKING:
    from bot.study.study import Study
    from bot.tutor.tutor import Tutor
    from sandbox.oracle import Oracle


CONFIRM_S = 3.0  # that a card waits for its proof before it is asked; the jails may just be starting
TICKET = 12  # characters that name a run until it is over


class References:
    """Eight hexadecimal digits that name one event in the log and to people: names, not secrets."""

    def __init__(self, seed: int) -> None:
        """Asking the kernel for each would cost as much as finding the command."""
        self._random = random.Random(seed)  # noqa: S311 - names, not secrets

    def __call__(self) -> str:
        """The next one."""
        return f"{self._random.getrandbits(32):08x}"


def new_event() -> str:
    """An id for an event that no platform has given one."""
    return secrets.token_hex(16)


class Core:
    """What adapters and handlers hold. Made by `build_core`.

    Attributes:
        settings: as the process was started with.
        store: what is remembered.
        sandbox: runs torch, in a process of its own.
        pictures: draws numbers, in another.
        deck_files: reads decks that people send, each in one of its own.
        clock: says what time it is.
        shapes: what it has answered.
        runs: the newest of them, to look at closer.
        gate: lets runs in, in fairness; whoever runs people's code goes through it.
        posters: how to say something unasked, by platform; each adapter puts its own there while it is connected.
        confirm_s: how long a card waits for its proof before it is asked.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        sandbox: Sandbox,
        pictures: Pictures | None = None,
        commands: Sequence[Command] | None = None,
        clock: Clock = SYSTEM_CLOCK,
        new_reference: Callable[[], str] | None = None,
        new_event: Callable[[], str] = new_event,
        quick_s: float = QUICK_S,
        confirm_s: float = CONFIRM_S,
    ) -> None:
        """Takes what is already open; `build_core` opens it."""
        self.settings = settings
        self.store = store
        self.sandbox = sandbox
        self.pictures = pictures or Pictures()  # which draws nothing unless it was opened
        self.deck_files = DeckReader()
        self._own_commands = commands
        self._quick_s = quick_s
        self.clock = clock
        self.new_reference = new_reference or References(secrets.randbits(64))
        self.new_event = new_event
        self.shapes = Answers()
        self.runs = Newest()
        self.gate = Gate(
            settings.fairness,
            at_a_time={
                "cpu": settings.fairness.at_a_time or settings.sandbox.jail.side_by_side,
                "cuda": settings.sandbox.cuda.side_by_side,
            },
            clock=clock,
            new_id=lambda: self.new_event()[:TICKET],
        )
        self.posters: dict[str, Poster] = {}
        self.confirm_s = confirm_s
        self._reading: asyncio.Task[None] | None = None
        self._oracle: Oracle | None = None
        store.links.when_changed(self._read_anew)

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """Every command, in the order in which help lists them; what they do is read in with the first look."""
        if self._own_commands is not None:
            return tuple(self._own_commands)
        from bot.commands.registry import COMMANDS

        return COMMANDS

    @cached_property
    def dispatcher(self) -> Dispatcher:
        """Finds what an event asks for among them."""
        return Dispatcher(self.commands, fingerprint=Fingerprint(secrets.token_bytes(16)), quick_s=self._quick_s)

    @cached_property
    def tutor(self) -> Tutor:
        """Asks and remembers."""
        from bot.tutor.tutor import Tutor

        return Tutor(self)

    @cached_property
    def study(self) -> Study:
        """What the group does together."""
        from bot.study.study import Study

        return Study(self)

    async def read_in(self) -> None:
        """Has read in what answers, which takes some tenths of a second once: a page is served before."""
        if self._reading is None:
            self._reading = asyncio.create_task(asyncio.to_thread(_import), name="reading in")
        if not self._reading.done():
            await asyncio.shield(self._reading)

    def _read_anew(self) -> None:
        """Forgets what people said and did, as far as it is in memory: some were linked, or want to be forgotten."""
        self.tutor.read_anew()
        self.shapes.clear()
        self.runs.clear()

    async def oracle(self) -> Oracle:
        """Asks torch about a line of the layer language; with the first question the language is read in."""
        if self._oracle is None:
            self._oracle = await asyncio.to_thread(_learn, self.sandbox)
        return self._oracle

    @property
    def knows_the_language(self) -> bool:
        """Whether the layer language has been read in."""
        return self._oracle is not None

    async def put_clock_right(self) -> None:
        """Has the clock show what those of all bots on this store show; raises what the database does."""
        clock = self.clock
        if not isinstance(clock, SharedClock):
            return
        asked = clock.own.now()
        shared = await self.store.time()
        if shared is not None and clock.put_right(asked, shared, clock.own.now()):
            log = structlog.get_logger("clock")
            log.warning("clock.put_right", ahead_s=round(clock.ahead.total_seconds(), 1))

    async def organises(self, incoming: Incoming) -> bool:
        """Whether whoever did this is an organiser where they did it."""
        return incoming.user.organiser or await self.store.role_of(incoming.user.account) == "organiser"

    async def handle(self, incoming: Incoming) -> Reply | None:
        """Answers an event once; None where it has been seen before, since platforms deliver some twice."""
        await self.read_in()
        if not self.store.claim(incoming.id):
            return None
        incoming, turn = clean(incoming), self.store.belongings.turn
        try:
            incoming, known = await self._known(incoming)
            self.store.members.remember(incoming.place, known.user.id, incoming.at)
            reply = await self._answer(known)
        except StoreAway as fault:
            self.store.release(incoming.id)
            return replace(fault.reply(), private=True)
        except BaseException:  # cancelled: nobody was answered, so a second delivery must not be turned away
            self.store.release(incoming.id)
            raise
        if not self.store.belongings.forgotten_since(incoming.user.account, turn):
            self.store.record_exchange(incoming, reply)
            await self.store.room()
        return reply

    async def again(self, incoming: Incoming, text: str) -> Reply:
        """Answers a press as if `text` had been typed, for buttons that stand for a line."""
        return await self._answer(replace(incoming, text=text, action=None, values={}))

    def complete(self, text: str) -> list[Completion]:
        """Ways to go on with a message such as `/shape conv1d 3 `, best first; never raises."""
        return complete(self, text)

    async def history(
        self, place: Place, *, before: int | None = None, limit: int = 50, viewer: str | None = None
    ) -> list[Exchange]:
        """The newest exchanges of a channel, oldest first; see `Store.history`."""
        return await self.store.history(place, before=before, limit=limit, viewer=viewer)

    async def _known(self, incoming: Incoming) -> tuple[Incoming, Incoming]:
        """The same in the group that it belongs to: by the account, for the history, and by whose account that is."""
        user = incoming.user
        try:
            incoming = await self.study.homes.at_home(incoming)
            person = await self.store.links.person_of(user.account)
        except Exception as fault:
            if self.store.is_away(fault):
                raise StoreAway from fault
            raise
        return incoming, incoming if person == user.id else replace(incoming, user=replace(user, id=person))

    async def _answer(self, incoming: Incoming) -> Reply:
        reference = self.new_reference()
        with structlog.contextvars.bound_contextvars(id=reference):
            reply = await self.dispatcher.answer(self, incoming, reference)
        # What went wrong concerns whoever asked; nobody learns well in front of an audience.
        return reply if reply.fault is None or reply.private else replace(reply, private=True)


def _import() -> None:
    """What `Core` looks for when it is first asked; it is put together on the loop, by one."""
    with uncollected():
        import bot.commands.registry
        import bot.pictures.chart_wire
        import bot.study.study
        import bot.tutor.tutor  # noqa: F401 - to be found there

        verbs.read_in()


def _learn(sandbox: Sandbox) -> Oracle:
    """Reads in the layer language, its files and what speaks about them, which takes a good part of a second."""
    from bot.commands import shape_reply  # noqa: F401 - so that the first answer finds it there
    from sandbox.language import shelf
    from sandbox.oracle import Oracle

    shelf.read_all()
    if not gc.get_freeze_count():
        # What was read in stays: a collector that walks it again and again takes a tenth of every answer.
        gc.freeze()
    return Oracle(sandbox)


@asynccontextmanager
async def build_core(
    settings: Settings,
    *,
    clock: Clock | None = None,
    sandbox: AbstractAsyncContextManager[Sandbox] | None = None,
    patient: bool = False,
) -> AsyncIterator[Core]:
    """The core with its store and its worker open; everything is written and closed on the way out.

    Args:
        settings: as read by `bot.settings.load`.
        clock: what time it is; None: this machine's, put right where bots on other machines share the store.
        sandbox: another way to torch than `settings.sandbox` names.
        patient: the first question waits for as long as torch takes to be imported, instead of being told to wait.

    Raises:
        StoreError: the store cannot be used.
    """
    way = settings.sandbox
    if patient:
        jail = way.jail.model_copy(update={"wait_s": max(way.start_s, way.jail.wait_s)})
        way = way.model_copy(update={"wait_s": way.start_s, "jail": jail})
    async with (
        open_store(settings.database) as store,
        open_sandbox(way, settings.nats) if sandbox is None else sandbox as worker,
        Pictures() as pictures,
    ):
        core = Core(
            settings=settings,
            store=store,
            sandbox=worker,
            pictures=pictures,
            clock=clock or (SYSTEM_CLOCK if settings.database_url is None else SharedClock()),
            quick_s=QUICK_S + way.start_s if patient else QUICK_S,
            confirm_s=way.start_s if patient else CONFIRM_S,
        )
        await core.put_clock_right()
        yield core
