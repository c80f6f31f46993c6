"""What the host is like, seen from outside: attacks must change nothing of it."""

from __future__ import annotations

import itertools
import os
import tempfile
from pathlib import Path

MARK = "stride-was-here"  # in the name of everything that an attack tries to make

# What the kernel would let root change for the whole machine.
_SETTINGS = (
    *("core_pattern", "core_uses_pid", "hostname", "domainname", "modprobe", "panic", "pid_max", "sysrq"),
    *("randomize_va_space", "threads-max", "unprivileged_bpf_disabled", "perf_event_paranoid", "dmesg_restrict"),
    *("shmmax", "shmall", "msgmax", "sem", "hotplug", "poweroff_cmd", "ctrl-alt-del", "cap_last_cap"),
)
_MORE_SETTINGS = (
    "vm/overcommit_memory",
    "vm/swappiness",
    "fs/suid_dumpable",
    "fs/protected_symlinks",
    "net/core/somaxconn",
)
_IPC = ("shm", "msg", "sem")
_PLACES = ("/", "/tmp", "/var/tmp", "/dev", "/dev/shm", "/dev/mqueue", "/run", "/run/lock", "/root")  # noqa: S108 looked at


def look() -> dict[str, str]:
    """Everything that must be the same after an attack, by name."""
    names = [f"kernel/{name}" for name in _SETTINGS] + list(_MORE_SETTINGS)
    seen = {f"/proc/sys/{name}": _text(Path("/proc/sys", name)) for name in names}
    seen["mounts"] = _text(Path("/proc/self/mountinfo"))
    seen["this process"] = f"{os.getpid()} {os.getpriority(os.PRIO_PROCESS, 0)} {sorted(os.sched_getaffinity(0))}"
    seen["where"] = f"{Path.cwd()} {Path('/proc/self/root').readlink()}"
    return seen


def nothing_of_an_attack() -> list[str]:
    """Every trace of the mark: files, sockets, shared memory, command lines; empty where there is none."""
    folders = {*_PLACES, tempfile.gettempdir(), str(Path.home()), str(Path.cwd()), str(Path(__file__).parents[2])}
    found = [f"{folder}/{name}" for folder in sorted(folders) for name in _names(folder) if MARK in name]
    found += [line for line in _text(Path("/proc/net/unix")).splitlines() if MARK in line]
    mine = {str(os.getpid()), str(os.getppid())}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and folder.name not in mine and MARK in _text(folder / "comm"):
            found.append(str(folder))
    return found


def shared_objects(uids: set[int]) -> list[str]:
    """System V shared memory, queues and semaphores that belong to these users."""
    rows = itertools.chain.from_iterable(_text(Path("/proc/sysvipc", kind)).splitlines()[1:] for kind in _IPC)
    return [row for row in rows if uids & {int(word) for word in row.split() if word.isdigit()}]


def processes_in(zygote: int) -> list[int]:
    """The children of a jail's first process, theirs included."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            fields = _text(folder / "stat").rpartition(")")[2].split()
            if len(fields) > 1 and fields[0] != "Z":
                parents[int(folder.name)] = int(fields[1])
    found = [zygote]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found[1:]


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError as fault:
        return type(fault).__name__


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 the names are enough
    except OSError:
        return []
