"""The system-call profile of the worker's container, with the real worker and its jails under it."""

from __future__ import annotations

import asyncio
import json
import sys
import textwrap
from pathlib import Path

import pytest

from sandbox import container

ROOT = Path(container.__file__).parents[1]
PROFILE = ROOT / "deploy" / "worker-seccomp.json"

UNDER_THE_PROFILE = """
    import asyncio, ctypes, json, os, platform, struct, sys

    if os.geteuid() == 0:
        from sandbox import interpreter, staging
        found = asyncio.run(interpreter.examine(sys.executable))
        staging.open_up([*found.read, sys.prefix, sys.base_prefix, os.getcwd()])
        os.setgroups([]); os.setresgid(10001, 10001, 10001); os.setresuid(10001, 10001, 10001)
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])

    from sandbox import container, seccomp

    def assembled(profile):
        '''What an engine makes of a profile: the call's number decides, and what is not named is refused.'''
        step = lambda code, value, yes=0, no=0: struct.pack("=HBBI", code, yes, no, value)
        errno = 0x00050000
        code = [step(0x20, 0)]
        for rule in profile["syscalls"]:
            answer = 0x7FFF0000 if rule["action"] == "SCMP_ACT_ALLOW" else errno | rule["errnoRet"]
            numbers = filter(lambda number: number is not None, map(container.number, rule["names"]))
            for number in numbers:
                code += [step(0x15, number, 0, 1), step(0x06, answer)]
        assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
        return b"".join([*code, step(0x06, errno | profile["defaultErrnoRet"])])

    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0, "no new privileges"
    seccomp.install(assembled(json.load(open(sys.argv[1]))))

    from sandbox.client import open_sandbox
    from sandbox.protocol import Job, JobKind
    from sandbox.settings import SandboxSettings

    async def main():
        async with open_sandbox(SandboxSettings(start_s=300, wait_s=60, jail={"wait_s": 300})) as worker:
            for code in ("os.getuid(), nn.Linear(2, 3)(torch.ones(1, 2)).shape", "os.fork()"):
                payload = {"code": f"import os; {code}", "show": False}
                result = await worker.run(Job(id="1", kind=JobKind.RUN, payload=payload))
                value = result.value or {"value": result.error, "error": None}
                print(result.status.value, value["value"], (value["error"] or {}).get("type"), sep="|")
            report = await worker.jails()
            print(*[row.name for row in report.protections if row.present], sep="|")

    asyncio.run(main())
    ordinary = os.sched_param(0)
    for refused in (lambda: os.memfd_create("x"), lambda: os.sched_setscheduler(0, os.SCHED_OTHER, ordinary)):
        try:
            refused()
        except OSError as fault:
            print(fault.errno)
"""


def test_the_profile_in_deploy_is_the_one_that_the_code_writes() -> None:
    assert json.loads(PROFILE.read_text(encoding="utf-8")) == container.profile()


@pytest.mark.long
async def test_a_worker_and_its_jails_live_under_the_profile_and_what_it_does_not_name_is_refused() -> None:
    asked = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", textwrap.dedent(UNDER_THE_PROFILE), str(PROFILE)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    said, complaint = await asked.communicate()
    lines = said.decode().splitlines()
    assert len(lines) > 2, complaint.decode()
    assert lines[0] == "ok|(65534, torch.Size([1, 3]))|None"
    assert lines[1] == "user_error|None|PermissionError"
    assert {"namespaces", "outer filter", "inner filter", "landlock"} <= set(lines[2].split("|"))
    assert lines[3:] == ["1"] * 2, "EPERM"
