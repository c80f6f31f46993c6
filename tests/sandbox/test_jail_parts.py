"""The parts of a jail, each by itself: filters, what passes the border, limits, tidying, memory groups."""

from __future__ import annotations

import base64
import json
import os
import signal
import struct
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox import calls, cgroup, interpreter, limits, outcome, seccomp, staging
from sandbox.jail import TMP, Plan, bwrap_command, environment, zygote_command
from sandbox.protocol import (
    Job,
    JobKind,
    Limits,
    ProtocolError,
    Result,
    Status,
    decode_job,
    decode_limit,
    decode_result,
    encode_job,
    encode_result,
)
from sandbox.tidy import tidy
from tests.sandbox.folders import let_everybody_in

MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
ALLOW, EPERM, ENOSYS, ENOTTY, KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x00050019, 0x80000000


def decide(program: bytes, architecture: int, number: int, *arguments: int) -> int:
    """What a filter answers to a call, by the kernel's own rules for such programs."""
    data = struct.pack("=IIQ6Q", number, architecture, 0, *(*arguments, *[0] * 6)[:6])
    steps = list(struct.iter_unpack("=HBBI", program))
    at, held = 0, 0
    while True:
        code, yes, no, value = steps[at]
        at += 1
        if code == 0x20:
            held = struct.unpack_from("=I", data, value)[0]
        elif code == 0x54:
            held &= value
        elif code == 0x06:
            return int(value)
        else:
            true = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
            at += yes if true else no


@pytest.mark.parametrize("machine", list(MACHINES))
def test_a_filter_lets_its_list_through_and_nothing_else(machine: str) -> None:
    column, architecture = MACHINES[machine]
    whole, one = seccomp.zygote_program(machine), seccomp.job_program(machine, 42)
    conditional = {"clone", "tgkill", "prlimit64", "ioctl", "fcntl", "socketpair"}
    for name, numbers in calls.ZYGOTE.items():
        number = numbers[column]
        if number is None or name in conditional:
            continue
        assert decide(whole, architecture, number) == ALLOW, name
        assert decide(one, architecture, number) == (ALLOW if name in calls.JOB else EPERM), name
    known = {numbers[column] for numbers in calls.ZYGOTE.values()}
    for number in set(range(calls.FIRST_UNKNOWN)) - known - {435}:
        assert decide(whole, architecture, number) == EPERM
    for number in (435, 450, 500, 5000):
        assert decide(one, architecture, number) == ENOSYS


@pytest.mark.parametrize("machine", list(MACHINES))
def test_some_calls_pass_by_their_arguments_alone(machine: str) -> None:
    column, architecture = MACHINES[machine]

    def answers(name: str, *arguments: int) -> tuple[int, int]:
        number = calls.ZYGOTE[name][column]
        assert number is not None
        both = seccomp.zygote_program(machine), seccomp.job_program(machine, 42)
        zygote, job = (decide(program, architecture, number, *arguments) for program in both)
        return zygote, job

    thread = 0x003D0F00
    assert answers("clone", thread) == (ALLOW, ALLOW)
    assert answers("clone", signal.SIGCHLD) == (ALLOW, EPERM)
    for namespace in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        assert answers("clone", thread | namespace) == (EPERM, EPERM)
    assert answers("tgkill", 42) == (ALLOW, ALLOW)
    assert answers("tgkill", 1) == (ALLOW, EPERM)
    assert answers("prlimit64", 0) == (ALLOW, ALLOW)
    assert answers("prlimit64", 1) == (EPERM, EPERM)
    assert answers("ioctl", 1, 0x5401) == (ALLOW, ALLOW)
    assert answers("ioctl", 1, 0x5412) == (ENOTTY, ENOTTY)  # TIOCSTI
    for command in (0, 1, 2, 3, 4, 1030, 1032):
        assert answers("fcntl", 1, command) == (ALLOW, ALLOW)
    for command in (8, 10, 15, 1024, 1026, 1033):  # F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY, F_ADD_SEALS
        assert answers("fcntl", 1, command) == (EPERM, EPERM)
    assert answers("socketpair", 1, 1 | 0o2000000) == (ALLOW, ALLOW)
    for arguments in ((1, 2), (1, 5), (2, 1), (16, 3)):
        assert answers("socketpair", *arguments) == (EPERM, EPERM)


def test_the_gates_of_other_machines_are_death() -> None:
    program = seccomp.job_program("x86_64", 42)
    assert decide(program, 0x40000003, 20) == KILL
    assert decide(program, 0xC000003E, 0x40000000 + 39) == KILL
    assert decide(seccomp.job_program("aarch64", 42), 0x40000028, 20) == KILL
    with pytest.raises(seccomp.SeccompError, match="riscv64"):
        seccomp.job_program("riscv64", 1)


@pytest.mark.parametrize("machine", list(MACHINES))
def test_the_filter_made_once_is_the_filter_made_for_a_process(machine: str) -> None:
    assert seccomp.JobFilter(machine).for_process(7) == seccomp.job_program(machine, 7)


def test_a_job_and_its_result_cross_the_border_with_their_limits() -> None:
    job = Job(id="1", kind=JobKind.RUN, payload={"code": "1"}, limits=Limits(threads=3, files_mb=1))
    assert decode_job(encode_job(job)) == job
    result = Result(id="1", status=Status.TIMEOUT, limit={"name": "wall", "value": 5.0, "unit": "s"})
    assert decode_result(encode_result(result)) == result
    for strange in ({"name": "x"}, {"name": "x", "value": True, "unit": "s"}, 5):
        with pytest.raises(ProtocolError):
            decode_limit(strange)


GOOD: dict[str, Any] = {
    "output": [{"stream": "stdout", "text": "a"}],
    "value": "1",
    "trace": [{"line": 1, "name": "x", "dtype": "float32", "shape": [1, 2], "device": "cpu"}],
    "calls": [{"line": 1, "module": "Linear", "inputs": [{"shape": [1]}], "outputs": []}],
    "pictures": [
        {
            "kind": "line",
            "shape": [2],
            "values": base64.b64encode(bytes(8)).decode(),
            "title": None,
            "dtype": "float32",
            "low": 0,
            "high": 1,
        }
    ],
    "error": {"type": "E", "message": "m", "line": 1, "code": "x", "operands": [], "means": None},
}


def test_an_honest_value_passes_the_border_whole() -> None:
    value = outcome.run_value(GOOD)
    for name in ("output", "value", "trace", "calls", "error"):
        assert value[name] == GOOD[name]
    assert value["pictures"][0] == GOOD["pictures"][0] | {"of": [2]}
    assert set(value) == set(outcome.nothing())


STRANGE: list[Any] = [
    None,
    [],
    {"output": 5},
    {"output": [{"stream": "stdout"}]},
    {"output": [{"stream": "stdout", "text": 5}]},
    {"value": 5},
    {"trace": [{"line": "one"}]},
    {"trace": [{"shape": "long"}]},
    {"trace": [5]},
    {"calls": {"a": 1}},
    {"error": "bad"},
    {"error": {"operands": 7}},
    {"about": {"deep": [[[[[[1]]]]]]}},
    {"about": {"number": float("nan")}},
    {"pictures": [{"kind": "png", "shape": [2], "values": "AAAAAAAAAAA="}]},
    {"pictures": [{"kind": "line", "shape": [3], "values": "AAAAAAAAAAA="}]},
    {"pictures": [{"kind": "line", "shape": [-2], "values": ""}]},
    {"pictures": [{"kind": "line", "shape": [2], "values": "not base64"}]},
    {"pictures": [{"kind": ["line"], "shape": [2], "values": ""}]},
]


@pytest.mark.parametrize("value", STRANGE, ids=range(len(STRANGE)))
def test_a_strange_value_does_not_pass(value: Any) -> None:
    with pytest.raises((TypeError, ValueError, KeyError)):
        outcome.run_value(value)


def test_text_that_is_no_text_is_made_text() -> None:
    value = outcome.run_value({"value": "\ud800", "about": {"\ud800": "\udfff"}})
    json.dumps(value, ensure_ascii=False).encode()


def test_output_is_cut_at_whole_characters() -> None:
    pieces = [{"stream": "stdout", "text": "aé"}, {"stream": "stdout", "text": "é"}, {"stream": "stderr", "text": "b"}]
    assert outcome.within([dict(each) for each in pieces], 100) == (
        [{"stream": "stdout", "text": "aéé"}, {"stream": "stderr", "text": "b"}],
        False,
    )
    assert outcome.within([dict(each) for each in pieces], 4) == ([{"stream": "stdout", "text": "aé"}], True)
    assert outcome.within([], 0) == ([], False)


@pytest.mark.parametrize(
    ("ending", "cpu_s", "words", "starved", "expected"),
    [
        (-signal.SIGXCPU, 5.0, "", False, (Status.TIMEOUT, "cpu")),
        (-signal.SIGKILL, 5.2, "", False, (Status.TIMEOUT, "cpu")),
        (-signal.SIGKILL, 1.0, "", True, (Status.MEMORY, "memory")),
        (-signal.SIGKILL, 1.0, "", False, (Status.KILLED, "")),
        (-signal.SIGABRT, 1.0, "terminate called: std::bad_alloc", False, (Status.MEMORY, "memory")),
        (-signal.SIGSEGV, 1.0, "", False, (Status.KILLED, "")),
        (-signal.SIGXFSZ, 1.0, "", False, (Status.KILLED, "files")),
        (1, 1.0, "libgomp: Thread creation failed", False, (Status.KILLED, "threads")),
        (3, 1.0, "", False, (Status.KILLED, "")),
    ],
)
def test_how_a_process_ended_says_which_limit_it_hit(
    ending: int, cpu_s: float, words: str, *, starved: bool, expected: tuple[Status, str]
) -> None:
    assert limits.hit_by_end(ending, cpu_s, Limits(), last_words=words, out_of_memory=starved) == expected


def test_a_job_gets_what_it_asks_for_but_never_more_than_is_set() -> None:
    asked, most = Limits(wall_s=1, threads=1000), Limits(wall_s=5, threads=64)
    assert limits.lowest(asked, most) == Limits(wall_s=1, threads=64)


def test_a_folder_is_emptied_or_given_up(tmp_path: Path) -> None:
    folder = tmp_path / "scratch"
    folder.mkdir()
    assert tidy(str(folder))
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "file").write_text("x")
    (folder / "link").symlink_to(tmp_path)
    assert tidy(str(folder))
    assert list(folder.iterdir()) == []
    assert folder.parent.exists(), "no link was followed"
    (folder / "/".join(["d"] * 40)).mkdir(parents=True)
    assert not tidy(str(folder))
    for number in range(2001):
        (folder / str(number)).touch()
    assert not tidy(str(folder))


def test_doors_that_others_may_not_pass_are_found(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "inner").mkdir(parents=True)
    let_everybody_in(tmp_path)
    assert staging.closed_doors([str(closed / "inner")]) == {}
    closed.chmod(0o700)
    assert staging.closed_doors([str(closed / "inner"), "/usr/lib"]) == {str(closed): [str(closed / "inner")]}


def _cgroup2(root: Path, controllers: str, members: str) -> Path:
    """A tree as version 2 shows it; plain files, so what the kernel would fill in is filled in here."""
    proc, own = root / "proc", root / "fs" / "unit"
    proc.mkdir()
    own.mkdir(parents=True)
    (proc / "cgroup").write_text("0::/unit\n")
    (proc / "mounts").write_text(f"cgroup2 {root}/fs cgroup2 rw 0 0\n")
    (own / "cgroup.controllers").write_text(controllers)
    (own / "cgroup.procs").write_text(members)
    return proc


def test_a_delegated_group_of_version_2_is_used_and_its_owner_moves_into_a_leaf(tmp_path: Path) -> None:
    proc = _cgroup2(tmp_path, "cpu memory", "42\n")
    own = tmp_path / "fs" / "unit"
    with pytest.raises(cgroup.CgroupError, match="not on"):
        cgroup.make(proc, 42)  # no kernel behind these files
    assert (own / "stride-itself" / "cgroup.procs").read_text() == "42"
    assert (own / "cgroup.subtree_control").read_text() == "+memory"
    group = cgroup.Group(own / "one", 2)
    group.folder.mkdir()
    (group.folder / "memory.current").write_text("1000\n")
    (group.folder / "memory.events").write_text("low 0\noom 3\noom_kill 2\n")
    group.bound(1)
    assert (group.folder / "memory.max").read_text() == str(1000 + 1024 * 1024)
    assert group.kills() == 2


@pytest.mark.parametrize(
    ("controllers", "members", "why"), [("cpu", "42\n", "not delegated"), ("memory", "42\n43\n", "others are in")]
)
def test_a_group_that_is_not_ours_alone_is_left_alone(tmp_path: Path, controllers: str, members: str, why: str) -> None:
    proc = _cgroup2(tmp_path, controllers, members)
    with pytest.raises(cgroup.CgroupError, match=why):
        cgroup.make(proc, 42)
    assert not (tmp_path / "fs" / "unit" / "stride-itself").exists()


async def test_a_jail_shows_libraries_and_never_a_whole_home() -> None:
    found = await interpreter.examine(sys.executable)
    assert found.packages
    assert not {"/", "/root", "/home", os.environ.get("HOME", "/"), sys.prefix} & set(found.read)


async def test_an_interpreter_without_torch_is_said(tmp_path: Path) -> None:
    with pytest.raises(interpreter.InterpreterError, match="cannot ask"):
        await interpreter.examine(str(tmp_path / "python"))


def a_plan(**chosen: Any) -> Plan:
    """A plan as good as any."""
    usual: dict[str, Any] = {"bwrap": "/usr/bin/bwrap", "executable": "/usr/bin/python3", "path": ("/a",)}
    usual |= {"read": ("/usr/lib",), "uid": 7, "cgroup": "", "files_mb": 32, "toolbox": "m:c", "control": 3, "info": 4}
    return Plan(**usual | chosen)


def test_what_lies_in_the_hosts_tmp_is_shown_where_a_jails_own_does_not_hide_it() -> None:
    """A clone in `/tmp`, with its virtual environment."""
    clone = f"{TMP}/clone"
    plan = a_plan(executable=f"{clone}/bin/python", path=(clone,), read=(f"{clone}/sandbox", "/usr/bin"))
    command = bwrap_command(plan, 5)
    at = command.index(f"{clone}/sandbox")
    assert command[at - 1 : at + 2] == ["--ro-bind", f"{clone}/sandbox", f"/host{clone}/sandbox"]
    assert zygote_command(plan)[0] == f"/host{clone}/bin/python"
    assert f"/host{clone}/sandbox" in zygote_command(plan)[-1]
    assert environment(plan)["PYTHONPATH"] == f"/host{clone}"
    assert environment(replace(plan, bwrap=""))["PYTHONPATH"] == clone, "without bubblewrap nothing is hidden"


def test_a_plan_survives_its_command_line_and_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIDE_DISCORD__TOKEN", "very secret")
    plan = a_plan()
    assert Plan.from_json(plan.to_json()) == plan
    command = bwrap_command(plan, 5)
    for flag in ("--unshare-all", "--disable-userns", "--die-with-parent", "--new-session", "--clearenv", "--as-pid-1"):
        assert flag in command
    assert "--proc" not in command
    assert "secret" not in " ".join(command) + str(environment(plan))
