"""Workers on any machine, behind NATS: `python -m sandbox serve --nats URL` there, and the same interface here."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sandbox import nats_words as words
from sandbox.deadlines import patience
from sandbox.nats_errand import Errand, Experience, no_worker
from sandbox.nats_link import Link, LinkDownError
from sandbox.nats_post import Post
from sandbox.protocol import Job, ProtocolError, Report, Result, Status, decode, decode_report, encode
from sandbox.settings import NatsSettings, SandboxSettings

_SLACK_S = 0.5  # a member answers late jobs itself
_REPORT_S = 2.0
_GATHER_S = 0.3  # after the first report, for those of the others


def _token() -> str:
    return secrets.token_hex(16)


class NatsSandbox:
    """A `sandbox.client.Sandbox` over NATS; use it in `async with`. Entering it does not wait for the server."""

    def __init__(
        self,
        settings: SandboxSettings,
        nats: NatsSettings,
        *,
        token: Callable[[], str] = _token,
        jitter: random.Random | None = None,
    ) -> None:
        """Connects to nothing yet.

        Args:
            settings: how long jobs may wait and take, and how many there may be.
            nats: where workers are; `nats.url` must be set.
            token: gives letters and digits that nobody can guess.
            jitter: spreads those who wait for the same worker.
        """
        self._settings = settings
        self._post = Post(token)
        self._link = Link(nats, "stride bot", self._post.subscribe)
        self._jitter = jitter or random.Random()  # noqa: S311 spreads retries, guards nothing
        self._experience = Experience()
        self._scopes: set[asyncio.Timeout] = set()
        self._idle = asyncio.Event()
        self._errands: set[asyncio.Task[None]] = set()
        self._closed = False

    async def __aenter__(self) -> NatsSandbox:
        """Begins to connect."""
        await self._link.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Whoever still waits is told so, and so are the workers."""
        self._closed = True
        now = asyncio.get_running_loop().time()
        for scope in self._scopes:
            if not scope.expired():
                scope.reschedule(now)
        if self._scopes:
            await self._idle.wait()
        while self._errands:
            await asyncio.wait(self._errands)
        await self._link.__aexit__()

    async def run(self, job: Job) -> Result:
        """The job's result, always; at the latest a little after its waiting time and its wall time are over."""
        if self._closed or len(self._scopes) >= self._settings.in_flight:
            return _unavailable(job, "the sandbox has been closed" if self._closed else "busy: too many jobs at a time")
        wait_s, wall_s = patience(job, self._settings)
        now = asyncio.get_running_loop().time()
        errand = Errand(
            replace(job, limits=replace(job.limits, wall_s=wall_s)),
            self._link,
            self._post,
            begin_by=now + wait_s,
            done_by=now + wait_s + wall_s,
            cancel=self._cancel,
            experience=self._experience,
            jitter=self._jitter,
        )
        scope = asyncio.timeout_at(now + wait_s + wall_s + _SLACK_S)
        self._scopes.add(scope)
        self._idle.clear()
        try:
            async with scope:
                return replace(await errand.result(), id=job.id)
        except TimeoutError:
            return _unavailable(job, "the sandbox has been closed" if self._closed else errand.why)
        finally:
            self._scopes.discard(scope)
            if not self._scopes:
                self._idle.set()

    async def warm(self) -> None:
        """Nothing to do: workers elsewhere start their jails when they start."""

    async def report(self) -> Report:
        """How the members of the queue group are, all together."""
        return await self._ask_all("report")

    async def jails(self) -> Report:
        """How their jails are."""
        return await self._ask_all("jails")

    async def _ask_all(self, what: str) -> Report:
        loop = asyncio.get_running_loop()
        found: dict[str, Report] = {}
        try:
            async with asyncio.timeout(_REPORT_S):
                await self._link.ready()
        except TimeoutError:
            return Report(alive=False, reason=self._link.reason)
        with self._post.box() as box:
            try:
                await self._link.send(words.REPORT, encode({"ask": what}), box.address)
            except LinkDownError as fault:
                return Report(alive=False, reason=str(fault))
            until = loop.time() + _REPORT_S
            while (message := await box.next(until)) is not None and not words.nobody(message):
                with suppress(ProtocolError):
                    member, report = _member_report(message.data)
                    found[member] = report
                    until = min(until, loop.time() + _GATHER_S)
        if not found:
            return Report(alive=False, reason=no_worker("cpu"))
        return words.merged(found)

    def _cancel(self, number: str, member: str) -> None:
        """Tell whoever has a job that nobody waits for it, behind the caller's back."""
        subject = words.member_subject(member, "cancel") if member else words.CANCEL
        self._behind(self._link.send(subject, encode({"cancel": number})))

    def _behind(self, sending: Coroutine[Any, Any, None]) -> None:
        async def quietly() -> None:
            with suppress(LinkDownError):
                await sending

        task = asyncio.create_task(quietly())
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)


def _member_report(data: bytes) -> tuple[str, Report]:
    message = decode(data)
    member, report = message.get("member"), message.get("report")
    if not isinstance(member, str) or not isinstance(report, dict):
        raise ProtocolError("not a member's report")
    return member, decode_report(report)


def _unavailable(job: Job, why: str) -> Result:
    return Result(id=job.id, status=Status.UNAVAILABLE, error=why, device=job.device)
