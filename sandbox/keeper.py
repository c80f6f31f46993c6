"""The owner's side of a keeper process (`sandbox.worker`): start it, ask it for serving children, bury it."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.confine import Confinement
from sandbox.lines import Lines
from sandbox.protocol import Protection, ProtocolError, decode, decode_protections, encode
from sandbox.settings import SandboxSettings

_ROOT = Path(__file__).resolve().parent.parent
_PACKET = 4096
_CHILD_S = 2.0  # forking and confining a child takes milliseconds; a keeper that needs longer is stuck
_TORCH = "install torch beside Stride, name an interpreter that has it, or use a worker's socket"
_INHERITED = ("LD_LIBRARY_PATH",)  # where some installations keep torch's own libraries


class KeeperLostError(Exception):
    """The keeper has died, or is stuck and was killed."""


class RefusedError(Exception):
    """No worker can be had here, and why."""


@dataclass(slots=True)
class Child:
    """A serving child: its lines, its process, what it said of itself.

    `ended` is its exit status once it has ended (negative: by a signal), or None where the keeper went first.
    """

    number: int
    lines: Lines
    ended: asyncio.Future[int | None]
    lost: asyncio.Future[str]
    pid: int = 0
    torch_version: str = ""
    device: str = ""
    protections: tuple[Protection, ...] = ()


def command(settings: SandboxSettings, confinement: Confinement, control: int) -> list[str]:
    """The command line of a keeper whose control socket has this descriptor."""
    return [settings.python or sys.executable, "-P", "-m", "sandbox.worker", str(control), confinement.to_json()]


def environment() -> dict[str, str]:
    """All that a worker sees of our environment: no secret, no home."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return kept | {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONPATH": str(_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        # Memory that one answer frees is kept for the next: giving it back costs a page fault a page, each time.
        "MALLOC_MMAP_THRESHOLD_": "33554432",
        "MALLOC_TRIM_THRESHOLD_": "134217728",
    }


Command = Callable[[SandboxSettings, Confinement, int], Sequence[str]]


class Keeper:
    """One keeper process. Not reusable: when it is lost, start another."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket) -> None:
        """Use `start`."""
        loop = asyncio.get_running_loop()
        self._process = process
        self._control = control
        self._children: dict[int, Child] = {}
        self._ready: asyncio.Future[str] = loop.create_future()
        self._lost = False
        loop.add_reader(control, self._listen)

    @classmethod
    async def start(cls, settings: SandboxSettings, make_command: Command = command) -> Keeper:
        """A keeper with torch imported.

        Raises:
            RefusedError: it cannot be started, or torch cannot be imported.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        confinement = Confinement(memory_mb=settings.memory_mb, uid=settings.uid)
        try:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    *make_command(settings, confinement, theirs.fileno()),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                    env=environment(),
                    cwd="/",
                    start_new_session=True,
                )
        except BaseException as fault:
            ours.close()
            if not isinstance(fault, OSError):
                raise
            raise RefusedError(f"cannot start {settings.python or sys.executable}: {fault}") from fault
        keeper = cls(process, ours)
        try:
            await asyncio.wait_for(keeper._ready, settings.start_s)
        except TimeoutError as fault:
            await keeper.stop()
            raise RefusedError(f"torch was not imported within {settings.start_s:g} s") from fault
        except BaseException:
            await keeper.stop()
            raise
        return keeper

    @property
    def pid(self) -> int:
        """Of the keeper process."""
        return self._process.pid

    async def child(self, number: int, on_line: Callable[[bytes], None]) -> Child:
        """A fresh serving child under a number that was never used; `on_line` gets its answers.

        Raises:
            KeeperLostError: the keeper did not deliver one.
            RefusedError: the child could not confine itself.
        """
        loop = asyncio.get_running_loop()
        hello: asyncio.Future[dict[str, Any]] = loop.create_future()
        lost: asyncio.Future[str] = loop.create_future()

        def first_then_rest(line: bytes) -> None:
            if hello.done():
                on_line(line)
                return
            try:
                hello.set_result(decode(line))
            except ProtocolError as fault:
                hello.set_exception(RefusedError(f"a child introduced itself with nonsense: {fault}"))

        def on_lost(why: str) -> None:
            if not lost.done():
                lost.set_result(why)
            if not hello.done():
                hello.set_exception(KeeperLostError(f"a child ended before it began: {why}"))
                hello.exception()  # seen, also where nobody waits any more

        ours, theirs = socket.socketpair()
        with theirs:
            lines = await _connect(ours, Lines(first_then_rest, on_lost))
            child = self._children[number] = Child(number, lines, loop.create_future(), lost)
            try:
                self._tell({"start": number}, theirs)
            except BaseException:
                lines.abort()
                raise
        try:
            message = await asyncio.wait_for(hello, _CHILD_S)
            _introduce(child, message)
        except BaseException as fault:
            hello.cancel()
            lines.abort()
            if isinstance(fault, TimeoutError):
                raise KeeperLostError("no child came") from fault
            raise
        return child

    def kill(self, child: Child) -> None:
        """End a child now, whatever it is doing; its lines are lost at once."""
        child.lines.abort()
        with suppress(KeeperLostError):
            self._tell({"stop": child.number})

    async def stop(self) -> None:
        """End the keeper and every child of its; nothing of it is left afterwards."""
        self._forget("stopped")
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    def _tell(self, message: dict[str, Any], passed: socket.socket | None = None) -> None:
        try:
            socket.send_fds(self._control, [encode(message)], [passed.fileno()] if passed else [])
        except OSError as fault:
            self._forget(f"the keeper does not listen: {fault}")
            raise KeeperLostError(str(fault)) from fault

    def _listen(self) -> None:
        try:
            packet = self._control.recv(_PACKET)
        except BlockingIOError:
            return
        except OSError as fault:
            self._forget(str(fault))
            return
        if not packet:
            self._forget("the keeper has gone")
            return
        try:
            self._hear(decode(packet))
        except (ProtocolError, KeyError, TypeError, ValueError) as fault:
            self._forget(f"the keeper said nonsense: {fault}")

    def _hear(self, message: dict[str, Any]) -> None:
        if "started" in message:
            self._children[message["started"]].pid = int(message["pid"])
        elif "ended" in message:
            child = self._children.pop(message["ended"])
            if not child.ended.done():
                child.ended.set_result(int(message["status"]))
        elif self._ready.done():
            raise ProtocolError("out of turn")
        elif "failed" in message:
            why = f"the worker cannot start: {message['failed']}; {_TORCH}"
            self._ready.set_exception(RefusedError(why))
        else:
            self._ready.set_result(str(message["ready"]))

    def _forget(self, why: str) -> None:
        if self._lost:
            return
        self._lost = True
        asyncio.get_running_loop().remove_reader(self._control)
        self._control.close()
        if not self._ready.done():
            self._ready.set_exception(RefusedError(f"the worker ended while it started ({why})"))
            self._ready.exception()  # seen, also where nobody waits any more
        for child in self._children.values():
            child.lines.abort()
            if not child.ended.done():
                child.ended.set_result(None)
        self._children.clear()


async def _connect(ours: socket.socket, lines: Lines) -> Lines:
    ours.setblocking(False)
    try:
        await asyncio.get_running_loop().create_connection(lambda: lines, sock=ours)
    except BaseException:
        ours.close()
        raise
    return lines


def _introduce(child: Child, message: dict[str, Any]) -> None:
    if "refused" in message:
        raise RefusedError(f"the worker is not safe to use: {message['refused']}")
    try:
        hello = message["hello"]
        child.torch_version, child.device = str(hello["torch"]), str(hello["device"])
        child.protections = decode_protections(hello["table"])
    except (KeyError, TypeError, ProtocolError) as fault:
        raise RefusedError(f"a child introduced itself with nonsense: {fault}") from fault
