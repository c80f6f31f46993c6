"""Which files a process can reach at all, by the kernel's Landlock: everything that is not named is refused.

It holds beside the mounts: a path that a mistake in them left open is closed here. Nothing of it can be undone.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Sequence
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on every architecture
_VERSION_FLAG = 1
_PATH_BENEATH = 1

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_REFER, _TRUNCATE, _IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15

_READING = _READ_FILE | _READ_DIR
_WRITING = _READING | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER | _TRUNCATE
_USING = _READING | _WRITE_FILE | _TRUNCATE | _IOCTL_DEVICE
_ON_FILES = _READ_FILE | _WRITE_FILE | _TRUNCATE | _IOCTL_DEVICE  # a directory's right on a file is an error

# How many rights over files each version of the interface knows; then ports (4), sockets and signals of others (6).
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NEWEST = 5
_NETWORK_SINCE, _NETWORK = 4, 0b11
_SCOPES_SINCE, _SCOPES = 6, 0b11

WAY = "use Linux 5.13 or later with Landlock on (CONFIG_SECURITY_LANDLOCK, and landlock in the lsm= boot parameter)"


class LandlockError(OSError):
    """Landlock cannot be had here."""


def version() -> int:
    """Of the kernel's interface; 0 where there is none."""
    return max(0, _call(_CREATE, None, 0, _VERSION_FLAG))


def restrict(*, read: Sequence[str], write: Sequence[str], use: Sequence[str] = ()) -> int:
    """Leave this process and its children these folders and files, for good; the interface's version.

    `no_new_privs` must be set. Every path of `write` and `use` must exist; one of `read` need not. Devices and the
    kernel's own files are for `use`: read, written to and asked, but none of them made or removed.

    Raises:
        LandlockError: the kernel has no Landlock or refused; nothing may be run then.
    """
    known = version()
    if not known:
        raise LandlockError(38, "the kernel has no Landlock")
    handled = (1 << _RIGHTS[min(known, _NEWEST)]) - 1
    attributes = struct.pack("=Q", handled)
    if known >= _NETWORK_SINCE:
        attributes += struct.pack("=Q", _NETWORK)
    if known >= _SCOPES_SINCE:
        attributes += struct.pack("=Q", _SCOPES)
    rules = _checked(_call(_CREATE, attributes, len(attributes), 0))
    try:
        for path in read:
            if Path(path).exists():
                _allow(rules, path, _READING & handled)
        for path in write:
            _allow(rules, path, _WRITING & handled)
        for path in use:
            _allow(rules, path, _USING & handled)
        _checked(_call(_RESTRICT, rules, 0))
    finally:
        os.close(rules)
    return known


def _allow(rules: int, path: str, rights: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not Path(path).is_dir():
            rights &= _ON_FILES
        _checked(_call(_ADD, rules, _PATH_BENEATH, struct.pack("=Qi", rights, descriptor), 0))
    finally:
        os.close(descriptor)


def _call(number: int, *arguments: int | bytes | None) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    # A bare int would be passed as 32 bits, with whatever stands above it.
    given = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return int(libc.syscall(ctypes.c_long(number), *given))


def _checked(value: int) -> int:
    if value < 0:
        number = ctypes.get_errno()
        raise LandlockError(number, os.strerror(number))
    return value
