"""Process 1 of a jail: imports torch once and forks, ahead of time, one child for each job.

`python -m sandbox.zygote FD TOOLBOX RULES` is started by `sandbox.jail`. The zygote never sees a job: its owner hands
it, for every child, the far ends of that job's own channels, and the child alone reads and answers there. So nothing
that one job writes can be taken for another's, and a job that takes its process over finds nothing of anybody's.

Control packets, owner to zygote: `{"prepare": n, "base": bytes, "limits": {...}, "hurry": bool}` with five descriptors
(see `inmate`). Zygote to owner: `{"ready": version, "device", "landlock"}` or `{"failed": why}` once, then
`{"ended": n, "status", "cpu_s", "tidy"}`.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import logging
import os
import platform
import select
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sandbox import inmate, landlock, seccomp
from sandbox.heap import fill_holes
from sandbox.protocol import ProtocolError, decode, encode
from sandbox.tidy import tidy

_PR_SET_DUMPABLE = 4
_PACKET = 8192
_CHANNELS = 5


@dataclass(frozen=True, slots=True)
class _Child:
    number: int
    pid: int
    pidfd: int


class Zygote:
    """Prepares one child at a time, and says how it ended."""

    def __init__(self, control: socket.socket, toolbox: inmate.Toolbox, rules: inmate.Rules) -> None:
        self._control = control
        self._toolbox = toolbox
        self._rules = rules
        self._child: _Child | None = None
        self._filter = seccomp.JobFilter(platform.machine(), cuda=bool(rules["use"]))

    def serve(self) -> None:
        """Until the owner closes the control socket."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if self._child is not None and descriptor == self._child.pidfd:
                    poll.unregister(descriptor)
                    self._bury(self._child)
                elif not self._obey():
                    return
                elif self._child is not None:
                    poll.register(self._child.pidfd, select.POLLIN)

    def _obey(self) -> bool:
        packet, descriptors, _, _ = socket.recv_fds(self._control, _PACKET, _CHANNELS)
        if not packet:
            return False
        message = decode(packet)
        if self._child is not None or len(descriptors) != _CHANNELS:
            raise ProtocolError("one child at a time, with all of its channels")
        pid = os.fork()
        if pid == 0:
            inmate.live(descriptors, message, self._toolbox, self._filter, self._rules)
        for descriptor in descriptors:
            os.close(descriptor)
        self._child = _Child(int(message["prepare"]), pid, os.pidfd_open(pid))
        return True

    def _bury(self, child: _Child) -> None:
        _, status, usage = os.wait4(child.pid, 0)
        os.close(child.pidfd)
        self._child = None
        try:
            clean = all(tidy(folder) for folder in self._rules["write"])
        except OSError:
            clean = False
        message = {
            "ended": child.number,
            "status": os.waitstatus_to_exitcode(status),
            "cpu_s": round(usage.ru_utime + usage.ru_stime, 3),
            "tidy": clean,
        }
        self._control.send(encode(message))


def main(arguments: list[str]) -> int:
    """Serve until the owner goes; exit status 1 where there is nothing to serve with."""
    control = socket.socket(fileno=int(arguments[0]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # it would look through a growing torch again and again
    try:
        rules = json.loads(arguments[2])
        hello, toolbox = _start(arguments[1], rules)
    except Exception as fault:  # noqa: BLE001 whatever keeps a jail from starting is the report
        control.send(encode({"failed": f"{type(fault).__name__}: {fault}"[:600]}))
        return 1
    _go_quiet()
    _log_nowhere()
    # What was imported stays: a child's collector must neither walk it nor copy its pages.
    gc.freeze()
    gc.enable()
    fill_holes()
    control.send(encode(hello))
    with suppress(ConnectionError, BrokenPipeError):
        Zygote(control, toolbox, rules).serve()
    return 0


def _start(toolbox_name: str, rules: inmate.Rules) -> tuple[dict[str, Any], inmate.Toolbox]:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, ctypes.c_ulong(0), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "cannot hide from other processes")
    version = _confine(rules, [*rules["read"], *rules["look"]])
    module, _, name = toolbox_name.partition(":")
    make: Callable[[], inmate.Toolbox] = getattr(importlib.import_module(module), name)
    toolbox = make()
    _confine(rules, rules["read"])  # over the first: what torch has looked at is no business of the jobs
    hello = {"ready": toolbox.version, "device": toolbox.device, "landlock": version}
    return hello, toolbox


def _confine(rules: inmate.Rules, read: Sequence[str]) -> int:
    return landlock.restrict(read=[*read, *inmate.SOURCES], write=[*rules["write"], os.devnull], use=rules["use"])


def _go_quiet() -> None:
    """From here on nobody reads what the zygote would print."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)


def _log_nowhere() -> None:
    """Let go of the handlers that libraries gave their loggers: each fork would make all their locks anew.

    What they log from here on is written to stderr as it is, without torch's times and paths.
    """
    for logger in logging.root.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            logger.handlers.clear()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
