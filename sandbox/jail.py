"""One jail: the command line of bubblewrap, and the launcher that becomes it as a user without rights.

`python -m sandbox.jail PLAN` runs once a jail. As root it first opens what the jail must read, joins the memory
cgroup and becomes an ordinary user; as anybody else it starts bubblewrap as is. It forks nothing: the process that
was started becomes bubblewrap, so whoever started it still holds it.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sandbox import seccomp, staging

_PR_SET_NO_NEW_PRIVS, _PR_SET_PDEATHSIG, _SIGKILL = 38, 1, 9
_MEGABYTE = 1024 * 1024
ZYGOTE = "sandbox.zygote"
NOBODY = 65534  # who everybody is inside
TMP = "/tmp"  # noqa: S108 the jail's own, of a size
SHARED, PROC = "/dev/shm", "/proc"  # noqa: S108 the same
# The C library looks here before it asks for huge pages, at its very start; jobs cannot read it.
# What torch asks about the processor, once, before the first job: half precision and some kernels fail without.
_PROCESSOR = ("/proc/cpuinfo", "/sys/devices/system/cpu/possible", "/sys/devices/system/cpu/present")
_HUGE_PAGES = "/sys/kernel/mm/transparent_hugepage"
_ELSEWHERE = "/host"  # where a job finds what lies in the host's /tmp, since /tmp is its own
FAILED = 97  # the launcher's own exit status

# torch asks for a user's name and for folders of caches when parts of it are imported.
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "HOME": TMP,
    "TMPDIR": TMP,
    "USER": "stride",
    "LOGNAME": "stride",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONSAFEPATH": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "KMP_INIT_AT_FORK": "FALSE",
    # The heap in huge pages: a fork copies page tables, and so takes 1 ms in place of 9.
    # Two arenas in place of one a thread, each of which would reserve 64 MB of a job's address space.
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.arena_max=2",
    "PYTHONMALLOC": "malloc",
    "TORCHINDUCTOR_CACHE_DIR": "/",  # made when torch is imported; what is there already need not be written
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that a jail is started with; it stands in a command line, so there is no secret in it.

    Attributes:
        bwrap: bubblewrap's path; empty for the weak mode, which has none.
        executable: the Python inside.
        path: what it imports from.
        read: what is there to be read.
        uid: whom to become where the launcher is root.
        cgroup: file to write the own process id into; empty for none.
        files_mb: size of the jail's `/tmp`.
        toolbox: `module:class` of what does the jobs.
        control, info: descriptors: the zygote's way to its owner; where bubblewrap tells the zygote's process id.
        libraries: `LD_LIBRARY_PATH`.
        devices: under `/dev`, to be used inside; with any of them `/proc` and a small `/dev/shm` are there, too.
        more: environment beside what every jail has.
    """

    bwrap: str
    executable: str
    path: tuple[str, ...]
    read: tuple[str, ...]
    uid: int | None
    cgroup: str
    files_mb: int
    toolbox: str
    control: int
    info: int
    libraries: str = ""
    devices: tuple[str, ...] = ()
    more: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """For a command line."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Plan:
        """The same again; raises `ValueError` and `TypeError` on anything else."""
        fields = json.loads(text)
        return Plan(**fields | {name: tuple(fields[name]) for name in ("path", "read", "devices")})


def environment(plan: Plan) -> dict[str, str]:
    """All of the environment inside."""
    more = {"LD_LIBRARY_PATH": ":".join(inside(plan, plan.libraries.split(":")))} if plan.libraries else {}
    return _ENVIRONMENT | {"PYTHONPATH": ":".join(inside(plan, plan.path))} | more | dict(plan.more)


def inside(plan: Plan, paths: Sequence[str]) -> list[str]:
    """Where paths of the host are in the jail: where they are, but for those that the jail's own `/tmp` would hide."""
    return [_ELSEWHERE + path if plan.bwrap and path.startswith(TMP + "/") else path for path in paths]


def zygote_command(plan: Plan) -> list[str]:
    """The program inside: no `site`, so that nothing in a library folder runs by itself."""
    rules = {"read": inside(plan, plan.read), "write": [TMP] if plan.bwrap else [], "use": plan.devices}
    rules["look"] = _PROCESSOR
    if plan.devices:
        rules["write"] = [TMP, SHARED]
        rules["use"] = [*plan.devices, PROC]
    return [
        *(*inside(plan, [plan.executable]), "-S", "-P", "-m", ZYGOTE),
        *(str(plan.control), plan.toolbox, json.dumps(rules)),
    ]


def bwrap_command(plan: Plan, program: int) -> list[str]:
    """The command line of bubblewrap; `program` is the descriptor of the outer filter."""
    command = [
        *(plan.bwrap, "--unshare-all", "--unshare-user", "--disable-userns", "--as-pid-1", "--die-with-parent"),
        *("--new-session", "--clearenv", "--uid", str(NOBODY), "--gid", str(NOBODY), "--cap-drop", "ALL"),
        *("--hostname", "stride", "--chdir", TMP),
    ]
    for name, value in environment(plan).items():
        command += ["--setenv", name, value]
    for path, place in zip(plan.read, inside(plan, plan.read), strict=True):
        if Path(path).is_symlink() and Path(path).is_dir():  # /lib -> usr/lib
            command += ["--symlink", str(Path(path).readlink()), place]
        else:
            command += ["--ro-bind", path, place]
    return [
        *command,
        *("--ro-bind-try", _HUGE_PAGES, _HUGE_PAGES),
        *([] if plan.devices else [word for path in _PROCESSOR for word in ("--ro-bind-try", path, path)]),
        *("--dev", "/dev", *_device_binds(plan), "--remount-ro", "/dev"),
        *("--size", str(plan.files_mb * _MEGABYTE), "--tmpfs", TMP),
        *("--remount-ro", "/", "--info-fd", str(plan.info), "--seccomp", str(program), "--"),
        *zygote_command(plan),
    ]


def _device_binds(plan: Plan) -> list[str]:
    """What stands under /dev beside the usual, and what goes with it: libcuda looks at itself and its driver there."""
    if not plan.devices:
        return []
    binds = [word for device in plan.devices for word in ("--dev-bind", device, device)]
    return [*binds, "--size", str(_MEGABYTE), "--tmpfs", SHARED, "--proc", PROC]


def launch(plan: Plan) -> None:
    """Become the jail. Returns never.

    Raises:
        OSError: a step that could not be done, with its name.
    """
    if plan.cgroup:
        _step("memory cgroup", lambda: _join(plan.cgroup))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if os.geteuid() == 0 and plan.uid is not None:
        _step("opening the interpreter's folders for the jail", lambda: staging.open_up(plan.read))
        _step("becoming an ordinary user", lambda: _become(plan.uid or NOBODY))
    if os.geteuid() == 0:
        raise OSError("a jail is never started as root: set the jail's uid")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no new privileges")
    os.umask(0o077)
    if not plan.bwrap:
        os.close(plan.info)
        libc.prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(_SIGKILL), 0, 0, 0)
        os.execve(plan.executable, zygote_command(plan), environment(plan))  # noqa: S606 what a launcher does
    reading, writing = os.pipe()
    os.write(writing, seccomp.zygote_program(platform.machine(), cuda=bool(plan.devices)))
    os.close(writing)
    for descriptor in (reading, plan.control, plan.info):
        os.set_inheritable(descriptor, True)
    os.execv(plan.bwrap, bwrap_command(plan, reading))  # noqa: S606 what a launcher does


def main(arguments: list[str]) -> int:
    """Exit status 97 with one line on stderr where the jail cannot be."""
    try:
        launch(Plan.from_json(arguments[0]))
    except (OSError, ValueError, TypeError, KeyError) as fault:
        print(fault, file=sys.stderr)  # noqa: T201 read by whoever started it
    return FAILED


def _join(procs: str) -> None:
    Path(procs).write_text(str(os.getpid()), encoding="ascii")


def _become(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    if 0 in os.getresuid() + os.getresgid():
        raise OSError("still root")


def _step(name: str, do: Callable[[], None]) -> None:
    try:
        do()
    except OSError as fault:
        raise OSError(f"{name}: {fault}") from fault


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
