"""What one job may use, on one page: the kernel's limits for its process, and how hitting one is named.

A limit's name, value and unit are what a person is told; the defaults stand in `sandbox.settings`.
"""

from __future__ import annotations

import math
import resource
import signal
import time
from pathlib import Path
from typing import Any

from sandbox.protocol import Limits, Status

_MEGABYTE = 1024 * 1024
_OPEN_FILES, _OPEN_FILES_CUDA = 64, 256  # libcuda opens its devices many times
_GRACE_S = 1  # between the signal that says CPU time is over and the one that cannot be handled

_NO_MEMORY = ("can't allocate memory", "cannot allocate memory", "not enough memory", "bad_alloc")
_NO_ROOM = ("file too large", "no space left")

Named = dict[str, Any]


def named(name: str, limits: Limits) -> Named:
    """A limit as a result carries it: {"name", "value", "unit"}."""
    value, unit = {
        "wall": (limits.wall_s, "s"),
        "cpu": (limits.cpu_s, "s"),
        "memory": (limits.memory_mb, "MB"),
        "threads": (limits.threads, "threads"),
        "files": (limits.files_mb, "MB"),
        "output": (limits.output_kb, "kB"),
    }[name]
    return {"name": name, "value": value, "unit": unit}


def lowest(asked: Limits, most: Limits) -> Limits:
    """What a job gets: what it asks for, but never more than is set."""
    return Limits(
        wall_s=min(asked.wall_s, most.wall_s),
        cpu_s=min(asked.cpu_s, most.cpu_s),
        memory_mb=min(asked.memory_mb, most.memory_mb),
        threads=min(asked.threads, most.threads),
        files_mb=min(asked.files_mb, most.files_mb),
        output_kb=min(asked.output_kb, most.output_kb),
    )


def apply(limits: Limits, base_bytes: int, companions: int = 1, *, cuda: bool = False) -> None:
    """Bound this process for good; raises `OSError` or `ValueError` where a limit does not hold.

    A CUDA driver reserves more addresses than any machine has memory, and has worked before the job begins: there
    what is written to is bounded instead of the address space, and both from where they stand now.

    Args:
        limits: of the job.
        base_bytes: address space that torch itself takes in this process.
        companions: processes of the same user beside this one.
        cuda: whether this process has started a device.
    """
    memory = base_bytes + limits.memory_mb * _MEGABYTE
    cpu = max(1, round(limits.cpu_s))
    space, open_files = resource.RLIMIT_AS, _OPEN_FILES
    if cuda:
        space, open_files = resource.RLIMIT_DATA, _OPEN_FILES_CUDA
        memory = _private_bytes() + limits.memory_mb * _MEGABYTE
        cpu += math.ceil(time.process_time())
    for what, soft, hard in (
        (space, memory, memory),
        (resource.RLIMIT_CPU, cpu, cpu + _GRACE_S),
        (resource.RLIMIT_NPROC, limits.threads + companions, limits.threads + companions),
        (resource.RLIMIT_FSIZE, limits.files_mb * _MEGABYTE, limits.files_mb * _MEGABYTE),
        (resource.RLIMIT_NOFILE, open_files, open_files),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 0, 0),
        (resource.RLIMIT_MSGQUEUE, 0, 0),
        (resource.RLIMIT_SIGPENDING, limits.threads, limits.threads),
    ):
        ceiling = resource.getrlimit(what)[1]
        if ceiling == resource.RLIM_INFINITY:
            ceiling = hard
        wanted = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(what, wanted)
        if resource.getrlimit(what) != wanted:
            raise OSError("a limit did not hold")


def _private_bytes() -> int:
    """Of memory that this process alone writes to, as the kernel counts it for RLIMIT_DATA."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[5]
    return int(pages) * resource.getpagesize()


def hit_by_error(status: Status, kind: str, text: str) -> tuple[Status, str]:
    """The status, and the limit's name (empty: none), that an exception of users' code comes to."""
    text = text.lower()
    if status is Status.MEMORY or kind in {"MemoryError", "OutOfMemoryError"}:
        return Status.MEMORY, "memory"
    if any(words in text for words in _NO_MEMORY):
        return Status.MEMORY, "memory"
    if status is Status.OUTPUT_LIMIT:
        return status, "output"
    if "can't start new thread" in text or ("thread" in text and "resource temporarily unavailable" in text):
        return status, "threads"
    if kind in {"OSError", "RuntimeError"} and any(words in text for words in _NO_ROOM):
        return status, "files"
    return status, ""


def hit_by_end(
    ending: int, cpu_s: float, limits: Limits, *, last_words: str, out_of_memory: bool
) -> tuple[Status, str]:
    """The status and the limit's name (empty: none) for a process that ended by itself or by the kernel.

    Args:
        ending: exit status, negative for a signal.
        cpu_s: processor time that it took.
        limits: that it had.
        last_words: what it wrote to its standard error.
        out_of_memory: whether the kernel ended something for want of memory meanwhile.
    """
    if ending == -signal.SIGXCPU or (ending == -signal.SIGKILL and cpu_s >= max(1, round(limits.cpu_s))):
        return Status.TIMEOUT, "cpu"
    if ending == -signal.SIGXFSZ:
        return Status.KILLED, "files"
    if ending == -signal.SIGKILL and out_of_memory:
        return Status.MEMORY, "memory"
    if ending == -signal.SIGABRT and ("bad_alloc" in last_words or "annot allocate memory" in last_words):
        return Status.MEMORY, "memory"
    if ending > 0 and "Thread creation failed" in last_words:  # OpenMP's runtime then ends the process
        return Status.KILLED, "threads"
    return Status.KILLED, ""
