"""Makes folders readable for the unprivileged user that a jail runs as, where root keeps them behind a closed door.

Root's own Python often lies under a home of mode 0700. In a mount namespace of its own the launcher covers that home
with an empty folder and binds in it nothing but what the jail needs, read-only: nobody else sees a change.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Sequence
from pathlib import Path

_CLONE_NEWNS = 0x00020000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18


def closed_doors(paths: Sequence[str]) -> dict[str, list[str]]:
    """The folders that others may not pass, each with the paths behind it; the outermost door counts."""
    doors: dict[str, list[str]] = {}
    for path in paths:
        for folder in reversed(Path(path).parents):
            if not folder.stat().st_mode & stat.S_IXOTH:
                doors.setdefault(str(folder), []).append(path)
                break
    return doors


def open_up(paths: Sequence[str]) -> None:
    """Make the paths reachable for every user, for this process and its children alone; needs root.

    Raises:
        OSError: no right to mount.
    """
    doors = closed_doors(paths)
    if not doors:
        return
    _checked(_libc().unshare(_CLONE_NEWNS))
    _mount("none", "/", None, _MS_REC | _MS_PRIVATE)
    for door, behind in doors.items():
        _replace(door, behind)


def _replace(door: str, behind: list[str]) -> None:
    """Cover a folder with an empty one that shows these paths alone."""
    outermost = [path for path in behind if not any(str(parent) in behind for parent in Path(path).parents)]
    opened = {path: os.open(path, os.O_PATH | os.O_CLOEXEC) for path in outermost}
    before = os.umask(0o022)
    try:
        _mount("stride", door, "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=0755,size=1m")
        for path, descriptor in opened.items():
            _show(path, descriptor)
        _mount("none", door, None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV)
    finally:
        os.umask(before)
        for descriptor in opened.values():
            os.close(descriptor)


def _show(path: str, descriptor: int) -> None:
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        place.mkdir()
    else:
        place.touch()
    _mount(f"/proc/self/fd/{descriptor}", path, None, _MS_BIND | _MS_REC)


def _mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    result = _libc().mount(
        source.encode(), target.encode(), kind.encode() if kind else None, ctypes.c_ulong(flags), options.encode()
    )
    _checked(result, target)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str = "a mount namespace") -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{os.strerror(number)}: {what}")
