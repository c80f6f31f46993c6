"""Pools that come and go: what they leave behind, whom they outlive, and when they refuse to begin."""

from __future__ import annotations

import asyncio
import os
import sys
import textwrap
from pathlib import Path

import pytest

from sandbox.protocol import Status
from tests.attacks.jail_lab import open_pool, run, until_ready
from tests.attacks.processes import children, gone, open_descriptors, start_of, until_gone
from tests.sandbox.folders import let_everybody_in

_ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.long


def _write_stub(folder: Path) -> None:
    """A bubblewrap that is refused its namespaces; whoever the launcher becomes must be able to start it."""
    stub = folder / "bwrap"
    stub.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    stub.chmod(0o755)
    let_everybody_in(folder)


async def test_no_secret_reaches_a_jail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIDE_DISCORD__TOKEN", "very secret")
    async with open_pool() as jails:
        result = await run(jails, "dict(os.environ)")
        outside = b"".join(start_of(pid) for pid in jails.processes())
    assert "secret" not in result.value["value"]
    assert b"secret" not in outside


@pytest.mark.long
async def test_jails_are_replaced_after_so_many_jobs() -> None:
    async with open_pool(runs_each=3) as jails:
        await until_ready(jails, 2)
        before = set(jails.processes())
        for _ in range(8):
            assert (await run(jails, "1")).status is Status.OK
        await until_gone(*before)
        assert (await jails.report()).restarts >= 2


@pytest.mark.parametrize("after_s", [0.02, 0.05, 0.1, 0.15, 0.2, 0.3])
async def test_a_jail_that_is_given_up_while_it_starts_leaves_nothing_of_its_session(after_s: float) -> None:
    before = await asyncio.to_thread(children)
    async with open_pool():
        await asyncio.sleep(after_s)  # somewhere in what Python and bubblewrap do before there is a jail
        started = await asyncio.to_thread(children) - before
    for pid in started:
        with pytest.raises(ProcessLookupError):
            os.killpg(pid, 0)


async def test_closing_ends_every_process_and_descriptor() -> None:
    before = await asyncio.to_thread(open_descriptors)
    async with open_pool() as jails:
        await until_ready(jails)
        pids = jails.processes()
        task = asyncio.create_task(run(jails, "while True: pass"))
        await asyncio.sleep(0.05)
    assert (await task).status in {Status.KILLED, Status.UNAVAILABLE}
    assert all(gone(pid) for pid in pids)
    assert (await run(jails, "1")).status is Status.UNAVAILABLE
    assert await asyncio.to_thread(open_descriptors) <= before | {"0"}


async def test_without_bubblewrap_nothing_runs_and_the_way_out_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    async with open_pool() as jails:
        result = await run(jails, "1")
        report = await jails.report()
    assert result.status is Status.UNAVAILABLE
    assert "bubblewrap is missing" in result.error
    assert "MODE=landlock" in result.error
    assert not report.alive
    assert not any(row.present for row in report.protections)


async def test_where_namespaces_are_refused_the_way_out_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await asyncio.to_thread(_write_stub, tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    async with open_pool() as jails:
        result = await run(jails, "1")
    assert result.status is Status.UNAVAILABLE
    assert "No permissions to create new namespace" in result.error
    assert "max_user_namespaces" in result.error


async def test_the_weaker_mode_is_named_in_every_report() -> None:
    async with open_pool(mode="landlock") as jails:
        assert (await run(jails, "1 + 1")).value["value"] == "2"
        report = await jails.report()
    missing = {row.name for row in report.protections if not row.present}
    assert missing >= {"namespaces", "read-only root", "small /tmp", "outer filter"}
    assert all("landlock" in row.why for row in report.protections if row.name in {"namespaces", "outer filter"})


async def test_off_is_off() -> None:
    async with open_pool(mode="off") as jails:
        result = await run(jails, "1")
        assert (result.status, jails.processes()) == (Status.UNAVAILABLE, ())
        assert "off" in result.error


async def test_no_jail_outlives_an_owner_that_is_killed() -> None:
    code = """
        import asyncio
        from tests.attacks.jail_lab import open_pool, run, until_ready
        async def main():
            async with open_pool() as pool:
                await until_ready(pool)
                print(*pool.processes(), flush=True)
                await run(pool, "while True: pass")
        asyncio.run(main())
    """
    owner = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", textwrap.dedent(code)), stdout=asyncio.subprocess.PIPE, cwd=_ROOT
    )
    assert owner.stdout is not None
    pids = [int(word) for word in (await owner.stdout.readline()).split()]
    assert pids
    owner.kill()
    await owner.wait()
    await until_gone(*pids)


async def test_an_ordinary_user_gets_the_same_jail() -> None:
    """Root opens the interpreter's folders, for this process alone, becomes somebody else, and starts a pool."""
    code = """
        import asyncio, os, sys
        if os.geteuid() == 0:
            from sandbox import interpreter, staging
            found = asyncio.run(interpreter.examine(sys.executable))
            staging.open_up([*found.read, sys.prefix, sys.base_prefix, os.getcwd()])
            os.setgroups([]); os.setresgid(12345, 12345, 12345); os.setresuid(12345, 12345, 12345)
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
        from tests.attacks.jail_lab import open_pool, run
        async def main():
            async with open_pool() as pool:
                result = await run(pool, "os.getuid(), nn.Linear(2, 3)(torch.ones(1, 2)).shape")
                print(result.status.value, result.value and result.value["value"], result.error, sep="|")
                for attempt in ("os.fork()", "socket.socket()", "open('/etc/passwd')", "open('/proc/sys/x', 'w')"):
                    print((await run(pool, attempt)).value["error"]["type"])
                print(*[row.name for row in (await pool.report()).protections if row.present], sep="|")
        asyncio.run(main())
    """
    asked = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", textwrap.dedent(code)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=_ROOT,
    )
    said, complaint = await asked.communicate()
    lines = said.decode().splitlines()
    assert lines, complaint.decode()
    assert lines[0] == "ok|(65534, torch.Size([1, 3]))|"
    assert set(lines[1:5]) <= {"PermissionError", "FileNotFoundError"}
    assert "namespaces" in lines[5].split("|")
