"""One job on its way through a jail: its own channel and pipes, its clock, and what came of it.

Whatever arrives is a stranger's. It is bounded as it comes, and it can only ever be about this one job: its channels
were made for it and are closed with it.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
from contextlib import suppress
from typing import Any, Protocol

from sandbox import limits as ceilings
from sandbox import outcome
from sandbox.bench_outcome import bench_value
from sandbox.fit_outcome import fit_value
from sandbox.lines import Lines
from sandbox.protocol import Job, JobKind, Limits, ProtocolError, Result, Status, decode, encode_job
from sandbox.prove_outcome import prove_value

_KILOBYTE = 1024
_OVERHEAD = 64  # bytes on the wire for a byte of output, before it counts as a flood
_SETTLE_S = 1.0
_MORE = 1 << 16  # bytes that a pipe holds beyond what may be printed: an overflow shows that it was too much
_STREAMS = ("stdout", "stderr")
_OUT = b'{"v":1,"out":'
_HITS = {
    "cpu": "processor time used up",
    "memory": "memory did not suffice",
    "files": "a file too large",
    "threads": "torch could not start its threads (torch.set_num_threads)",
}
_VALUES = {
    JobKind.RUN: outcome.run_value,
    JobKind.BENCH: bench_value,
    JobKind.PROVE: prove_value,
    JobKind.FIT: fit_value,
}
_MOST_MEMBERS = 60_000  # of an answer's lists and objects, beside its text: each costs whoever reads it a microsecond
# What a job may say of itself: that no worker was there is its owner's to say.
_CLAIMED = {status.value: status for status in Status if status is not Status.UNAVAILABLE}


class Ending(Protocol):
    """How a job's process ended."""

    @property
    def status(self) -> int: ...  # noqa: D102 see `cell.Ended`
    @property
    def cpu_s(self) -> float: ...  # noqa: D102 see `cell.Ended`


class Place(Protocol):
    """Where the job is done; a `cell.Cell`."""

    torch_version: str
    device: str

    async def ending(self, within_s: float) -> Ending | None:
        """How the job's process ended."""

    async def out_of_memory(self) -> bool:
        """Whether the kernel has ended something there for want of memory, since this was last asked."""

    def kill(self) -> None:
        """End everything there now."""


class Errand:
    """The channels of one job, from before it is known until it has ended."""

    def __init__(self, limits: Limits) -> None:
        """`limits` are the most that the job may have."""
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._room = limits.output_kb * _KILOBYTE
        self._lines = Lines(self._hear, self._lose)
        self._pipes: dict[int, str] = {}
        self._raw: list[tuple[str, bytes]] = []
        self._frames: list[bytes] = []
        self._taken = 0
        self._working = False
        self._kind = JobKind.RUN
        self._final: dict[str, Any] | None = None
        self._verdict = ""  # "timeout", "flood", "nonsense", "lost", "final"
        self._why = ""
        self._over = loop.create_future()
        self.waiting: asyncio.Future[str] = loop.create_future()  # why the child refuses, or empty

    async def open(self) -> tuple[int, ...]:
        """The far ends: channel, the writing ends of standard output and error, then their reading ends.

        Whoever gets them closes them. The job reads its own pipes as long as it lives, to keep what is written there
        in order with the rest; what it leaves in them when it dies is read here.
        """
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        far = [theirs.detach()]
        try:
            pipes = [os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC) for _ in _STREAMS]
            far += [writing for _, writing in pipes]
            for _, writing in pipes:
                with suppress(OSError):  # the system may grant no more than it does by itself
                    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, self._room + _MORE)
            far += [reading for reading, _ in pipes]
            self._pipes = {_own_end(reading): stream for (reading, _), stream in zip(pipes, _STREAMS, strict=True)}
            await self._loop.create_connection(lambda: self._lines, sock=ours)
        except BaseException:
            for descriptor in far:
                os.close(descriptor)
            ours.close()
            self.close()
            raise
        return tuple(far)

    async def run(self, job: Job, limits: Limits, place: Place) -> Result:
        """The job's result, when it has answered, ended or used its time up."""
        try:
            line = encode_job(job)
        except ProtocolError as fault:
            self._lines.abort()  # the child ends without a job
            return Result(id=job.id, status=Status.USER_ERROR, error=str(fault))
        started = self._loop.time()
        self._room = limits.output_kb * _KILOBYTE
        self._kind = job.kind
        self._working = True
        self._lines.send(line)
        timer = self._loop.call_later(limits.wall_s, self._decide, "timeout", "")
        try:
            await self._over
        finally:
            timer.cancel()
            self._working = False
        status, error, hit = await self._judge(limits, place)
        value: dict[str, Any] | None
        if self._kind is not JobKind.RUN:  # what it prints is torch's own chatter
            value = self._final["value"] if self._final is not None else None
        else:
            value, cut = self._value()
            if cut and status is Status.OK:
                status, hit = Status.OUTPUT_LIMIT, "output"
            value["truncated"] = cut or value["truncated"] is True or status is Status.OUTPUT_LIMIT
        result = Result(
            id=job.id,
            status=status,
            value=value,
            error=error,
            elapsed_ms=round((self._loop.time() - started) * 1e3, 3),
            torch_version=place.torch_version,
            device=place.device,
            limit=ceilings.named(hit, limits) if hit else None,
        )
        self.close()
        return result

    def abandon(self, why: str) -> None:
        """The jail has gone."""
        self._decide("lost", why)
        if not self.waiting.done():
            self.waiting.cancel()

    def close(self) -> None:
        """Let every channel go; what comes later is nobody's."""
        self._lines.abort()
        for descriptor in self._pipes:
            os.close(descriptor)
        self._pipes.clear()

    # What comes in.

    def _hear(self, line: bytes) -> None:
        if not self.waiting.done():
            self._greet(line)
        elif not self._working or self._over.done():
            self._decide("nonsense", "spoke out of turn")
        elif line.startswith(_OUT):
            self._frames.append(line)
            self._count(len(line))
        elif line.count(b",") > _MOST_MEMBERS + self._room:
            self._decide("nonsense", "an answer of too many parts")
        else:
            try:
                self._final = decode(line)
            except ProtocolError as fault:
                self._decide("nonsense", str(fault))
            else:
                self._decide("final", "")

    def _greet(self, line: bytes) -> None:
        try:
            message = decode(line)
        except ProtocolError as fault:
            self.waiting.set_result(str(fault))
            return
        self.waiting.set_result("" if message.get("waiting") is True else str(message.get("refused", "no reason")))

    def _lose(self, why: str) -> None:
        self._decide("lost", why)
        if not self.waiting.done():
            self.waiting.set_result(f"its child ended before it began: {why}")

    def _count(self, size: int) -> None:
        self._taken += size
        if self._taken > self._room * _OVERHEAD:
            self._decide("flood", "")

    def _decide(self, verdict: str, why: str) -> None:
        if not self._over.done():
            self._verdict, self._why = verdict, why
            self._over.set_result(None)

    # What came of it.

    async def _judge(self, limits: Limits, place: Place) -> tuple[Status, str, str]:
        """Status, error and the name of the limit that was hit."""
        match self._verdict:
            case "timeout":
                place.kill()
                return Status.TIMEOUT, f"not done within {limits.wall_s:g} s", "wall"
            case "flood":
                place.kill()
                return Status.OUTPUT_LIMIT, f"more output than {limits.output_kb} kB", "output"
            case "final":
                return self._read_final(limits, place)
            case "nonsense":
                place.kill()
                return Status.KILLED, f"the code answered in the worker's place ({self._why})", ""
        ended = await place.ending(_SETTLE_S)
        if ended is None:
            place.kill()
            if await place.out_of_memory():
                return Status.MEMORY, "memory did not suffice", "memory"
            return Status.KILLED, "the jail was lost while the code ran", ""
        self._drain()
        words = b"".join(chunk for stream, chunk in self._raw if stream == "stderr").decode(errors="replace")
        out_of_memory = ended.status == -signal.SIGKILL and await place.out_of_memory()
        status, hit = ceilings.hit_by_end(
            ended.status, ended.cpu_s, limits, last_words=words, out_of_memory=out_of_memory
        )
        return status, _words(ended.status, hit), hit

    def _read_final(self, limits: Limits, place: Place) -> tuple[Status, str, str]:
        assert self._final is not None  # noqa: S101 the verdict says so
        try:
            status = _CLAIMED[self._final["status"]]
            hit = str(self._final["limit"])
            if hit:
                ceilings.named(hit, limits)
            if self._final["value"] is not None:
                check = _VALUES[self._kind]
                self._final["value"] = check(self._final["value"])
            return status, str(self._final["error"])[:600], hit
        except (KeyError, TypeError, ValueError) as fault:
            place.kill()
            self._final = None
            return Status.KILLED, f"the code answered in the worker's place ({type(fault).__name__})", ""

    def _value(self) -> tuple[dict[str, Any], bool]:
        """What a RUN gave, as far as it came; and whether its output was cut here."""
        self._drain()
        value: dict[str, Any] | None = self._final["value"] if self._final is not None else None
        if value is None:
            value = outcome.nothing() | {"output": self._early()}
        raw = [{"stream": stream, "text": chunk.decode(errors="replace")} for stream, chunk in self._raw]
        output, cut = outcome.within(value["output"] + raw, self._room)
        return value | {"output": output}, cut

    def _early(self) -> list[dict[str, str]]:
        pieces: list[dict[str, str]] = []
        for line in self._frames:
            with suppress(ProtocolError, KeyError):
                message = decode(line)
                stream = "stderr" if message["out"] == "stderr" else "stdout"
                pieces.append({"stream": stream, "text": str(message["text"])})
        return pieces

    def _drain(self) -> None:
        """What is left in the pipes, as far as there is room for it."""
        for descriptor, stream in self._pipes.items():
            with suppress(OSError):
                chunk = os.read(descriptor, self._room + 1)
                if chunk:
                    self._raw.append((stream, chunk))


def _own_end(reading: int) -> int:
    """The same end of a pipe, opened once more.

    A copy of the descriptor would share its flags with the job's, which could make whoever reads here wait for ever.
    """
    return os.open(f"/proc/self/fd/{reading}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)


def _words(status: int, hit: str) -> str:
    if hit:
        return _HITS[hit]
    if status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = f"signal {-status}"
        return "a system call that is never allowed" if name == "SIGSYS" else f"the code ended its process: {name}"
    return f"the code ended its process with status {status}"
