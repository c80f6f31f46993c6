"""The resident worker answers everyone once, whatever dies in between."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from sandbox.confine import Confinement
from sandbox.protocol import MAX_LINE, Job, JobKind, Result, Status
from sandbox.resident import Resident
from sandbox.settings import SandboxSettings
from tests.attacks.lab import ask, job, rogue
from tests.attacks.processes import gone, open_descriptors, until_gone


async def both(sandbox: Resident) -> tuple[int, int]:
    """The keeper's and the child's process ids, once there are both."""
    await ask(sandbox, "echo")
    keeper, child = sandbox.processes()
    return keeper, child


async def test_a_thousand_askers_at_once_each_get_their_own_answer() -> None:
    async with rogue() as sandbox:
        results = await asyncio.gather(*(ask(sandbox, "echo", number) for number in range(1000)))
    assert [result.value for result in results] == [[number] for number in range(1000)]


async def test_several_workers_share_one_keeper_and_the_work() -> None:
    async with rogue(workers=2) as sandbox:
        await both_of_two(sandbox)
        results = await asyncio.gather(*(ask(sandbox, "whoami") for _ in range(50)))
    assert {result.status for result in results} == {Status.OK}
    assert len({result.value["pid"] for result in results}) == 2


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
async def test_a_crash_costs_the_answer_of_its_own_job_only(number: signal.Signals) -> None:
    async with rogue() as sandbox:
        jobs = [job("echo", 1), job("die", int(number)), job("echo", 2), job("echo", 3)]
        results = await asyncio.gather(*(sandbox.run(each) for each in jobs))
        report = await sandbox.report()
    assert [result.status for result in results] == [Status.OK, Status.KILLED, Status.OK, Status.OK]
    assert [result.id for result in results] == [each.id for each in jobs]
    assert number.name in results[1].error
    assert report.restarts == 1


async def test_a_worker_that_just_exits_costs_one_answer() -> None:
    async with rogue() as sandbox:
        results = await asyncio.gather(ask(sandbox, "exit", 3), ask(sandbox, "echo", 1))
    assert [result.status for result in results] == [Status.KILLED, Status.OK]


@pytest.mark.parametrize("attack", ["hang", "spin"])
async def test_a_hang_is_a_timeout_for_itself_and_nothing_for_the_others(attack: str) -> None:
    async with rogue() as sandbox:
        results = await asyncio.gather(
            ask(sandbox, "echo", 1), ask(sandbox, attack, wall_s=0.1), *(ask(sandbox, "echo", n) for n in range(20))
        )
    assert Counter(result.status for result in results) == {Status.OK: 21, Status.TIMEOUT: 1}
    assert results[1].status is Status.TIMEOUT


async def test_a_stopped_child_is_replaced_like_a_hanging_one() -> None:
    async with rogue() as sandbox:
        _, child = await both(sandbox)
        os.kill(child, signal.SIGSTOP)
        first = await ask(sandbox, "echo", 1, wall_s=0.1)
        second = await ask(sandbox, "echo", 2)
        await until_gone(child)
    assert (first.status, second.status) == (Status.TIMEOUT, Status.OK)


async def test_a_stopped_keeper_is_replaced_when_it_is_needed() -> None:
    async with rogue() as sandbox:
        keeper, child = await both(sandbox)
        os.kill(keeper, signal.SIGSTOP)
        results = await asyncio.gather(ask(sandbox, "hang", wall_s=0.1), ask(sandbox, "echo", 1))
        await until_gone(keeper, child)
        assert sandbox.processes()[0] != keeper
    assert [result.status for result in results] == [Status.TIMEOUT, Status.OK]


async def test_jobs_in_flight_are_tried_again_when_the_keeper_is_killed() -> None:
    async with rogue() as sandbox:
        keeper, child = await both(sandbox)
        asked = [asyncio.ensure_future(ask(sandbox, "busy", 0.05)) for _ in range(5)]
        await asyncio.sleep(0)
        os.kill(keeper, signal.SIGKILL)
        results = await asyncio.gather(*asked)
        await until_gone(keeper, child)
    assert {result.status for result in results} == {Status.OK}


async def test_a_worker_killed_between_two_jobs_costs_no_answer() -> None:
    """The next job finds it gone, before the event loop has heard of its end."""
    async with rogue() as sandbox:
        for number in range(5):
            _, child = await both(sandbox)
            os.kill(child, signal.SIGKILL)
            while not gone(child):
                os.sched_yield()
            result = await ask(sandbox, "echo", number)
            assert (result.status, result.value) == (Status.OK, [number])
        report = await sandbox.report()
    assert report.restarts == 5


async def test_a_child_that_dies_in_the_middle_of_a_line_spoils_no_other_answer() -> None:
    async with rogue() as sandbox:
        results = await asyncio.gather(ask(sandbox, "half a line"), ask(sandbox, "echo", 1))
    assert [result.status for result in results] == [Status.KILLED, Status.OK]
    assert results[1].value == [1]


@pytest.mark.parametrize(
    "garbage",
    [
        "\n",
        "not json\n",
        "[1]\n",
        '{"v":1}\n',
        '{"v":99,"id":"1"}\n',
        '{"v":1,"id":"other","status":"ok","value":1,"error":"","elapsed_ms":0,"torch":"","device":""}\n',
        "\x00\xff\n",
        "[" * 100_000 + "\n",
    ],
)
async def test_garbage_from_a_worker_ends_it_and_costs_one_answer(garbage: str) -> None:
    async with rogue() as sandbox:
        results = await asyncio.gather(ask(sandbox, "raw", garbage), ask(sandbox, "echo", 1))
    assert [result.status for result in results] == [Status.KILLED, Status.OK]


async def test_a_line_that_never_ends_is_cut_off() -> None:
    async with rogue() as sandbox:
        results = await asyncio.gather(ask(sandbox, "flood"), ask(sandbox, "echo", 1))
    assert [result.status for result in results] == [Status.KILLED, Status.OK]


async def test_a_result_that_is_too_long_is_said_to_be() -> None:
    async with rogue() as sandbox:
        assert (await ask(sandbox, "huge")).status is Status.OUTPUT_LIMIT
        assert (await ask(sandbox, "not json")).status is Status.OUTPUT_LIMIT


async def test_a_job_that_is_too_long_is_refused_without_being_sent() -> None:
    async with rogue() as sandbox:
        assert (await ask(sandbox, "echo", "x" * MAX_LINE)).status is Status.USER_ERROR
        assert (await ask(sandbox, "echo", 10**5000)).status is Status.USER_ERROR
        assert (await ask(sandbox, "echo", 1)).status is Status.OK


async def test_a_fault_of_ours_is_one_answer_and_names_itself() -> None:
    async with rogue() as sandbox:
        _, child = await both(sandbox)
        result = await ask(sandbox, "fault")
        assert result.status is Status.UNAVAILABLE
        assert "KeyError" in result.error
        assert (await ask(sandbox, "recursion")).status is Status.UNAVAILABLE
        assert sandbox.processes()[1] == child


async def test_too_many_questions_are_refused_at_once() -> None:
    async with rogue(in_flight=3) as sandbox:
        results = await asyncio.gather(*(ask(sandbox, "echo", number) for number in range(10)))
    statuses = Counter(result.status for result in results)
    assert statuses == {Status.OK: 3, Status.UNAVAILABLE: 7}
    assert "busy" in results[-1].error


async def test_who_waits_too_long_for_a_turn_is_told_so() -> None:
    async with rogue(wait_s=0.2, wall_s=0.6) as sandbox:
        await both(sandbox)
        results = await asyncio.gather(ask(sandbox, "hang"), ask(sandbox, "echo", 1, wall_s=0.1))
    assert [result.status for result in results] == [Status.TIMEOUT, Status.UNAVAILABLE]
    assert "busy" in results[1].error


async def test_a_job_may_not_have_more_time_than_the_settings_allow() -> None:
    async with rogue(wall_s=0.1) as sandbox:
        assert (await ask(sandbox, "hang", wall_s=1000)).status is Status.TIMEOUT


async def test_who_stops_waiting_leaves_nothing_behind() -> None:
    async with rogue() as sandbox:
        await both(sandbox)
        asked = [asyncio.ensure_future(ask(sandbox, "busy", 0.01)) for _ in range(20)]
        await asyncio.sleep(0)
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        assert (await sandbox.report()).in_flight == 0
        assert (await ask(sandbox, "echo", 1)).value == [1]


async def test_closing_answers_everyone_and_leaves_no_process_and_no_descriptor() -> None:
    before = open_descriptors()
    async with rogue(workers=2) as sandbox:
        await both_of_two(sandbox)
        pids = sandbox.processes()
        asked = [asyncio.ensure_future(ask(sandbox, "hang")) for _ in range(5)]
        await asyncio.sleep(0)
    results: list[Result] = await asyncio.gather(*asked)
    assert {result.status for result in results} == {Status.UNAVAILABLE}
    await until_gone(*pids)
    assert open_descriptors() <= before
    assert (await ask(sandbox, "echo")).status is Status.UNAVAILABLE


async def both_of_two(sandbox: Resident) -> None:
    while len(sandbox.processes()) < 3:
        await ask(sandbox, "echo")


async def test_closing_while_it_starts_leaves_nothing() -> None:
    before = open_descriptors()
    async with rogue() as sandbox:
        asked = asyncio.ensure_future(ask(sandbox, "echo"))
        await asyncio.sleep(0)
    assert (await asked).status is Status.UNAVAILABLE
    assert open_descriptors() <= before


async def test_without_an_interpreter_the_answer_is_unavailable_with_the_reason() -> None:
    async with Resident(SandboxSettings(python="/nowhere/python")) as sandbox:
        job = Job(id="1", kind=JobKind.SHAPE, payload={})
        first, second = await sandbox.run(job), await sandbox.run(job)
        report = await sandbox.report()
    assert first.status is second.status is Status.UNAVAILABLE
    assert "/nowhere/python" in first.error
    assert not report.alive
    assert "/nowhere/python" in report.reason


async def test_without_torch_the_answer_says_how_to_get_it() -> None:
    code = """
import sys
from sandbox import worker
def load():
    raise ModuleNotFoundError("No module named 'torch'")
sys.exit(worker.main(sys.argv[1:], load))
"""

    def command(_: SandboxSettings, confinement: Confinement, control: int) -> list[str]:
        return [sys.executable, "-c", code, str(control), confinement.to_json()]

    async with Resident(SandboxSettings(), command) as sandbox:
        result = await ask(sandbox, "echo")
    assert result.status is Status.UNAVAILABLE
    assert "No module named 'torch'; install torch" in result.error


async def test_a_worker_that_could_not_start_is_tried_again(tmp_path: Path) -> None:
    python = tmp_path / "python"
    async with rogue(python=str(python)) as sandbox:
        assert (await ask(sandbox, "echo", 1)).status is Status.UNAVAILABLE
        python.symlink_to(sys.executable)
        async with asyncio.timeout(60):
            while not (await sandbox.report()).alive:  # noqa: ASYNC110 the worker has no event for us
                await asyncio.sleep(0.01)
        assert (await ask(sandbox, "echo", 2)).value == [2]


async def test_a_keeper_that_dies_at_every_start_is_reported() -> None:
    def command(_: SandboxSettings, __: Confinement, control: int) -> list[str]:
        code = (
            "import socket, sys; control = socket.socket(fileno=int(sys.argv[1])); "
            """control.send(b'{"v":1,"ready":"x"}'); control.recv(9)"""
        )
        return [sys.executable, "-c", code, str(control)]

    async with Resident(SandboxSettings(), command) as sandbox:
        result = await ask(sandbox, "echo")
    assert result.status is Status.UNAVAILABLE
    assert "ends as it starts" in result.error


async def test_signals_meant_for_the_owner_do_not_reach_the_worker() -> None:
    async with rogue() as sandbox:
        keeper, child = await both(sandbox)
        for pid in (keeper, child):
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                os.kill(pid, number)
        assert (await ask(sandbox, "echo", 1)).value == [1]
        assert sandbox.processes() == (keeper, child)


async def test_the_report_tells_what_protects_and_what_happened() -> None:
    async with rogue() as sandbox:
        assert not (await sandbox.report()).alive
        await ask(sandbox, "echo")
        report = await sandbox.report()
    assert report.alive
    assert report.torch_version == "rogue"
    assert {row.name for row in report.protections} >= {"system calls", "limits", "user", "not dumpable"}
    assert all(row.present and row.why for row in report.protections)
