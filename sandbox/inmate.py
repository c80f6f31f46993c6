"""The life of one job's process: give everything up, wait, do the job, say what came of it, end.

It is forked before its job is known. The order matters: what needs a call comes before the filter that refuses it,
and the job is read last. A step that fails ends the process before it has read anything.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import socket
import time
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

from sandbox import limits as ceilings
from sandbox import seccomp
from sandbox.protocol import (
    Job,
    Limits,
    ProtocolError,
    Status,
    decode_job,
    decode_limits,
    encode,
)

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_CHANNEL = 3
_CHUNK = 1 << 16
_KILOBYTE = 1024
_PATIENCE = 32  # times its limit that a job may print before it is ended; what goes over the limit is dropped
_COMPANIONS = 2  # the zygote, and this process itself

Emit = Callable[[str, str], None]


class Toolbox(Protocol):
    """What does jobs in a jail; made once in the zygote."""

    version: str
    device: str

    def perform(self, job: Job, emit: Emit) -> dict[str, Any]:
        """The value of a RUN job's result; `emit(stream, text)` is told of output as it comes."""

    def refresh(self) -> None:
        """Called in every child while it waits: fresh randomness, and whatever makes the job itself quicker."""


class ConfinementError(Exception):
    """A protection does not hold."""


def live(descriptors: list[int], message: dict[str, Any], toolbox: Toolbox) -> NoReturn:
    """Never returns: the process ends with its job."""
    status = 1
    try:
        _arrange(descriptors)
        most = decode_limits(message["limits"])
        base = int(message["base"])
        try:
            _give_up(most, base)
            toolbox.refresh()
        except (OSError, ValueError, ConfinementError) as fault:
            _say({"refused": f"{type(fault).__name__}: {fault}"[:600]})
        else:
            _say({"waiting": True})
            _work(most, base, toolbox)
            status = 0
    finally:
        os._exit(status)


def _arrange(descriptors: list[int]) -> None:
    """0 is empty, 1 and 2 are the job's own pipes, 3 its channel; nothing else is open."""
    high = [os.dup2(descriptor, 100 + at, inheritable=False) for at, descriptor in enumerate(descriptors)]
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(high[1], 1)
    os.dup2(high[2], 2)
    os.dup2(high[0], _CHANNEL, inheritable=False)
    os.closerange(_CHANNEL + 1, os.sysconf("SC_OPEN_MAX"))


def _give_up(most: Limits, base: int) -> None:
    for number in (signal.SIGINT, signal.SIGXFSZ, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL if number is signal.SIGINT else signal.SIG_IGN)
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((_PR_SET_PDEATHSIG, signal.SIGKILL), (_PR_SET_DUMPABLE, 0)):
        if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")
    ceilings.apply(most, base, _COMPANIONS)
    seccomp.install(seccomp.job_program(platform.machine(), os.getpid()))
    for name, forbidden in (("socket", socket.socket), ("fork", os.fork), ("kill", lambda: os.kill(os.getpid(), 0))):
        try:
            if forbidden() == 0:
                os._exit(1)  # a child of ours: the filter let it be born
        except PermissionError:
            continue
        raise ConfinementError(f"the filter does not hold: {name} was let through")


def _work(most: Limits, base: int, toolbox: Toolbox) -> None:
    job = _read_job()
    if job is None:
        return
    limits = ceilings.lowest(job.limits, most)
    if limits != most:
        ceilings.apply(limits, base, _COMPANIONS)
    started = time.perf_counter()
    outlet = _Outlet(limits, started)
    status, value, error, hit = Status.OK, None, "", ""
    try:
        value = toolbox.perform(job, outlet.emit)
        status, error, hit = _judge(value)
    except MemoryError:
        status, error, hit = Status.MEMORY, "memory did not suffice", "memory"
    except BaseException as fault:  # noqa: BLE001 SystemExit included: however the code ends, it is answered
        status, error = Status.USER_ERROR, f"{type(fault).__name__}: {fault}"[:600]
    _finish(status, value, error, ceilings.named(hit, limits) if hit else None, started)


class _Outlet:
    """Passes output on at once, up to a limit: what came before a job was ended is not lost.

    What goes over is dropped; a job that never stops is ended.
    """

    def __init__(self, limits: Limits, started: float) -> None:
        self._limits = limits
        self._started = started
        self._room = limits.output_kb * _KILOBYTE
        self._dropped = 0

    def emit(self, stream: str, text: str) -> None:
        fitting = text[: max(0, self._room)]
        if fitting:
            self._room -= len(fitting.encode("utf-8", "replace"))
            _say({"out": "stderr" if stream == "stderr" else "stdout", "text": fitting})
        self._dropped += len(text) - len(fitting)
        if self._dropped > _PATIENCE * self._limits.output_kb * _KILOBYTE:
            error = f"more output than {self._limits.output_kb} kB"
            _finish(Status.OUTPUT_LIMIT, None, error, ceilings.named("output", self._limits), self._started)
            os._exit(0)


def _judge(value: dict[str, Any]) -> tuple[Status, str, str]:
    """Status, error and limit that a RUN value shows."""
    error = value.get("error")
    if error:
        kind, text = str(error.get("type", "")), str(error.get("message", ""))
        found = ceilings.hit_by_error(kind, text)
        status, hit = found or (Status.USER_ERROR, "")
        return status, f"{kind}: {text}"[:600], hit
    if value.get("truncated"):
        return Status.OUTPUT_LIMIT, "", "output"
    return Status.OK, "", ""


def _finish(status: Status, value: Any, error: str, limit: dict[str, Any] | None, started: float) -> None:
    message = {
        "status": status.value,
        "value": value,
        "error": error,
        "limit": limit,
        "ms": round((time.perf_counter() - started) * 1e3, 3),
    }
    try:
        _say(message)
    except ProtocolError as fault:
        _say(message | {"status": Status.OUTPUT_LIMIT.value, "value": None, "error": str(fault)})


def _read_job() -> Job | None:
    """The one line that comes; None where the owner went first."""
    parts = []
    while chunk := os.read(_CHANNEL, _CHUNK):
        parts.append(chunk)
        if chunk.endswith(b"\n"):
            return decode_job(b"".join(parts))
    return None


def _say(message: dict[str, Any]) -> None:
    view = memoryview(encode(message))
    while view:
        view = view[os.write(_CHANNEL, view) :]
