"""Each thing that a worker gives up, tried from inside a worker that was taken over, and looked at from outside."""

from __future__ import annotations

import asyncio
import os
import platform
import socket
import sys
import textwrap
from pathlib import Path

import pytest

from sandbox import seccomp
from sandbox.protocol import Status
from tests.attacks.lab import ask, rogue
from tests.attacks.processes import limits, start_of, status, until_gone

_EPERM = "PermissionError: [Errno 1]"
_X86 = platform.machine() == "x86_64"

REFUSED = [
    ("open for reading", "read", ["/etc/passwd"]),
    ("the environment of the bot", "read", [f"/proc/{os.getpid()}/environ"]),
    ("its own memory map", "read", ["/proc/self/maps"]),
    ("open for writing", "write", ["/srv/stride-was-here"]),
    ("mkdir", "mkdir", ["/srv/stride-was-here"]),
    ("unlink", "unlink", ["/srv/nothing"]),
    ("chmod", "chmod", ["/"]),
    ("internet sockets", "socket", [int(socket.AF_INET)]),
    ("IPv6 sockets", "socket", [int(socket.AF_INET6)]),
    ("Unix sockets", "socket", [int(socket.AF_UNIX)]),
    ("netlink", "socket", [16]),
    ("socketpair", "socketpair", []),
    ("fork", "fork", []),
    ("exec", "exec", []),
    ("killing the bot", "kill", [os.getpid()]),
    ("killing everything", "kill", [-1]),
    ("limits of others", "prlimit", [os.getppid()]),
    ("becoming root", "become root", []),
    ("becoming root for good", "setresuid", []),
]
SYSCALLS_X86 = [
    ("ptrace", 101, [16, 1, 0, 0]),
    ("process_vm_readv", 310, [1, 0, 0, 0, 0, 0]),
    ("pidfd_open", 434, [1, 0]),
    ("prctl: outlive the keeper", 157, [1, 0, 0, 0, 0]),
    ("prctl: dumpable again", 157, [4, 1, 0, 0, 0]),
    ("seccomp", 317, [1, 0, 0]),
    ("unshare a user namespace", 272, [0x10000000]),
    ("mount", 165, [0, 0, 0, 0, 0]),
    ("io_uring_setup", 425, [8, 0]),
    ("bpf", 321, [0, 0, 0]),
    ("userfaultfd", 323, [0]),
    ("perf_event_open", 298, [0, 0, -1, -1, 0]),
    ("memfd_create", 319, [0, 0]),
    ("keyctl", 250, [0, 0]),
    ("clone without a thread", 56, [17, 0, 0, 0, 0]),
]


@pytest.mark.parametrize(("attack", "arguments"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
async def test_a_worker_may_not(attack: str, arguments: list[object]) -> None:
    async with rogue() as sandbox:
        result = await ask(sandbox, attack, *arguments)
    assert result.status is Status.OK
    assert result.value.startswith(f"refused: {_EPERM}"), result.value


async def test_a_worker_may_make_none_of_the_dangerous_calls() -> None:
    if not _X86:
        return
    async with rogue() as sandbox:
        answers = {name: (await ask(sandbox, "syscall", number, *rest)).value for name, number, rest in SYSCALLS_X86}
        newest = (await ask(sandbox, "syscall", 460)).value
        clone3 = (await ask(sandbox, "syscall", 435, 0, 0)).value
    assert {name: value for name, value in answers.items() if not value.startswith(f"refused: {_EPERM}")} == {}
    assert "Errno 38" in newest
    assert "Errno 38" in clone3


async def test_the_call_gates_of_other_architectures_are_death() -> None:
    if not _X86:
        return
    async with rogue() as sandbox:
        x32 = await ask(sandbox, "syscall", 0x40000000 + 39)
        int80 = await ask(sandbox, "int80")
    assert (x32.status, int80.status) == (Status.KILLED, Status.KILLED)
    assert "SIGSYS" in x32.error
    assert "SIGSYS" in int80.error


async def test_threads_are_refused_where_the_worker_is_no_root() -> None:
    async with rogue() as sandbox:
        assert (await ask(sandbox, "thread")).value.startswith("refused")


async def test_memory_ends_at_the_budget_and_the_worker_lives_on() -> None:
    async with rogue(memory_mb=128) as sandbox:
        assert (await ask(sandbox, "memory", 64)).value.startswith("worked")
        for attack in ("memory", "shared memory"):
            assert (await ask(sandbox, attack, 256)).value.startswith("refused")
        assert (await ask(sandbox, "raise limit")).value.startswith("refused")
        assert (await sandbox.report()).restarts == 0


async def test_no_secret_reaches_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIDE_DISCORD__TOKEN", "very secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very secret")
    async with rogue() as sandbox:
        seen = (await ask(sandbox, "environment")).value
        keeper, _ = sandbox.processes()
        outside = start_of(keeper)
    assert set(seen) <= {
        *("PATH", "LANG", "LC_CTYPE", "TZ", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"),
        *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "LD_LIBRARY_PATH", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"),
    }
    assert b"secret" not in outside


async def test_the_worker_stands_in_the_root_with_four_descriptors_and_no_groups() -> None:
    async with rogue() as sandbox:
        assert len((await ask(sandbox, "descriptors")).value) == 4
        me = (await ask(sandbox, "whoami")).value
    assert me["cwd"] == "/"
    assert 0 not in me["uids"]
    assert os.geteuid() != 0 or me["groups"] == []


async def test_the_kernel_confirms_it_from_outside() -> None:
    async with rogue() as sandbox:
        await ask(sandbox, "echo")
        _, child = sandbox.processes()
        fields, most = status(child), limits(child)
    assert fields["Seccomp"] == "2"
    assert fields["NoNewPrivs"] == "1"
    assert int(fields["CapEff"], 16) == 0
    assert "0" not in fields["Uid"].split()
    for name in ("Max file size", "Max core file size", "Max processes", "Max locked memory"):
        assert most[name] == ["0", "0"], name
    assert most["Max open files"] == ["8", "8"]


async def test_root_can_be_kept_only_by_saying_so() -> None:
    async with rogue(uid=None) as sandbox:
        me = (await ask(sandbox, "whoami")).value
        refused = (await ask(sandbox, "read", "/etc/passwd")).value
    assert set(me["uids"]) == {os.geteuid()}
    assert refused.startswith(f"refused: {_EPERM}")


async def test_no_worker_outlives_an_owner_that_is_killed() -> None:
    code = """
        import asyncio
        from tests.attacks.lab import ask, rogue
        async def main():
            async with rogue() as sandbox:
                await ask(sandbox, "echo")
                print(*sandbox.processes(), flush=True)
                await ask(sandbox, "hang")
        asyncio.run(main())
    """
    owner = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", textwrap.dedent(code)),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert owner.stdout is not None
    pids = [int(word) for word in (await owner.stdout.readline()).split()]
    assert len(pids) == 2
    owner.kill()
    await owner.wait()
    await until_gone(*pids)


async def test_a_protection_that_cannot_be_had_keeps_the_worker_from_starting() -> None:
    async with rogue(uid=2**32 - 1) as sandbox:  # -1 to the kernel: no user at all
        result = await ask(sandbox, "echo")
        report = await sandbox.report()
    if os.geteuid() != 0:
        assert result.status is Status.OK
        return
    assert result.status is Status.UNAVAILABLE
    assert "user:" in result.error
    assert "uid to none" in report.reason


def test_an_unknown_machine_has_no_filter() -> None:
    with pytest.raises(seccomp.SeccompError, match="riscv64"):
        seccomp.program("riscv64", 1)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_a_filter_fits_into_the_kernels_limits_and_jumps_only_forward_inside_itself(machine: str) -> None:
    code = seccomp.program(machine, 4242)
    steps = [code[start : start + 8] for start in range(0, len(code), 8)]
    assert len(steps) < 4096
    for number, step in enumerate(steps):
        assert number + 1 + max(step[2], step[3]) < len(steps) or step[0] == 0x06


async def test_an_ordinary_user_gets_the_same_worker() -> None:
    """Root becomes one after importing, so that it matters to nobody who may read the interpreter."""
    code = """
        import os, sys
        from sandbox.confine import Confinement, confine
        from tests.attacks.rogue import ATTACKS
        if os.geteuid() == 0:
            os.setgroups([]); os.setresgid(12345, 12345, 12345); os.setresuid(12345, 12345, 12345)
        out = os.dup(1)
        table = confine(Confinement(), out, os.getppid())
        lines = [row.name for row in table if row.present]
        lines += [ATTACKS[name]()[:7] for name in ("fork", "thread", "exec", "become root", "socketpair")]
        lines += [ATTACKS["read"](path)[:7] for path in ("/etc/passwd", "/proc/self/environ")]
        os.write(out, "|".join(lines).encode())
    """
    done = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", textwrap.dedent(code)),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    output, _ = await done.communicate()
    words = output.decode().split("|")
    assert words[:8] == [
        *("descriptors", "directory", "limits", "user", "no new privileges", "not dumpable", "parent death"),
        "system calls",
    ]
    assert words[8:] == ["refused"] * 7
