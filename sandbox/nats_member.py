"""A sandbox of ours as a member of NATS's queue group: takes jobs while it has room, answers each, leaves in order.

A member never lets jobs pile up: without room it says so at once, and the asker goes elsewhere. While it works it
gives signs of life, and it stops working for an asker who is not there any more.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from nats import errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from sandbox import nats_words as words
from sandbox.client import Sandbox
from sandbox.nats_link import Link, LinkDownError
from sandbox.nats_words import Ask, Free
from sandbox.protocol import JobKind, ProtocolError, Result, Status, decode, encode, encode_report
from sandbox.settings import NatsSettings, SandboxSettings

_SHAPES = 32  # questions about shapes, which take half a millisecond, that one process may have before it
_MOST_GONE = 8  # signs of life in a row that found nobody: more than a reconnection takes
_MOST_CANCELLED = 1024  # cancelled before they came, remembered
_AGAIN_S = 0.05
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Room:
    """For jobs that share workers: so many at a time, and so many more that may wait."""

    now: int
    later: int
    taken: int = 0

    def has(self, *, patient: bool) -> bool:
        return self.taken < self.now + (self.later if patient else 0)

    def free(self, member: str) -> Free:
        now = max(0, self.now - self.taken)
        return Free(member, now, max(0, self.now + self.later - self.taken) - now)


@dataclass(slots=True, eq=False)
class _Taken:
    """A job that is on its way, and for whom."""

    task: asyncio.Task[None]
    reply: str
    missed: int = 0  # signs of life in a row that nobody received
    missing: bool = False  # and whether the last one was such


class Member:
    """Use it in `async with`: then jobs come in. Leaving it takes no more, and finishes those that it has."""

    def __init__(
        self, sandbox: Sandbox, settings: SandboxSettings, nats: NatsSettings, *, device: str, name: str
    ) -> None:
        """Connects to nothing yet.

        Args:
            sandbox: does the jobs.
            settings: how many it does at a time.
            nats: where jobs come from.
            device: what it computes on.
            name: letters and digits that no other member has.
        """
        self._sandbox = sandbox
        self._device = device
        self._name = name
        shapes, jails = _Room(_SHAPES * settings.workers, 0), _Room(*[_at_a_time(settings, device)] * 2)
        self._rooms = {kind: shapes if kind is JobKind.SHAPE else jails for kind in kinds(device)}
        self._link = Link(nats, f"stride worker {name} ({device})", self._subscribe)
        self._taking: list[Subscription] = []
        self._jobs: dict[str, _Taken] = {}
        self._cancelled: OrderedDict[str, None] = OrderedDict()
        self._reports: set[asyncio.Task[None]] = set()
        self._beating: asyncio.Task[None] | None = None
        self._leaving = False

    async def __aenter__(self) -> Member:
        """Begins to connect; see `joined`."""
        await self._link.__aenter__()
        self._beating = asyncio.create_task(self._beat())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Takes no more, finishes what it has, and goes."""
        self._leaving = True
        with suppress(errors.Error, OSError):
            # What the server has given us already is told that we are busy, and so goes elsewhere at once.
            for subscription in self._taking:
                await subscription.drain()  # type: ignore[no-untyped-call]  # the library leaves this one out
        while self._jobs:
            await asyncio.wait([taken.task for taken in self._jobs.values()])
        if self._beating is not None:
            self._beating.cancel()
        await asyncio.gather(*self._reports, return_exceptions=True)
        await self._link.__aexit__()

    async def joined(self) -> None:
        """Once jobs come in."""
        await self._link.ready()

    @property
    def reason(self) -> str:
        """Why none do."""
        return self._link.reason

    async def _subscribe(self, client: Client) -> None:
        async def hear(subject: str, handler: Callable[[Msg], Awaitable[None]], group: str = "") -> Subscription:
            return await client.subscribe(subject, group, cb=handler)

        mine = partial(words.member_subject, self._name)
        await hear(words.CANCEL, self._on_cancel)
        await hear(mine("cancel"), self._on_cancel)
        await hear(mine("gone.*"), self._on_gone)
        if self._leaving:
            return
        self._taking = [await hear(mine("ask"), self._on_ask), await hear(words.REPORT, self._on_report)]
        for kind, room in self._rooms.items():
            self._taking += [
                await hear(words.who_subject(kind, self._device), partial(self._on_who, room)),
                await hear(words.ask_subject(kind, self._device), self._on_ask, words.GROUP),
            ]

    # What comes in. Nothing here waits for a job: the library delivers one message after another.

    async def _on_ask(self, message: Msg) -> None:
        if not _answerable(message):
            return
        try:
            ask = words.decode_ask(message.data)
        except ProtocolError as fault:
            _log.debug("a message that is no job: %s", fault)
            return
        job = ask.job
        room = self._rooms.get(job.kind) if job.device == self._device else None
        if room is None:
            refusal = Result(id=job.id, status=Status.UNAVAILABLE, error=f"no {job.kind} on {job.device} here")
            await self._say(message.reply, words.encode_bounded(refusal, self._link.most_bytes))
        elif job.id in self._jobs or job.id in self._cancelled:
            return
        elif self._leaving or not room.has(patient=ask.patient):
            await self._say(message.reply, words.encode_busy(self._name))
        else:
            room.taken += 1
            task = asyncio.create_task(self._do(ask, message.reply))
            self._jobs[job.id] = _Taken(task, message.reply)
            # Not in the task itself: one that is cancelled before its first step never gets there.
            task.add_done_callback(lambda _: self._forget(job.id, room))
            await self._say(message.reply, words.encode_taken(self._name))

    async def _on_who(self, room: _Room, message: Msg) -> None:
        if _answerable(message):
            await self._say(message.reply, words.encode_free(room.free(self._name)))

    async def _on_cancel(self, message: Msg) -> None:
        try:
            cancelled = str(decode(message.data)["cancel"])
        except (ProtocolError, KeyError):
            return
        taken = self._jobs.get(cancelled)
        if taken is not None:
            taken.task.cancel()
            return
        self._cancelled[cancelled] = None  # it may still be on its way to us
        if len(self._cancelled) > _MOST_CANCELLED:
            self._cancelled.popitem(last=False)

    async def _on_gone(self, message: Msg) -> None:
        """The server's word that a sign of life found nobody."""
        taken = self._jobs.get(message.subject.rpartition(".")[2])
        if taken is not None and words.nobody(message):
            taken.missing = True

    async def _on_report(self, message: Msg) -> None:
        if not _answerable(message):
            return
        with suppress(ProtocolError):
            what = decode(message.data).get("ask")
            task = asyncio.create_task(self._report(message.reply, jails=what == "jails"))
            self._reports.add(task)
            task.add_done_callback(self._reports.discard)

    # What goes out.

    def _forget(self, number: str, room: _Room) -> None:
        room.taken -= 1
        del self._jobs[number]

    async def _do(self, ask: Ask, reply: str) -> None:
        """One job, up to the moment from which nobody waits for it."""
        try:
            async with asyncio.timeout(ask.within_s):
                result = await self._sandbox.run(ask.job)
                await self._deliver(result, reply)
        except TimeoutError:
            _log.info("a job was not done in the time that its asker had")

    async def _deliver(self, result: Result, reply: str) -> None:
        """Also after a cut, as long as somebody waits."""
        while True:
            await self._link.ready()
            try:
                await self._link.send(reply, words.encode_bounded(result, self._link.most_bytes))
            except LinkDownError:
                await asyncio.sleep(_AGAIN_S)
            else:
                return

    async def _report(self, reply: str, *, jails: bool) -> None:
        report = await (self._sandbox.jails() if jails else self._sandbox.report())
        await self._say(reply, encode({"member": self._name, "report": encode_report(report)}))

    async def _beat(self) -> None:
        """Signs of life to everybody whose job is here; who does not hear them has gone, and needs no result."""
        while True:
            await asyncio.sleep(words.BEAT_S)
            for number, taken in list(self._jobs.items()):
                taken.missed = taken.missed + 1 if taken.missing else 0
                taken.missing = False
                if taken.missed >= _MOST_GONE:
                    taken.task.cancel()
                    continue
                back = words.member_subject(self._name, f"gone.{number}")
                await self._say(taken.reply, words.encode_taken(self._name), back)

    async def _say(self, subject: str, message: bytes, reply: str = "") -> None:
        """Lost where there is no connection: whoever asked notices and asks again."""
        with suppress(LinkDownError):
            await self._link.send(subject, message, reply)


def _at_a_time(settings: SandboxSettings, device: str) -> int:
    return settings.cuda.side_by_side if device == "cuda" else settings.jail.side_by_side


def kinds(device: str) -> tuple[JobKind, ...]:
    """What a member for a device does: shapes and learners' memories need no device of their own."""
    return tuple(kind for kind in JobKind if device == "cpu" or kind not in {JobKind.SHAPE, JobKind.FIT})


def _answerable(message: Msg) -> bool:
    """Only inboxes are answered: else a question could make us speak on any subject."""
    return message.reply.startswith(f"{words.INBOX}.")
