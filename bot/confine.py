"""What a process of ours gives up before it sees what people sent: files, the network, processes, privileges.

A process that may open no descriptor at all can open no file and no socket either, and that needs no privilege to
arrange: the limit on open files becomes 0 when everything that is needed has been read in.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import sys
from pathlib import Path

NOBODY = 65534
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38


class ConfinementError(Exception):
    """A bound does not hold."""


def confine(parent: int, *, memory_mb: int, cpu_s: int) -> None:
    """Bounds this process for good; it ends when the process `parent` does.

    Args:
        parent: the process that started this one.
        memory_mb: on top of what it has now.
        cpu_s: of its whole life.

    Raises:
        ConfinementError: something that should be impossible by now is still possible.
        OSError: the system refuses a bound.
    """
    used = _memory_in_use()
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    for limit, most in (
        (resource.RLIMIT_AS, used + memory_mb * 1024 * 1024),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(limit, (most, most))
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # after the change of user: the kernel forgets the signal then
    if os.getppid() != parent:
        raise ConfinementError("the bot has gone already")
    _check()


def _memory_in_use() -> int:
    if sys.platform != "linux":
        return 1 << 32
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _check() -> None:
    for forbidden in (socket.socket, lambda: os.open("/", os.O_RDONLY), os.fork):
        try:
            forbidden()
        except OSError:
            continue
        raise ConfinementError("a file, a socket or a process can still be made")


def _prctl(option: int, value: int) -> None:
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
