"""A worker that was taken over: the real keeper, fork, confinement and loop round a toolbox that attacks.

Run as `python rogue.py FD CONFINEMENT`, in the place of `python -m sandbox.worker`.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox import worker
from sandbox.protocol import Job


class Rogue:
    """Does what its payload says, and answers what came of it."""

    version = "rogue"
    device = "cpu"

    def perform(self, job: Job) -> Any:
        return ATTACKS[job.payload["attack"]](*job.payload.get("with", []))


def _hang() -> None:
    while True:
        time.sleep(60)


def _recurse() -> None:
    _recurse()


def _spin() -> None:
    while True:
        pass


def _half_a_line() -> None:
    os.write(_channel(), b'{"v":1,"id":"half')
    signal.raise_signal(signal.SIGKILL)


def _raw(text: str) -> str:
    os.write(_channel(), text.encode())
    return "and then the answer"


def _flood() -> None:
    while True:
        os.write(_channel(), b"x" * 65536)


def _channel() -> int:
    """The one descriptor that a worker has beside the standard ones."""
    return next(number for number in range(3, 64) if _is_open(number))


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _tried(attempt: Callable[..., Any]) -> Callable[..., Any]:
    """What came of it: `refused: EPERM`, or that it worked."""

    def attack(*args: Any) -> str:
        try:
            return f"worked: {attempt(*args)!r}"
        except (OSError, MemoryError, RuntimeError, ValueError) as fault:
            return f"refused: {type(fault).__name__}: {fault}"

    return attack


def _syscall(number: int, *args: int) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    result: int = libc.syscall(number, *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _int80() -> None:
    """The 32-bit call gate: getpid is 20 there, whatever the filter for 64 bits says."""
    code = bytes([0xB8, 20, 0, 0, 0, 0xCD, 0x80, 0xC3])  # mov eax, 20; int 0x80; ret
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    ctypes.CFUNCTYPE(ctypes.c_int)(address)()


def _thread() -> str:
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    return "a thread"


def _memory(megabytes: int) -> int:
    return len(bytearray(megabytes << 20))


def _shared_memory(megabytes: int) -> int:
    return len(mmap.mmap(-1, megabytes << 20, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS))


def _raise_limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


ATTACKS: dict[str, Callable[..., Any]] = {
    "echo": lambda *what: list(what),
    "busy": time.sleep,
    "die": signal.raise_signal,  # by tgkill to itself: the one signal that a worker may send
    "exit": os._exit,
    "hang": _hang,
    "spin": _spin,
    "half a line": _half_a_line,
    "raw": _raw,
    "flood": _flood,
    "huge": lambda: "x" * (5 << 20),
    "not json": lambda: float("nan"),
    "fault": lambda: os.environ["NOTHING_THERE"],
    "recursion": _recurse,
    "environment": lambda: dict(os.environ),
    "whoami": lambda: {"uids": os.getresuid(), "groups": os.getgroups(), "cwd": str(Path.cwd()), "pid": os.getpid()},
    "descriptors": lambda: [number for number in range(256) if _is_open(number)],
    "read": _tried(lambda path: Path(path).read_bytes()[:100].decode("latin-1")),
    "write": _tried(lambda path: Path(path).write_text("x")),
    "unlink": _tried(os.unlink),
    "chmod": _tried(lambda path: Path(path).chmod(0o700)),
    "mkdir": _tried(os.mkdir),
    "socket": _tried(lambda family: socket.socket(family).family),
    "socketpair": _tried(socket.socketpair),
    "fork": _tried(os.fork),
    "exec": _tried(lambda: os.execv("/bin/true", ["true"])),  # noqa: S606 the attack
    "spawn": _tried(lambda: subprocess.run(["/bin/true"], check=True)),
    "thread": _tried(_thread),
    "kill": _tried(lambda pid: os.kill(pid, signal.SIGKILL)),
    "prlimit": _tried(lambda pid: resource.prlimit(pid, resource.RLIMIT_CPU, (1, 1))),
    "raise limit": _tried(_raise_limit),
    "become root": _tried(lambda: os.setuid(0)),
    "setresuid": _tried(lambda: os.setresuid(0, 0, 0)),
    "ptrace": _tried(lambda pid: _syscall(101, 16, pid, 0, 0)),
    "syscall": _tried(_syscall),
    "int80": _int80,
    "memory": _tried(_memory),
    "shared memory": _tried(_shared_memory),
    "keep alive": _tried(lambda: _syscall(157, 1, 0, 0, 0, 0)),
}


if __name__ == "__main__":
    sys.exit(worker.main(sys.argv[1:], Rogue))
