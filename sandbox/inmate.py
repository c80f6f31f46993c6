"""The life of one job's process: give everything up, wait, do the job, say what came of it, end.

It is forked before its job is known. The order matters: what needs a call comes before the filter that refuses it,
and the job is read last. A step that fails ends the process before it has read anything.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
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
PIPE_ENDS = (4, 5)
_HIGH = 100  # where no descriptor stands yet
_CHUNK = 1 << 16
_KILOBYTE = 1024
_PATIENCE = 32  # times its limit that a job may print before it is ended; what goes over the limit is dropped
_COMPANIONS = 2  # the zygote, and this process itself

SOURCES = ("/dev/urandom", "/dev/random", "/dev/zero")  # devices that everybody may read

Emit = Callable[[str, str], None]
Rules = Mapping[
    str, Sequence[str]
]  # what a whole jail may "read", "write" and "use", see `landlock.restrict`; and "look" at first
Answer = Mapping[str, Any]
Finish = Callable[[Answer], NoReturn]


class Toolbox(Protocol):
    """What does jobs in a jail; made once in the zygote."""

    version: str
    device: str

    def begin(self, rules: Rules, most: Limits) -> None:
        """Called in every child before it gives its rights up: for what needs more than a job may do.

        Args:
            rules: files that the jail has.
            most: that a job may use.
        """

    def perform(self, job: Job, emit: Emit, finish: Finish) -> Answer:
        """Do a job: `{"status", "value", "limit"}`.

        Args:
            job: with the limits that hold for it.
            emit: is told of the stream and the text of output as it comes.
            finish: takes the answer and ends the process, where the code does not let `perform` return.
        """

    def refresh(self) -> None:
        """Called in a child while it waits, unless others wait for it: whatever makes the job itself quicker."""


class ConfinementError(Exception):
    """A protection does not hold."""


def live(
    descriptors: list[int], message: dict[str, Any], toolbox: Toolbox, program: seccomp.JobFilter, rules: Rules
) -> NoReturn:
    """Never returns: the process ends with its job."""
    status = 1
    try:
        _arrange(descriptors)
        most = decode_limits(message["limits"])
        base = int(message["base"])
        try:
            toolbox.begin(rules, most)
            _give_up(most, base, program)
            if not message["hurry"]:
                toolbox.refresh()
        except Exception as fault:  # noqa: BLE001 whatever keeps a child from being safe, or from starting its device
            _say({"refused": f"{type(fault).__name__}: {fault}"[:600]})
        else:
            _say({"waiting": True})
            _work(most, base, toolbox, cuda=program.every_thread)
            status = 0
    finally:
        os._exit(status)


def _arrange(descriptors: list[int]) -> None:
    """0 is empty, 1 and 2 the job's own pipes, 3 its channel, 4 and 5 the pipes' reading ends; no other is open."""
    channel, output, errors, *ends = descriptors
    high = [os.dup2(each, _HIGH + at) for at, each in enumerate((output, errors, channel, *ends))]
    null = os.open(os.devnull, os.O_RDONLY)
    for wanted, descriptor in enumerate((null, *high)):
        os.dup2(descriptor, wanted)
    os.closerange(len(high) + 1, os.sysconf("SC_OPEN_MAX"))


def _give_up(most: Limits, base: int, program: seccomp.JobFilter) -> None:
    for number in (signal.SIGINT, signal.SIGXFSZ, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL if number is signal.SIGINT else signal.SIG_IGN)
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((_PR_SET_PDEATHSIG, signal.SIGKILL), (_PR_SET_DUMPABLE, 0)):
        if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")
    ceilings.apply(most, base, _COMPANIONS, cuda=program.every_thread)
    seccomp.install(program.for_process(os.getpid()), every_thread=program.every_thread)
    for name, forbidden in (("socket", socket.socket), ("fork", os.fork), ("kill", lambda: os.kill(os.getpid(), 0))):
        try:
            if forbidden() == 0:
                os._exit(1)  # a child of ours: the filter let it be born
        except PermissionError:
            continue
        raise ConfinementError(f"the filter does not hold: {name} was let through")


def _work(most: Limits, base: int, toolbox: Toolbox, *, cuda: bool) -> None:
    job = _read_job()
    if job is None:
        return
    limits = ceilings.lowest(job.limits, most)
    if limits != most:
        ceilings.apply(limits, base, _COMPANIONS, cuda=cuda)
    started = time.perf_counter()

    def finish(answer: Answer) -> NoReturn:
        _finish(answer, started)
        os._exit(0)

    outlet = _Outlet(limits, finish)
    try:
        answer = toolbox.perform(replace(job, limits=limits), outlet.emit, finish)
    except BaseException as fault:  # noqa: BLE001 a fault of ours, or of a Python that the code has broken
        answer = {"status": Status.KILLED, "value": None, "limit": None, "error": f"{type(fault).__name__}: {fault}"}
    _finish(answer, started)


class _Outlet:
    """Passes output on at once, up to a limit: what came before a job was ended is not lost.

    What goes over is dropped; a job that never stops is ended.
    """

    def __init__(self, limits: Limits, finish: Finish) -> None:
        self._limits = limits
        self._finish = finish
        self._room = limits.output_kb * _KILOBYTE
        self._dropped = 0

    def emit(self, stream: str, text: str) -> None:
        fitting = text[: max(0, self._room)]
        if fitting:
            self._room -= len(fitting.encode("utf-8", "replace"))
            _say({"out": "stderr" if stream == "stderr" else "stdout", "text": fitting})
        self._dropped += len(text) - len(fitting)
        if self._dropped > _PATIENCE * self._limits.output_kb * _KILOBYTE:
            self._finish({"status": Status.OUTPUT_LIMIT, "value": None, "limit": None})


def _finish(answer: Answer, started: float) -> None:
    """Say what came of it. Which limit was hit is told by its name; its value is the owner's to say."""
    status, value, limit = Status(answer["status"]), answer["value"], answer["limit"]
    fault = value.get("error") if isinstance(value, dict) else None
    hit, error = limit["name"] if limit else "", str(answer.get("error", ""))
    if fault:
        error = f"{fault['type']}: {fault['message']}"
    if not hit:
        status, hit = ceilings.hit_by_error(status, *((fault["type"], fault["message"]) if fault else ("", "")))
    message = {
        "status": status.value,
        "value": value,
        "error": error[:600],
        "limit": hit,
        "ms": round((time.perf_counter() - started) * 1e3, 3),
    }
    try:
        _say(message)
    except ProtocolError as fault_:
        _say(message | {"status": Status.OUTPUT_LIMIT.value, "value": None, "error": str(fault_), "limit": "output"})


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
