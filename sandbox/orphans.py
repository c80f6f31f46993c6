"""What a killed owner may leave behind, and who buries it.

Bubblewrap's inner process waits for its outer one before it knows whose child it is. Where an owner is killed in that
very moment, and takes the outer one along, the inner one waits for ever: it holds a few kilobytes, and no code of
anybody's has run in it. Whoever starts jails next ends it.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

from sandbox.jail import ZYGOTE

_PROC = Path("/proc")
_AFTER_NAME = 2  # fields of /proc/PID/stat from the end of the name on: state, parent, group, session
_SESSION = 3


def bury() -> None:
    """Ends the half-made jails of owners that are gone, as far as we may. Blocks for milliseconds."""
    for entry in os.listdir(_PROC):  # noqa: PTH208 names are enough
        if entry.isdigit() and _is_orphan(int(entry)):
            with suppress(OSError):
                os.kill(int(entry), signal.SIGKILL)


def _is_orphan(pid: int) -> bool:
    """Bubblewrap on its way to a zygote, in the session of an outer process that is no more."""
    try:
        command = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
        if not command[0].endswith(b"bwrap") or ZYGOTE.encode() not in command:
            return False
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return False
    session = int(stat[stat.rindex(")") + _AFTER_NAME :].split()[_SESSION])
    # 0: whoever began it lives where we cannot see, and may well be there.
    return session not in (0, pid) and not (_PROC / str(session)).exists()
