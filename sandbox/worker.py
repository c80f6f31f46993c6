"""The resident worker: a keeper that imports torch once and forks the processes that do the jobs.

`python -m sandbox.worker FD CONFINEMENT` is started by `sandbox.keeper`. The keeper computes nothing and reads
nothing that a user wrote: it forks a serving child in milliseconds whenever its owner asks for one, so a crash or a
hang costs no import of torch. The child confines itself and then answers jobs, one line each, in order.

Control packets, owner to keeper: `{"start": n}` with a connected socket, `{"stop": n}`. Keeper to owner:
`{"ready": version, "device"}` or `{"failed": why}` once; `{"started": n, "pid"}`; `{"ended": n, "status"}`.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, NoReturn, Protocol

from sandbox.confine import Confinement, ConfinementError, confine
from sandbox.protocol import Job, ProtocolError, Result, Status, decode, decode_job, encode, encode_result

_CHUNK = 1 << 16
_PACKET = 4096


class Toolbox(Protocol):
    """What the serving child does jobs with; made once in the keeper."""

    version: str
    device: str

    def perform(self, job: Job) -> Any:
        """The value of a job's result; what user code does wrong is part of it."""


@dataclass(frozen=True, slots=True)
class _Child:
    number: int
    pid: int
    pidfd: int


class Keeper:
    """The keeper's side of its owner's wishes."""

    def __init__(self, control: socket.socket, confinement: Confinement, toolbox: Toolbox) -> None:
        self._control = control
        self._confinement = confinement
        self._toolbox = toolbox
        self._children: dict[int, _Child] = {}
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)

    def keep(self) -> None:
        """Start, stop and bury children until the owner closes the control socket."""
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor in self._children:
                    self._bury(self._children[descriptor])
                elif not self._obey():
                    return

    def _obey(self) -> bool:
        packet, descriptors, _, _ = socket.recv_fds(self._control, _PACKET, 1)
        if not packet:
            return False
        message = decode(packet)
        if "start" in message and descriptors:
            self._start(int(message["start"]), descriptors[0])
        elif "stop" in message:
            for child in self._children.values():
                if child.number == message["stop"]:
                    signal.pidfd_send_signal(child.pidfd, signal.SIGKILL)
        return True

    def _start(self, number: int, channel: int) -> None:
        keeper = os.getpid()
        pid = os.fork()
        if pid == 0:
            _become_child(channel, self._confinement, self._toolbox, keeper)
        os.close(channel)
        child = _Child(number, pid, os.pidfd_open(pid))
        self._children[child.pidfd] = child
        self._poll.register(child.pidfd, select.POLLIN)
        _tell(self._control, {"started": number, "pid": pid})

    def _bury(self, child: _Child) -> None:
        _, status = os.waitpid(child.pid, 0)
        self._poll.unregister(child.pidfd)
        os.close(child.pidfd)
        del self._children[child.pidfd]
        _tell(self._control, {"ended": child.number, "status": os.waitstatus_to_exitcode(status)})


def serve(channel: int, toolbox: Toolbox) -> None:
    """Answer every job that comes in on the channel, in order, until the other side closes it."""
    rest = b""
    while chunk := os.read(channel, _CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            _write(channel, answer(line, toolbox))


def answer(line: bytes, toolbox: Toolbox) -> bytes:
    """The line that answers a line. It always has one."""
    started = time.perf_counter()
    try:
        job = decode_job(line)
    except ProtocolError as fault:
        return encode_result(Result(id="", status=Status.UNAVAILABLE, error=str(fault)))
    status, value, error = Status.OK, None, ""
    try:
        value = toolbox.perform(job)
    except MemoryError:
        status, error = Status.MEMORY, "the worker's memory did not suffice"
    except Exception as fault:  # noqa: BLE001 a fault of ours is one answer, not the worker's end
        status, error = Status.UNAVAILABLE, f"the worker failed: {type(fault).__name__}: {fault}"[:600]
    result = Result(
        id=job.id,
        status=status,
        value=value,
        error=error,
        elapsed_ms=round((time.perf_counter() - started) * 1e3, 3),
        torch_version=toolbox.version,
        device=toolbox.device,
    )
    try:
        return encode_result(result)
    except ProtocolError as fault:
        return encode_result(
            Result(id=job.id, status=Status.OUTPUT_LIMIT, error=str(fault), torch_version=toolbox.version)
        )


def main(arguments: list[str], load: Callable[[], Toolbox]) -> int:
    """Keep until the owner goes; exit status 1 where there is nothing to keep."""
    control = socket.socket(fileno=int(arguments[0]))
    # The owner alone decides when a worker ends: an interrupt from a terminal, or a supervisor's signal to everything
    # that belongs to a service, must not take it from under an owner that finishes its jobs.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        toolbox = load()
    except Exception as fault:  # noqa: BLE001 whatever keeps torch from loading is the report
        _tell(control, {"failed": f"{type(fault).__name__}: {fault}"[:600]})
        return 1
    # What was imported stays: a child's collector must neither walk it nor copy its pages.
    gc.collect()
    gc.freeze()
    _tell(control, {"ready": toolbox.version, "device": toolbox.device})
    with suppress(ConnectionError, BrokenPipeError):
        Keeper(control, Confinement.from_json(arguments[1]), toolbox).keep()
    return 0


def _become_child(channel: int, confinement: Confinement, toolbox: Toolbox, keeper: int) -> NoReturn:
    status = 1
    try:
        try:
            protections = confine(confinement, channel, keeper)
        except ConfinementError as missing:
            _write(channel, encode({"refused": str(missing)}))
        else:
            hello = {"torch": toolbox.version, "device": toolbox.device, "table": [asdict(row) for row in protections]}
            _write(channel, encode({"hello": hello}))
            serve(channel, toolbox)
            status = 0
    finally:
        os._exit(status)


def _write(channel: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(channel, view) :]


def _tell(control: socket.socket, message: dict[str, Any]) -> None:
    control.send(encode(message))


def _load() -> Toolbox:
    from sandbox.jobs.toolbox import TorchToolbox

    return TorchToolbox()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], _load))
