"""What the kernel says of processes, ours and those of a sandbox."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path


def gone(pid: int) -> bool:
    """The process is no more, or only its name is."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


async def until_gone(*pids: int) -> None:
    """Raises `TimeoutError` for processes that stay."""
    async with asyncio.timeout(60):
        while not all(gone(pid) for pid in pids):  # noqa: ASYNC110 the end of another process is no event here
            await asyncio.sleep(0.005)


def children() -> set[int]:
    """The processes that this one has started, in all its threads."""
    tasks = Path("/proc/self/task").iterdir()
    return {int(pid) for task in tasks for pid in (task / "children").read_text().split()}


def open_descriptors() -> set[str]:
    """Of this process."""
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}


def status(pid: int) -> dict[str, str]:
    """The fields of `/proc/PID/status`."""
    return dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())


def limits(pid: int) -> dict[str, list[str]]:
    """Soft and hard limit by name."""
    rows = [line.split("  ") for line in Path(f"/proc/{pid}/limits").read_text().splitlines()]
    return {row[0]: [cell.strip() for cell in row[1:] if cell.strip()][:2] for row in rows}


def start_of(pid: int) -> bytes:
    """The environment and the command line that a process was started with, as far as its own user may look."""
    found = Path(f"/proc/{pid}/cmdline").read_bytes()
    with suppress(PermissionError):  # it is not dumpable, and we are not root
        found += Path(f"/proc/{pid}/environ").read_bytes()
    return found


def taken_megabytes(pid: int) -> float:
    """Memory that the process has taken for itself.

    Files that it has mapped are left out: how much of torch's code one look at it brings in is the kernel's choice,
    and is 64 KiB in an installation read from the disk, 2 MiB in one that was just written.
    """
    fields = status(pid)
    return sum(int(fields[name].split()[0]) for name in ("RssAnon", "RssShmem")) / 1024
