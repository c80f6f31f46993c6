"""One jail from its owner's side: start it, keep a child waiting in it, give that child a job, bury it.

Whatever a jail says is read as data from a stranger: bounded, decoded strictly, and believed only about the one job
that it was given.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sandbox.cgroup import CgroupError, Group
from sandbox.errand import Errand
from sandbox.interpreter import CODE
from sandbox.jail import Plan
from sandbox.protocol import Job, Limits, ProtocolError, Result, decode, encode

_PACKET = 4096
_LAST_WORDS = 2000
PREPARE_S = 5.0  # a fork and a filter take milliseconds
_SPARE_MB = 64  # page cache and the kernel's own memory, on top of a run's


class CellError(Exception):
    """No jail can be had here, and why."""


class CellLostError(Exception):
    """The jail has died, or is stuck and was killed."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job's process ended: exit status (negative: by a signal), processor time, whether nothing was left."""

    status: int
    cpu_s: float
    tidy: bool


class Cell:
    """One jail with its zygote. Not reusable: when it is lost, start another."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket, limits: Limits) -> None:
        """Use `start`."""
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._process = process
        self._control = control
        self._limits = limits
        self._ready: asyncio.Future[Mapping[str, Any]] = loop.create_future()
        self.lost: asyncio.Future[str] = loop.create_future()
        self._ended: asyncio.Future[Ended] | None = None
        self._errand: Errand | None = None
        self._number = 0
        self._base = 0
        self._outer = os.pidfd_open(process.pid)  # of bubblewrap's own process, which watches over the zygote
        self._pidfd = -1
        self.pid = 0  # of the zygote, as the host sees it
        self.jobs = 0
        self.torch_version = ""
        self.device = ""
        self.landlock = 0
        self.group: Group | None = None
        self._spare_mb = _SPARE_MB
        self._kills = 0
        loop.add_reader(control, self._listen)

    @classmethod
    async def start(
        cls,
        python: str,
        plan: Callable[[int, int], Plan],
        limits: Limits,
        *,
        group: Group | None,
        start_s: float,
        spare_mb: int = _SPARE_MB,
    ) -> Cell:
        """A jail with torch imported.

        Args:
            python: what the launcher runs in.
            plan: of the descriptors for control and for bubblewrap's information.
            limits: what one job in it may use.
            group: memory group that it joins, removed with it.
            start_s: seconds it may take.
            spare_mb: memory that its group may take beside a job's.

        Raises:
            CellError: it cannot be started.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        info, told = os.pipe()
        chosen = plan(theirs.fileno(), told)
        try:
            process = await asyncio.create_subprocess_exec(
                *(python, "-P", "-S", "-m", "sandbox.jail", chosen.to_json()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                pass_fds=(theirs.fileno(), told),
                env={"PYTHONPATH": str(CODE.parent), "PYTHONDONTWRITEBYTECODE": "1"},
                cwd="/",
                start_new_session=True,
            )
        except BaseException as fault:
            ours.close()
            os.close(info)
            if not isinstance(fault, OSError):
                raise
            raise CellError(f"cannot start {python}: {fault}") from fault
        finally:
            theirs.close()
            os.close(told)
        cell = cls(process, ours, limits)
        cell.group, cell._spare_mb = group, spare_mb
        try:
            async with asyncio.timeout(start_s):
                await cell._begin(info, jailed=bool(chosen.bwrap))
        except TimeoutError as fault:
            await cell.stop()
            raise CellError(f"a jail was not ready within {start_s:g} s") from fault
        except BaseException:
            await cell.stop()
            raise
        return cell

    async def _begin(self, info: int, *, jailed: bool) -> None:
        complaint = asyncio.create_task(self._read_complaint())
        try:
            told = await asyncio.to_thread(_read_all, info)
            self.pid = int(json.loads(told)["child-pid"]) if jailed and told else self._process.pid
            hello = await self._ready
        except CellLostError as fault:
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    words = await asyncio.shield(complaint)
                    raise CellError(words or str(fault)) from fault
            raise CellError(str(fault)) from fault
        except (ValueError, KeyError) as fault:
            raise CellError(f"bubblewrap does not say whom it started: {fault}") from fault
        finally:
            complaint.cancel()
        try:
            self._pidfd = os.pidfd_open(self.pid)
            pages = await asyncio.to_thread(Path(f"/proc/{self.pid}/statm").read_text)
            if self.group is not None:
                budget = self._limits.memory_mb + self._limits.files_mb + self._spare_mb
                await asyncio.to_thread(self.group.bound, budget)
        except (OSError, CgroupError) as fault:
            raise CellError(str(fault)) from fault
        self._base = int(pages.split()[0]) * os.sysconf("SC_PAGE_SIZE")
        self.torch_version, self.device = str(hello["ready"]), str(hello["device"])
        self.landlock = int(hello["landlock"])

    async def prepare(self, within_s: float = PREPARE_S, *, hurry: bool = False) -> None:
        """Have a child wait for a job, for which it may take so many seconds; in a hurry, without a rehearsal.

        Raises:
            CellLostError: none came in time.
            CellError: the child does not find itself confined.
        """
        self._number += 1
        self._ended = self._loop.create_future()
        errand = Errand(self._limits)
        self._errand = errand
        theirs = await errand.open()
        try:
            message = {"prepare": self._number, "base": self._base, "limits": asdict(self._limits), "hurry": hurry}
            self._tell(message, theirs)
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        try:
            async with asyncio.timeout(within_s):
                refusal = await errand.waiting
        except TimeoutError as fault:
            raise CellLostError("no child came") from fault
        if refusal:
            raise CellError(f"a jail is not safe to use: {refusal}")

    async def run(self, job: Job, limits: Limits) -> Result:
        """Give the waiting child its job: its result, at the latest when its time is over. Then see `ending`."""
        assert self._errand is not None and self._ended is not None  # noqa: S101, PT018 prepared before
        self.jobs += 1
        return await self._errand.run(job, limits, self)

    async def ending(self, within_s: float) -> Ended | None:
        """How the last job's process ended; None where the zygote does not say in time, or has gone."""
        assert self._ended is not None  # noqa: S101 prepared before
        await asyncio.wait([self._ended], timeout=within_s)
        return self._ended.result() if self._ended.done() and not self._ended.cancelled() else None

    async def out_of_memory(self) -> bool:
        """Whether the kernel has ended something in here for want of memory, since this was last asked."""
        if self.group is None:
            return False
        before, self._kills = self._kills, await asyncio.to_thread(self.group.kills)
        return self._kills > before

    def kill(self) -> None:
        """End everything in the jail now."""
        # Not `process.kill()`: it reaps whoever has ended already, behind the back of the loop's own watcher.
        for pidfd in (self._pidfd, self._outer):
            with suppress(OSError):
                if pidfd >= 0:
                    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        if self._pidfd < 0:
            # Bubblewrap's inner process waits for a word from the outer one, and would wait for ever; both are in the
            # session that they were started in, whose number nobody else gets while one of them is there.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._forget("killed")

    async def stop(self) -> None:
        """End the jail and wait for its end; nothing of it is left afterwards."""
        self.kill()
        await self._process.wait()
        if self._pidfd >= 0:
            await _gone(self._pidfd)
        for pidfd in (self._pidfd, self._outer):
            if pidfd >= 0:
                os.close(pidfd)
        self._pidfd = self._outer = -1
        if self._errand is not None:
            self._errand.close()
        if self.group is not None:
            await asyncio.to_thread(self.group.remove)

    async def _read_complaint(self) -> str:
        """What the launcher and bubblewrap say where they fail; the zygote goes quiet when it is ready."""
        assert self._process.stderr is not None  # noqa: S101 asked for
        words = b""
        while chunk := await self._process.stderr.read(_LAST_WORDS):
            words = (words + chunk)[-_LAST_WORDS:]
        return words.decode(errors="replace").strip()

    def _tell(self, message: dict[str, Any], passed: tuple[int, ...]) -> None:
        try:
            socket.send_fds(self._control, [encode(message)], list(passed))
        except OSError as fault:
            self._forget(f"the jail does not listen: {fault}")
            raise CellLostError(str(fault)) from fault

    def _listen(self) -> None:
        try:
            packet = self._control.recv(_PACKET)
            if not packet:
                self._forget("the jail has gone")
                return
            self._hear(decode(packet))
        except BlockingIOError:
            return
        except OSError as fault:
            self._forget(str(fault))
        except (ProtocolError, KeyError, TypeError, ValueError) as fault:
            self._forget(f"the jail said nonsense: {fault}")

    def _hear(self, message: dict[str, Any]) -> None:
        if "ended" in message:
            if message["ended"] != self._number or self._ended is None or self._ended.done():
                raise ProtocolError("out of turn")
            self._ended.set_result(Ended(int(message["status"]), float(message["cpu_s"]), tidy=message["tidy"] is True))
        elif self._ready.done():
            raise ProtocolError("out of turn")
        elif "failed" in message:
            self._ready.set_exception(CellError(f"a jail cannot start: {message['failed']}"))
        else:
            self._ready.set_result(message)

    def _forget(self, why: str) -> None:
        if self.lost.done():
            return
        self.lost.set_result(why)
        self._loop.remove_reader(self._control)
        self._control.close()
        if not self._ready.done():
            self._ready.set_exception(CellLostError(f"a jail ended while it started ({why})"))
            self._ready.exception()  # seen, also where nobody waits any more
        if self._ended is not None and not self._ended.done():
            self._ended.cancel()
        if self._errand is not None:
            self._errand.abandon(why)


def _read_all(descriptor: int) -> bytes:
    """Everything up to the end, bounded."""
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(_PACKET)


async def _gone(pidfd: int) -> None:
    """Waits until the process has ended."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(pidfd, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(pidfd)
