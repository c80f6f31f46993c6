"""A real nats-server on a port of its own, real members in processes of their own, and a wire that can be cut."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

from sandbox.client import Sandbox
from sandbox.local import Local
from sandbox.nats_client import NatsSandbox
from sandbox.nats_member import Member
from sandbox.settings import NatsSettings, SandboxSettings
from tests.attacks.lab import rogue_command

ROOT = Path(__file__).parents[2]
NATS_SERVER = Path(sys.executable).with_name("nats-server")
_LISTENING = re.compile(rb"Listening for client connections on 127\.0\.0\.1:(\d+)\n")
_HANG_S = 300  # torch takes long to be read in on a busy machine


class NatsServer:
    """nats-server, which can be killed and started again on the same port."""

    def __init__(self, folder: Path, config: str = "") -> None:
        self._file = folder / "nats.conf"
        self._config = config
        self._process: subprocess.Popen[bytes] | None = None
        self._reading: threading.Thread | None = None
        self.port = -1

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._file.write_text(f"host: 127.0.0.1\nport: {self.port}\n{self._config}\n")
        self._process = subprocess.Popen([NATS_SERVER, "-c", self._file], stderr=subprocess.PIPE)  # noqa: S603 ours
        errors = self._process.stderr
        assert errors is not None
        said = b""
        for line in errors:
            said += line
            if found := _LISTENING.search(line):
                self.port = int(found.group(1))
            if b"Server is ready" in line:
                break
        else:
            raise AssertionError(said.decode())
        self._reading = threading.Thread(target=errors.read)
        self._reading.start()

    def kill(self) -> None:
        """As if its machine had gone."""
        if self._process is None or self._process.stderr is None or self._reading is None:
            return
        self._process.kill()
        self._process.wait()
        self._reading.join()
        self._process.stderr.close()
        self._process = None


@contextmanager
def nats_server(folder: Path, config: str = "") -> Iterator[NatsServer]:
    server = NatsServer(folder, config)
    server.start()
    try:
        yield server
    finally:
        server.kill()


class Worker:
    """`python -m sandbox serve` in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[str] = []
        self._reading: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    async def says(self, words: str) -> None:
        """Waits for a line that holds some words."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        async with asyncio.timeout(_HANG_S):
            while not any(words in line for line in self.said):
                if self._reading.done():
                    raise AssertionError("".join(self.said))
                self._news.clear()
                await self._news.wait()

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.said.append(line.decode())
            self._news.set()
        self._news.set()

    def send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def ended(self) -> int:
        async with asyncio.timeout(_HANG_S):
            status = await self.process.wait()
            if self._reading is not None:
                await self._reading
        return status


@asynccontextmanager
async def worker(url: str, *arguments: str, **environment: str) -> AsyncIterator[Worker]:
    """A member of the queue group at `url`, up and ready."""
    async with unready_worker("--nats", url, *arguments, environment=environment) as started:
        await started.says("ready at nats")
        yield started


# Other work may slow the machine: a job waits for its jail for as long as torch takes.
_ONE_JAIL_IN_TIME = {"STRIDE_SANDBOX__JAIL__SIDE_BY_SIDE": "1", "STRIDE_SANDBOX__JAIL__WAIT_S": "300"}


@asynccontextmanager
async def unready_worker(*arguments: str, environment: Mapping[str, str]) -> AsyncIterator[Worker]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "serve", *arguments),
        cwd=ROOT,
        env={**os.environ, **_ONE_JAIL_IN_TIME, **environment},
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    started = Worker(process)
    try:
        yield started
    finally:
        started.send(signal.SIGCONT)
        started.send(signal.SIGKILL)
        await started.ended()


class Wire:
    """A TCP proxy that can stop to forward, without a word to either side."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open = asyncio.Event()
        self._open.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.url = ""

    def cut(self) -> None:
        self._open.clear()

    def mend(self) -> None:
        self._open.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward = await asyncio.open_connection("127.0.0.1", self._port)
        for one, other in ((reader, onward[1]), (onward[0], writer)):
            task = asyncio.create_task(self._forward(one, other))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._open.wait()
                writer.write(data)
        except OSError:
            pass
        finally:
            writer.close()

    async def close(self) -> None:
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)


@asynccontextmanager
async def wire(port: int) -> AsyncIterator[Wire]:
    made = Wire(port)
    listener = await asyncio.start_server(made._connected, "127.0.0.1", 0)
    made.url = f"nats://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        listener.close()
        await made.close()


@asynccontextmanager
async def member(url: str, name: str = "member", **settings: Any) -> AsyncIterator[Local]:
    """A member in this process, up, whose resident worker does what the test says: what stands behind it."""
    chosen = SandboxSettings(**settings)
    async with (
        Local(chosen, rogue_command) as behind,
        Member(behind, chosen, NatsSettings(url=url), device="cpu", name=name) as joined,
    ):
        await joined.joined()
        yield behind


def asker(url: str, **settings: Any) -> NatsSandbox:
    return NatsSandbox(SandboxSettings(**settings), NatsSettings(url=url))


async def until_in_flight(sandbox: Sandbox, number: int) -> None:
    """Waits until so many jobs for the resident worker are on their way."""
    async with asyncio.timeout(_HANG_S):
        while (await sandbox.report()).in_flight != number:  # noqa: ASYNC110 it has no event for us
            await asyncio.sleep(0)
