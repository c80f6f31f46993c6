"""A system-call filter assembled by hand, so that a worker needs no libseccomp on its machine.

The filter is a list of refusals, not of permissions: torch, oneDNN and glibc change which calls they make from
version to version, while the calls that reach files, the network, other processes or the kernel's own settings do
not change. No file can be opened at all: a worker has everything in memory before the filter is set.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Mapping

from sandbox import calls, cuda_calls

_KILL = 0x80000000
_ERRNO = 0x00050000
_ALLOW = 0x7FFF0000

_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_ANY_BIT = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_AND = 0x54  # BPF_ALU | BPF_AND | BPF_K
_RETURN = 0x06

_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16  # offsets in struct seccomp_data; arguments are 64 bits
_SECOND_ARGUMENT_AT = 24
_CLONE_THREAD = 0x00010000
_X32_BIT = 0x40000000
_FIRST_UNKNOWN = 449  # the calls from here on are newer than this list, on every architecture

_SOME_PID = 0x5AFE5AFE  # no process has it

_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_SET_MODE_FILTER, _TSYNC = 1, 1
_AF_UNIX = 1

# name: (number on x86_64, number on aarch64)
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    # files
    "open": (2, None), "openat": (257, 56), "openat2": (437, 437), "creat": (85, None),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "memfd_create": (319, 279),
    "memfd_secret": (447, 447), "unlink": (87, None), "unlinkat": (263, 35), "rename": (82, None),
    "renameat": (264, 38), "renameat2": (316, 276), "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None),
    "link": (86, None), "linkat": (265, 37), "symlink": (88, None), "symlinkat": (266, 36), "mknod": (133, None),
    "mknodat": (259, 33), "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "chown": (92, None),
    "fchown": (93, 55), "fchownat": (260, 54), "lchown": (94, None), "truncate": (76, 45), "ftruncate": (77, 46),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "removexattr": (197, 14), "lremovexattr": (198, 15),
    "utimensat": (280, 88), "utime": (132, None), "utimes": (235, None), "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    # network
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242),
    # processes
    "execve": (59, 221), "execveat": (322, 281), "fork": (57, None), "vfork": (58, None), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "process_madvise": (440, 440),
    "kcmp": (312, 272), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424),
    "kill": (62, 129), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "prctl": (157, 167), "setsid": (112, 157), "setpgid": (109, 154), "setpriority": (141, 140),
    "sched_setaffinity": (203, 122), "sched_setattr": (314, 274), "sched_setscheduler": (144, 119),
    "ioprio_set": (251, 30), "shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
    # the kernel
    "setns": (308, 268), "unshare": (272, 97), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "mount_setattr": (442, 442), "bpf": (321, 280), "perf_event_open": (298, 241), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "userfaultfd": (323, 282),
    "seccomp": (317, 277), "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225),
    "acct": (163, 89), "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266),
    "adjtimex": (159, 171), "sethostname": (170, 161), "setdomainname": (171, 162), "syslog": (103, 116),
    "quotactl": (179, 60), "personality": (135, 92), "modify_ldt": (154, None), "iopl": (172, None),
    "ioperm": (173, None), "landlock_create_ruleset": (444, 444),
}  # fmt: skip
# These are refused unless an argument shows that they stay inside the process.
_CLONE, _CLONE3, _TGKILL, _PRLIMIT = (56, 220), (435, 435), (234, 131), (302, 261)

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


class SeccompError(OSError):
    """The filter cannot be set here."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def program(machine: str, pid: int) -> bytes:
    """The filter for a machine (`platform.machine()`) and the process that may signal itself.

    Raises:
        SeccompError: no table of calls for this machine.
    """
    column, code = _preamble(machine)
    unknown = _ERRNO | errno.ENOSYS
    code += [_step(_AT_LEAST, _FIRST_UNKNOWN, 0, 1), _step(_RETURN, unknown)]
    # glibc falls back to clone, whose flags a filter can see, where clone3 does not exist.
    code += [_step(_EQUAL, _CLONE3[column], 0, 1), _step(_RETURN, unknown)]
    code += _allowed_if(_CLONE[column], _ANY_BIT, _CLONE_THREAD)
    code += _allowed_if(_TGKILL[column], _EQUAL, pid)
    code += _allowed_if(_PRLIMIT[column], _EQUAL, 0)
    for numbers in _REFUSED.values():
        number = numbers[column]
        if number is not None:
            code += [_step(_EQUAL, number, 0, 1), _step(_RETURN, _ERRNO | errno.EPERM)]
    code.append(_step(_RETURN, _ALLOW))
    return b"".join(code)


def zygote_program(machine: str, *, cuda: bool = False) -> bytes:
    """The filter that a whole jail lives under: what is not on the list `calls.ZYGOTE` gives EPERM.

    With `cuda` it permits what the driver needs, too, from the start of a device on; see `cuda_calls`.

    Raises:
        SeccompError: no table of calls for this machine.
    """
    if not cuda:
        return _permitting(machine, calls.ZYGOTE, {})
    column = _column(machine)
    allowed = calls.ZYGOTE | cuda_calls.STARTING | {"socket": cuda_calls.SOCKET}
    special = {"ioctl": _device_ioctl(column), "socket": _allowed_if(cuda_calls.SOCKET[column], _EQUAL, _AF_UNIX)}
    return _permitting(machine, allowed, special)


def job_program(machine: str, pid: int, *, cuda: bool = False) -> bytes:
    """The filter of one job's process, `pid` as the process itself sees it; see `calls.JOB`.

    With `cuda` it permits what a started device is asked, and nothing else beside.

    Raises:
        SeccompError: no table of calls for this machine.
    """
    column = _column(machine)
    special = {
        "clone": _thread_only(_CLONE[column]),
        "tgkill": _allowed_if(_TGKILL[column], _EQUAL, pid),
    }
    if cuda:
        special["ioctl"] = _device_ioctl(column)
    return _permitting(machine, calls.JOB, special)


class JobFilter:
    """`job_program`, assembled once for all processes: only the process id differs."""

    def __init__(self, machine: str, *, cuda: bool = False) -> None:
        """Raises `SeccompError` as `job_program` does."""
        self.every_thread = cuda  # a device's own threads are there before the job's process is filtered
        pattern = job_program(machine, _SOME_PID, cuda=cuda)
        number = struct.pack("=I", _SOME_PID)
        if pattern.count(number) != 1:
            raise SeccompError(errno.EINVAL, "the filter names the process more than once, or never")
        self._before, self._after = pattern.split(number)

    def for_process(self, pid: int) -> bytes:
        """The filter for one process."""
        return self._before + struct.pack("=I", pid) + self._after


def install(code: bytes | None = None, *, every_thread: bool = False) -> None:
    """Set a filter on this process for good, by default the resident worker's; `no_new_privs` must be set.

    Threads that are there already stay without it, unless it is for `every_thread`.

    Raises:
        SeccompError: the kernel refused, or the machine is unknown.
    """
    if code is None:
        code = program(platform.machine(), os.getpid())
    libc = ctypes.CDLL(None, use_errno=True)
    given = ctypes.byref(_Program(len(code) // 8, code))
    if every_thread:
        number = cuda_calls.STARTING["seccomp"][_column(platform.machine())]
        failed = libc.syscall(ctypes.c_long(number or 0), _SET_MODE_FILTER, _TSYNC, given)
    else:
        failed = libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, given, 0, 0)
    if failed:
        number = ctypes.get_errno()
        raise SeccompError(number, os.strerror(number))


def _column(machine: str) -> int:
    """Of the machine's numbers in the tables; `_preamble` refuses a machine that has none."""
    return _ARCHITECTURES[machine][0] if machine in _ARCHITECTURES else 0


def _preamble(machine: str) -> tuple[int, list[bytes]]:
    """The column of the machine's numbers, and the steps that kill calls through another machine's gate."""
    if machine not in _ARCHITECTURES:
        raise SeccompError(errno.ENOSYS, f"no table of system calls for {machine}")
    column, architecture = _ARCHITECTURES[machine]
    code = [
        _step(_LOAD, _ARCHITECTURE_AT),
        _step(_EQUAL, architecture, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER_AT),
    ]
    if machine == "x86_64":
        code += [_step(_AT_LEAST, _X32_BIT, 0, 1), _step(_RETURN, _KILL)]
    return column, code


def _permitting(
    machine: str, allowed: Mapping[str, tuple[int | None, int | None]], special: Mapping[str, list[bytes]]
) -> bytes:
    column, code = _preamble(machine)
    unknown = _ERRNO | errno.ENOSYS
    code += [_step(_AT_LEAST, calls.FIRST_UNKNOWN, 0, 1), _step(_RETURN, unknown)]
    # glibc falls back to clone, whose flags a filter can see, where clone3 does not exist.
    code += [_step(_EQUAL, calls.CLONE3[column], 0, 1), _step(_RETURN, unknown)]
    conditions = {
        "clone": _refused_if(_CLONE[column], calls.NAMESPACES),
        "prlimit64": _allowed_if(_PRLIMIT[column], _EQUAL, 0),
        "socketpair": _stream_pair(calls.JOB["socketpair"][column]),
        "ioctl": _one_of(calls.JOB["ioctl"][column], calls.IOCTLS, errno.ENOTTY),
        "fcntl": _one_of(calls.JOB["fcntl"][column], calls.FCNTLS, errno.EPERM),
    } | dict(special)
    for name in allowed.keys() & conditions.keys():
        code += conditions[name]
    for name, numbers in allowed.items():
        number = numbers[column]
        if number is not None and name not in conditions:
            code += [_step(_EQUAL, number, 0, 1), _step(_RETURN, _ALLOW)]
    code.append(_step(_RETURN, _ERRNO | errno.EPERM))
    return b"".join(code)


def _refused_if(number: int, bits: int) -> list[bytes]:
    """Steps that refuse a call where its first argument has one of the bits, and let it through otherwise."""
    return [
        _step(_EQUAL, number, 0, 4),
        _step(_LOAD, _FIRST_ARGUMENT_AT),
        _step(_ANY_BIT, bits, 0, 1),
        _step(_RETURN, _ERRNO | errno.EPERM),
        _step(_RETURN, _ALLOW),
    ]


def _thread_only(number: int) -> list[bytes]:
    """A clone that makes a thread of this process, and no namespace beside."""
    return [
        _step(_EQUAL, number, 0, 5),
        _step(_LOAD, _FIRST_ARGUMENT_AT),
        _step(_ANY_BIT, calls.NAMESPACES, 1, 0),
        _step(_ANY_BIT, _CLONE_THREAD, 1, 0),
        _step(_RETURN, _ERRNO | errno.EPERM),
        _step(_RETURN, _ALLOW),
    ]


def _stream_pair(number: int | None) -> list[bytes]:
    """A pair of local streams: its ends reach nobody but each other, which a datagram socket's would."""
    return [
        _step(_EQUAL, number or 0, 0, 7),
        _step(_LOAD, _FIRST_ARGUMENT_AT),
        _step(_EQUAL, 1, 0, 4),  # AF_UNIX
        _step(_LOAD, _SECOND_ARGUMENT_AT),
        _step(_AND, 0xF),
        _step(_EQUAL, 1, 0, 1),  # SOCK_STREAM
        _step(_RETURN, _ALLOW),
        _step(_RETURN, _ERRNO | errno.EPERM),
    ]


def _one_of(number: int | None, requests: tuple[int, ...], refusal: int) -> list[bytes]:
    """A call whose second argument is one of these; any other is refused with this error."""
    tests = [_step(_EQUAL, request, len(requests) - at, 0) for at, request in enumerate(requests)]
    return [
        _step(_EQUAL, number or 0, 0, len(requests) + 3),
        _step(_LOAD, _SECOND_ARGUMENT_AT),
        *tests,
        _step(_RETURN, _ERRNO | refusal),
        _step(_RETURN, _ALLOW),
    ]


def _device_ioctl(column: int) -> list[bytes]:
    """Requests of ordinary files and of NVIDIA's devices; another one fits no file (ENOTTY)."""
    exact, sized = (*calls.IOCTLS, *cuda_calls.UVM_IOCTLS), cuda_calls.SIZED_IOCTLS
    length = len(exact) + 1 + len(sized) + 1  # up to the step that allows
    tests = [_step(_EQUAL, request, length - at - 1, 0) for at, request in enumerate(exact)]
    masked = [_step(_EQUAL, request, len(sized) - at, 0) for at, request in enumerate(sized)]
    return [
        _step(_EQUAL, calls.JOB["ioctl"][column] or 0, 0, length + 2),
        _step(_LOAD, _SECOND_ARGUMENT_AT),
        *tests,
        _step(_AND, cuda_calls.SIZE_MASK),
        *masked,
        _step(_RETURN, _ERRNO | errno.ENOTTY),
        _step(_RETURN, _ALLOW),
    ]


def _allowed_if(number: int, test: int, value: int) -> list[bytes]:
    """Steps that let a call through where its first argument passes the test, and refuse it otherwise."""
    return [
        _step(_EQUAL, number, 0, 4),
        _step(_LOAD, _FIRST_ARGUMENT_AT),
        _step(test, value, 0, 1),
        _step(_RETURN, _ALLOW),
        _step(_RETURN, _ERRNO | errno.EPERM),
    ]


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
