"""A worker in another process or container, behind a Unix socket that `python -m sandbox serve` opened."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sandbox.deadlines import patience
from sandbox.lines import Lines
from sandbox.protocol import (
    Job,
    ProtocolError,
    Report,
    Result,
    Status,
    decode,
    decode_report,
    decode_result,
    encode,
    encode_job,
)
from sandbox.settings import SandboxSettings

_CONNECT_S = 2.0
_SLACK_S = 1.0  # the server answers late jobs itself; this much later it must be stuck
_REPORT_S = 2.0


@dataclass(slots=True, eq=False)
class _Asked:
    line: bytes
    answer: asyncio.Future[Result]
    retried: bool = False


class SocketSandbox:
    """A `sandbox.client.Sandbox` over a Unix socket; use it in `async with`. Connects when first needed."""

    def __init__(self, settings: SandboxSettings) -> None:
        """Connects to nothing yet; `settings.socket` must be set."""
        self._settings = settings
        self._path = settings.socket or Path()
        self._lines: Lines | None = None
        self._lock = asyncio.Lock()
        self._asked: dict[str, _Asked] = {}
        self._reports: dict[str, asyncio.Future[Report]] = {}
        self._number = 0
        self._retries: set[asyncio.Task[None]] = set()
        self._closed = False

    async def __aenter__(self) -> SocketSandbox:
        """Nothing to wait for."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Whoever still waits is told so."""
        self._closed = True
        for task in self._retries:
            task.cancel()
        await asyncio.gather(*self._retries, return_exceptions=True)
        if self._lines is not None:
            self._lines.abort()
        for number, asked in list(self._asked.items()):
            _settle(asked, number, "the sandbox has been closed")

    async def run(self, job: Job) -> Result:
        """The job's result, always; at the latest a little after its waiting time and its wall time are over."""
        if self._closed or len(self._asked) >= self._settings.in_flight:
            return _unavailable(job.id, "the sandbox has been closed" if self._closed else "busy: too many questions")
        self._number += 1
        number = str(self._number)
        try:
            line = encode_job(replace(job, id=number))
        except ProtocolError as fault:
            return Result(id=job.id, status=Status.USER_ERROR, error=str(fault))
        asked = _Asked(line, asyncio.get_running_loop().create_future())
        self._asked[number] = asked
        wait_s, wall_s = patience(job, self._settings)
        try:
            async with asyncio.timeout(wait_s + wall_s + _SLACK_S):
                lines = await self._connected()
                lines.send(line)
                result = await asked.answer
        except TimeoutError:
            return _unavailable(job.id, f"the worker at {self._path} does not answer")
        except (OSError, ProtocolError) as fault:
            return _unavailable(job.id, f"no worker at {self._path}: {fault}")
        finally:
            self._asked.pop(number, None)
            if not asked.answer.done() or asked.answer.cancelled():
                self._cancel(number)
        return replace(result, id=job.id)

    async def warm(self) -> None:
        """Have the jails on the other side started."""
        await self._report("warm")

    async def report(self) -> Report:
        """How the worker on the other side is."""
        return await self._report("report")

    async def jails(self) -> Report:
        """How the jails on the other side are."""
        return await self._report("jails")

    async def _report(self, what: str) -> Report:
        self._number += 1
        number = str(self._number)
        answer: asyncio.Future[Report] = asyncio.get_running_loop().create_future()
        self._reports[number] = answer
        try:
            async with asyncio.timeout(_REPORT_S):
                lines = await self._connected()
                lines.send(encode({"ask": what, "id": number}))
                return await answer
        except (OSError, ProtocolError) as fault:  # TimeoutError is an OSError
            return Report(alive=False, reason=f"no worker at {self._path}: {fault or 'it does not answer'}")
        finally:
            self._reports.pop(number, None)

    def _cancel(self, number: str) -> None:
        """Nobody waits for it any more: the other side need not go on."""
        if self._lines is not None and not self._closed:
            self._lines.send(encode({"cancel": number}))

    async def _connected(self) -> Lines:
        async with self._lock:
            if self._lines is None:
                self._lines = await self._connect()
            return self._lines

    async def _connect(self) -> Lines:
        """A connection whose other side speaks our version."""
        loop = asyncio.get_running_loop()
        hello: asyncio.Future[None] = loop.create_future()

        def on_line(line: bytes) -> None:
            if hello.done():
                self._hear(lines, line)
                return
            try:
                greeting = decode(line).get("hello")
            except ProtocolError as fault:
                hello.set_exception(fault)
                return
            if greeting == "stride":
                hello.set_result(None)
            else:
                hello.set_exception(ProtocolError("what answers there is no worker of ours"))

        def on_lost(why: str) -> None:
            if not hello.done():
                hello.set_exception(ConnectionError(why))
            self._lose(lines)

        async with asyncio.timeout(_CONNECT_S):
            _, lines = await loop.create_unix_connection(lambda: Lines(on_line, on_lost), str(self._path))
            try:
                await hello
            except BaseException:
                lines.abort()
                raise
        return lines

    def _hear(self, lines: Lines, line: bytes) -> None:
        try:
            message = decode(line)
            if "report" in message:
                waiting = self._reports.get(str(message.get("id")))
                if waiting is not None and not waiting.done():
                    waiting.set_result(decode_report(_mapping(message["report"])))
                return
            result = decode_result(line)
        except ProtocolError:
            lines.abort()
            return
        asked = self._asked.get(result.id)
        if asked is not None and not asked.answer.done():
            asked.answer.set_result(result)

    def _lose(self, lines: Lines) -> None:
        """Jobs on a lost connection get one more try on the next."""
        if lines is not self._lines:
            return
        self._lines = None
        for report in self._reports.values():
            if not report.done():
                report.set_exception(ConnectionError("the connection was lost"))
        again = []
        for number, asked in list(self._asked.items()):
            if asked.retried or self._closed:
                _settle(asked, number, f"the worker at {self._path} went away")
            else:
                asked.retried = True
                again.append((number, asked))
        if again:
            task = asyncio.create_task(self._send_again(again))
            self._retries.add(task)
            task.add_done_callback(self._retries.discard)

    async def _send_again(self, again: list[tuple[str, _Asked]]) -> None:
        with suppress(OSError, ProtocolError):
            lines = await self._connected()
            for number, asked in again:
                if number in self._asked:
                    lines.send(asked.line)
            return
        for number, asked in again:
            _settle(asked, number, f"the worker at {self._path} went away")


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ProtocolError("not a report")
    return value


def _settle(asked: _Asked, number: str, why: str) -> None:
    if not asked.answer.done():
        asked.answer.set_result(_unavailable(number, why))


def _unavailable(job: str, why: str) -> Result:
    return Result(id=job, status=Status.UNAVAILABLE, error=why)
