"""What a worker process gives up before it takes its first job; every step is checked, and none is optional.

The steps run in the serving process itself, after torch is imported and before anything is read from the other side.
A step that fails stops the worker: an answer without a worker says so, an answer from an open one would not.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox import seccomp
from sandbox.protocol import Protection

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """How tight: `memory_mb` on top of what the process has, `uid` to become where it is root."""

    memory_mb: int = 1024
    uid: int | None = 65534
    open_files: int = 8

    def to_json(self) -> str:
        """For a command line."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Confinement:
        """The same again; raises `ValueError` and `TypeError` on anything else."""
        return Confinement(**json.loads(text))


class ConfinementError(Exception):
    """A protection that cannot be had here, with the way to get it."""


@dataclass(frozen=True, slots=True)
class _Step:
    name: str
    stops: str
    otherwise: str
    do: Callable[[Confinement, int, int], None]


def confine(confinement: Confinement, keep: int, parent: int) -> tuple[Protection, ...]:
    """Take everything from this process but the descriptor `keep`; it ends when the process `parent` does.

    Raises:
        ConfinementError: a protection is missing; the process is half open and must end.
    """
    table = []
    for step in _STEPS:
        try:
            step.do(confinement, keep, parent)
        except (OSError, ValueError, OverflowError) as fault:
            raise ConfinementError(f"{step.name}: {fault}; {step.otherwise}") from fault
        table.append(Protection(name=step.name, present=True, why=step.stops))
    return tuple(table)


def _close_descriptors(_: Confinement, keep: int, __: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    highest = os.sysconf("SC_OPEN_MAX")
    os.closerange(3, keep)
    os.closerange(keep + 1, max(keep + 1, highest))


def _leave_directory(_: Confinement, __: int, ___: int) -> None:
    os.chdir("/")
    os.umask(0o077)


def _limit_resources(confinement: Confinement, _: int, __: int) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    memory = pages * resource.getpagesize() + confinement.memory_mb * _MEGABYTE
    for limit, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, confinement.open_files),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(limit, (most, most))
        if resource.getrlimit(limit) != (most, most):
            raise OSError("a limit did not hold")


def _drop_root(confinement: Confinement, _: int, __: int) -> None:
    if os.geteuid() != 0 or confinement.uid is None:
        return
    os.setgroups([])
    os.setresgid(confinement.uid, confinement.uid, confinement.uid)
    os.setresuid(confinement.uid, confinement.uid, confinement.uid)
    if 0 in os.getresuid() + os.getresgid():
        raise OSError("still root")


def _no_new_privileges(_: Confinement, __: int, ___: int) -> None:
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def _hide(_: Confinement, __: int, ___: int) -> None:
    _prctl(_PR_SET_DUMPABLE, 0)


def _die_with_parent(_: Confinement, __: int, parent: int) -> None:
    # After the change of user: the kernel forgets the signal then.
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise OSError("the parent has gone already")


def _filter_calls(_: Confinement, __: int, ___: int) -> None:
    seccomp.install()
    for forbidden in (socket.socket, lambda: os.open(os.devnull, os.O_RDONLY)):
        try:
            forbidden()
        except PermissionError:
            continue
        raise OSError("the filter does not hold")


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


_LINUX = "run the worker on Linux (x86_64 or aarch64)"

# In this order: what needs root, files or signals comes before what takes them away.
_STEPS = (
    _Step("descriptors", "no file or connection of the parent is open in the worker", _LINUX, _close_descriptors),
    _Step("directory", "the worker stands in /", _LINUX, _leave_directory),
    _Step(
        "limits",
        "memory, file size, core dumps, open files, processes and threads are bounded",
        "mount /proc, and raise the hard limits (ulimit -H) of whoever starts it",
        _limit_resources,
    ),
    _Step(
        "user",
        "the worker is not root",
        "give the container CAP_SETUID and CAP_SETGID, start it as an ordinary user, or set the sandbox's uid to none",
        _drop_root,
    ),
    _Step("no new privileges", "no program can raise them again", _LINUX, _no_new_privileges),
    _Step("not dumpable", "other processes of its user cannot look into it", _LINUX, _hide),
    _Step("parent death", "the worker ends with the process that started it", "start it again", _die_with_parent),
    _Step(
        "system calls",
        "no file can be opened, no network, no program, no other process, no kernel setting",
        "allow seccomp filters (CONFIG_SECCOMP_FILTER; in a container a profile that permits prctl)",
        _filter_calls,
    ),
)


def protections() -> tuple[tuple[str, str], ...]:
    """Every protection by name, with what it stops."""
    return tuple((step.name, step.stops) for step in _STEPS)
