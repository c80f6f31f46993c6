"""A sandbox of ours behind a Unix socket, for a bot on this machine that has no torch of its own.

The first line says hello and carries the protocol's version; then jobs come in and results go out, matched by id,
as they are done. `{"ask": "report" | "jails" | "warm", "id"}` is answered by `{"report": {...}, "id"}`, and
`{"cancel": id}` ends a job for which nobody waits any more.
"""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from sandbox.client import Sandbox
from sandbox.lines import Lines
from sandbox.protocol import ProtocolError, Report, decode, encode, encode_report, encode_result, read_job

_MOST_UNSENT = 16 * 1024 * 1024  # bytes that a client may leave unread before it is dropped
_DRAIN_S = 30.0  # more than a run may wait and take by default


class SocketInUseError(Exception):
    """The socket's path is taken by a server that answers, or by a file that is no socket."""


class _Connection:
    """One client: its lines, and the jobs that are on their way for it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.tasks: set[asyncio.Task[None]] = set()
        self._jobs: dict[str, asyncio.Task[None]] = {}
        self.lines = _Greeting(self._hear, self._lost)

    def _hear(self, line: bytes) -> None:
        try:
            message = decode(line)
            if "cancel" in message:
                job = self._jobs.get(str(message["cancel"]))
                if job is not None:
                    job.cancel()
                return
            number = "" if "ask" in message else read_job(message).id
        except ProtocolError:
            self.lines.abort()
            return
        task = asyncio.create_task(self._answer(message))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        if number:
            self._jobs[number] = task
            task.add_done_callback(lambda _: self._jobs.pop(number, None))

    def _lost(self, _: str) -> None:
        for task in self.tasks:
            task.cancel()

    async def _answer(self, message: dict[str, Any]) -> None:
        if "ask" in message:
            report = await self._report(str(message["ask"]))
            self.lines.send(encode({"report": encode_report(report), "id": str(message.get("id"))}))
            return
        try:
            self.lines.send(encode_result(await self._sandbox.run(read_job(message))))
        except ProtocolError:
            self.lines.abort()
            return
        if self.lines.unsent > _MOST_UNSENT:
            self.lines.abort()

    async def _report(self, what: str) -> Report:
        if what == "warm":
            await self._sandbox.warm()
        return await (self._sandbox.report() if what == "report" else self._sandbox.jails())


class _Greeting(Lines):
    """Lines that begin with ours."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.send(encode({"hello": "stride"}))


@asynccontextmanager
async def open_to_others(sandbox: Sandbox, path: Path, *, mode: int = 0o600) -> AsyncIterator[None]:
    """While this is open, others may use the sandbox; closing it waits for their jobs.

    Raises:
        SocketInUseError: somebody serves there already, or the path is another kind of file.
        OSError: no socket can be made there.
    """
    connections: set[_Connection] = set()

    def welcome() -> Lines:
        connections.difference_update([each for each in connections if each.lines.closed])
        connection = _Connection(sandbox)
        connections.add(connection)
        return connection.lines

    listener = await asyncio.to_thread(_listen, path, mode)
    server = await asyncio.get_running_loop().create_unix_server(welcome, sock=listener)
    try:
        yield
    finally:
        server.close()
        await asyncio.to_thread(path.unlink, missing_ok=True)
        on_their_way = [task for connection in connections for task in connection.tasks]
        if on_their_way:
            await asyncio.wait(on_their_way, timeout=_DRAIN_S)
        for connection in connections:
            connection.lines.finish()
        await server.wait_closed()


def _listen(path: Path, mode: int) -> socket.socket:
    """A listening socket that nobody outside `mode` could ever have opened, not even for a moment."""
    if path.exists():
        if not stat.S_ISSOCK(path.stat().st_mode):
            raise SocketInUseError(f"{path} exists and is not a socket")
        with socket.socket(socket.AF_UNIX) as probe, suppress(ConnectionRefusedError, FileNotFoundError):
            probe.connect(str(path))
            raise SocketInUseError(f"a worker serves at {path} already")
        path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    try:
        os.fchmod(listener.fileno(), mode)  # the file is made with the mode that the socket has by then
        listener.bind(str(path))
        path.chmod(mode)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener
