"""Which system calls a container of workers needs, as the profile that container engines read.

An engine's own profile forbids what bubblewrap needs, user namespaces and mounts, so that no jail can start. This one
permits these, and otherwise less: what workers, bubblewrap and the jails were seen to call, and nothing more.
"""

from __future__ import annotations

import errno
import json
import platform
from typing import Any

from sandbox import calls

# name: (number on x86_64, number on aarch64); beside those of a jail
_BESIDE: dict[str, tuple[int | None, int | None]] = {
    # bubblewrap, which makes the jail
    "unshare": (272, 97), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "sethostname": (170, 161),
    "capget": (125, 90), "capset": (126, 91), "setsid": (112, 157), "symlink": (88, None), "symlinkat": (266, 36),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "signalfd4": (289, 74), "seccomp": (317, 277),
    # the server, which starts processes and ends them
    "fork": (57, None), "vfork": (58, None), "kill": (62, 129), "pidfd_send_signal": (424, 424),
    "sched_setaffinity": (203, 122), "mbind": (237, 235),
    # its sockets
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201), "accept": (43, 202),
    "accept4": (288, 242), "setsockopt": (54, 208), "sendmmsg": (307, 269), "recvmmsg": (299, 243),
}  # fmt: skip

ALLOWED = calls.ZYGOTE | _BESIDE
_MACHINES = {"SCMP_ARCH_X86_64": "x86_64", "SCMP_ARCH_AARCH64": "aarch64"}


def profile() -> dict[str, Any]:
    """The profile, as the OCI's runtimes take it."""
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": errno.EPERM,
        "archMap": [{"architecture": name, "subArchitectures": []} for name in _MACHINES],
        "syscalls": [
            {"names": sorted(ALLOWED), "action": "SCMP_ACT_ALLOW"},
            # glibc falls back to clone where clone3 does not exist; a filter cannot see clone3's flags.
            {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.ENOSYS},
        ],
    }


def text() -> str:
    """The profile as it is kept in `deploy/`."""
    return json.dumps(profile(), indent=2) + "\n"


def number(name: str) -> int | None:
    """Of a call on this machine; None where it has no such call."""
    found = (ALLOWED | {"clone3": calls.CLONE3})[name]
    return found[list(_MACHINES.values()).index(platform.machine())]
