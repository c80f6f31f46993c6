"""A memory group of the kernel round each jail, where this process may make one.

It bounds what no per-process limit does: page cache, the kernel's own memory behind a million empty files, a sum over
processes. It can be had by root (version 1) and where a version 2 group was delegated to us, as systemd's
`Delegate=memory` does. Groups are made inside the one that we are in, so whoever bounds us still does.
"""

from __future__ import annotations

import itertools
import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_MEGABYTE = 1024 * 1024
_TRIES, _PAUSE_S = 20, 0.02
_numbers = itertools.count(1)

WAY = "run as root, or let systemd delegate it (Delegate=memory in the unit)"


class CgroupError(Exception):
    """No memory group can be made here, and why."""


@dataclass(frozen=True, slots=True)
class Group:
    """One memory group; `version` is the interface's."""

    folder: Path
    version: int

    @property
    def procs(self) -> str:
        """The file that takes the process ids of members."""
        return str(self.folder / "cgroup.procs")

    def bound(self, megabytes: int) -> None:
        """Let the members take this much on top of what they have now; raises `CgroupError`."""
        used, most = _USED_MOST[self.version]
        try:
            now = int((self.folder / used).read_text())
            (self.folder / most).write_text(str(now + megabytes * _MEGABYTE))
            if self.version == 2:
                with suppress(FileNotFoundError):
                    (self.folder / "memory.swap.max").write_text("0")
        except (OSError, ValueError) as fault:
            raise CgroupError(f"the memory group cannot be bounded: {fault}") from fault

    def kills(self) -> int:
        """How often the kernel has ended a member for want of memory."""
        name = "memory.oom_control" if self.version == 1 else "memory.events"
        with suppress(OSError):
            found = re.search(r"^oom_kill (\d+)$", (self.folder / name).read_text(), re.MULTILINE)
            return int(found[1]) if found else 0
        return 0

    def remove(self) -> None:
        """Blocks for a moment, where the kernel still holds members that have ended; a later `make` sweeps up."""
        for _ in range(_TRIES):
            with suppress(OSError):
                self.folder.rmdir()
            if not self.folder.exists():
                return
            time.sleep(_PAUSE_S)


_USED_MOST = {1: ("memory.usage_in_bytes", "memory.limit_in_bytes"), 2: ("memory.current", "memory.max")}


def make(proc: Path = Path("/proc/self"), pid: int | None = None) -> Group:
    """A new, empty group inside our own.

    Raises:
        CgroupError: with why there can be none.
    """
    pid = os.getpid() if pid is None else pid
    own, version = _own(proc, pid)
    _sweep(own)
    folder = own / f"stride-{pid}-{next(_numbers)}"
    try:
        folder.mkdir()
        if not (folder / _USED_MOST[version][1]).exists():
            folder.rmdir()
            raise CgroupError("the memory controller is not on for groups of ours")
    except OSError as fault:
        raise CgroupError(f"no memory group can be made in {own}: {fault.strerror}") from fault
    return Group(folder, version)


def _own(proc: Path, pid: int) -> tuple[Path, int]:
    """The folder to make groups in, and the interface's version."""
    try:
        memberships = [line.split(":", 2) for line in (proc / "cgroup").read_text().splitlines()]
        mounts = [line.split() for line in (proc / "mounts").read_text().splitlines()]
    except OSError as fault:
        raise CgroupError(f"/proc does not say: {fault}") from fault
    for _, controllers, path in memberships:
        if "memory" in controllers.split(","):
            for mount in mounts:
                if mount[2] == "cgroup" and "memory" in mount[3].split(","):
                    return Path(mount[1]) / path.lstrip("/"), 1
    for _, controllers, path in memberships:
        if not controllers:
            for mount in mounts:
                if mount[2] == "cgroup2":
                    return _delegated(Path(mount[1]) / path.lstrip("/"), pid), 2
    raise CgroupError("no memory cgroup is mounted")


def _delegated(own: Path, pid: int) -> Path:
    """Version 2 has members in leaves only: we move into a leaf of our own, where nobody else is in the group."""
    if own.name == "stride-itself":
        return own.parent
    try:
        if "memory" not in (own / "cgroup.controllers").read_text().split():
            raise CgroupError("the memory controller is not delegated to us")
        members = {int(word) for word in (own / "cgroup.procs").read_text().split()}
        if members - {pid}:
            raise CgroupError("others are in our cgroup: it was not delegated to Stride alone")
        leaf = own / "stride-itself"
        leaf.mkdir(exist_ok=True)
        (leaf / "cgroup.procs").write_text(str(pid))
        (own / "cgroup.subtree_control").write_text("+memory")
    except OSError as fault:
        raise CgroupError(f"{own} is not delegated to us: {fault.strerror}") from fault
    return own


def _sweep(own: Path) -> None:
    """Remove the empty groups of owners that have gone."""
    with suppress(OSError):
        for folder in own.glob("stride-*-*"):
            owner = folder.name.split("-")[1]
            if owner.isdigit() and not Path("/proc", owner).exists():
                with suppress(OSError):
                    folder.rmdir()
