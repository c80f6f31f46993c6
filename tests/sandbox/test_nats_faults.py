"""Workers that die, stop or are cut off, and a NATS server that goes: one result in time, or a clear error."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from sandbox.client import Sandbox
from sandbox.nats_client import NatsSandbox
from sandbox.protocol import Job, JobKind, Limits, Report, Result, Status
from sandbox.settings import JailSettings
from tests.attacks.lab import ask
from tests.sandbox.nats_lab import NatsServer, Worker, asker, member, nats_server, until_in_flight, wire, worker

JAIL = JailSettings(side_by_side=1, wait_s=300, wall_s=60)
HASTY = JailSettings(side_by_side=1, wait_s=1, wall_s=1)
NAP = "import time; time.sleep({}); 'rested'"


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    with nats_server(tmp_path_factory.mktemp("nats")) as started:
        yield started


@pytest_asyncio.fixture
async def two_workers(server: NatsServer) -> AsyncIterator[tuple[Worker, Worker]]:
    async with AsyncExitStack() as stack:
        one, other = await asyncio.gather(
            *(stack.enter_async_context(worker(server.url, STRIDE_SANDBOX__JAIL__WALL_S="60")) for _ in range(2))
        )
        yield one, other


async def run(sandbox: Sandbox, code: str, number: int = 0) -> Result:
    limits = Limits(wall_s=50, cpu_s=50)
    return await sandbox.run(
        Job(id=f"j{number}", kind=JobKind.RUN, payload={"code": code, "show": False}, limits=limits)
    )


async def until_running(sandbox: Sandbox, number: int, members: int) -> Report:
    """Waits until so many runs are on their way at so many members."""
    async with asyncio.timeout(60):
        while True:
            report = await sandbox.jails()
            if (report.in_flight, report.members) == (number, members):
                return report


async def both_busy(sandbox: NatsSandbox, seconds: float) -> list[asyncio.Task[Result]]:
    """A run in each of two workers that do one at a time."""
    first = await asyncio.gather(run(sandbox, "1", 1), run(sandbox, "1", 2))
    assert [result.status for result in first] == [Status.OK] * 2
    napping = [asyncio.create_task(run(sandbox, NAP.format(seconds), number)) for number in range(2)]
    await until_running(sandbox, 2, 2)
    return napping


@pytest.mark.long
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_worker_struck_in_mid_job_costs_nobody_an_answer(
    server: NatsServer, two_workers: tuple[Worker, Worker], blow: signal.Signals
) -> None:
    """Also where it comes back and answers late: the next jobs get their own results."""
    async with asker(server.url, jail=JAIL) as sandbox:
        napping = await both_busy(sandbox, 2)
        two_workers[0].send(blow)
        results = await asyncio.gather(*napping)
        assert [(result.status, result.value["value"]) for result in results] == [(Status.OK, "'rested'")] * 2
        more = [await run(sandbox, f"{number}") for number in range(3)]
        assert [result.value["value"] for result in more] == ["0", "1", "2"]
        if blow is signal.SIGSTOP:
            two_workers[0].send(signal.SIGCONT)
            await until_running(sandbox, 0, 2)
            assert (await run(sandbox, "3")).value["value"] == "3"


@pytest.mark.long
async def test_the_only_worker_killed_in_mid_job_is_said_to_be_lost(server: NatsServer) -> None:
    async with worker(server.url) as alone, asker(server.url, jail=JAIL) as sandbox:
        napping = asyncio.ensure_future(run(sandbox, NAP.format(4)))
        await until_running(sandbox, 1, 1)
        alone.send(signal.SIGKILL)
        result = await napping
    assert result.status is Status.UNAVAILABLE
    assert "no worker is up" in result.error


@pytest.mark.long
async def test_a_killed_nats_server_that_comes_back_costs_nobody_an_answer(
    server: NatsServer, two_workers: tuple[Worker, Worker]
) -> None:
    """Whether the results are ready before it is back or after."""
    assert len(two_workers) == 2
    async with asker(server.url, jail=JAIL) as sandbox:
        napping = [*await both_busy(sandbox, 2), asyncio.create_task(run(sandbox, NAP.format(5), 3))]
        server.kill()
        await asyncio.wait(napping, timeout=3)
        server.start()
        results = await asyncio.gather(*napping)
        assert [(result.status, result.error) for result in results] == [(Status.OK, "")] * 3


@pytest.mark.long
async def test_sigterm_finishes_what_was_taken_takes_no_more_and_ends_well(server: NatsServer) -> None:
    async with worker(server.url) as leaving, asker(server.url, jail=JAIL) as sandbox:
        napping = asyncio.ensure_future(run(sandbox, NAP.format(2)))
        await until_running(sandbox, 1, 1)
        leaving.send(signal.SIGTERM)
        await leaving.says("stopping")
        async with asyncio.timeout(30):
            while "no worker is up" not in (refused := await run(sandbox, "1")).error:
                assert refused.status is not Status.OK
        assert not napping.done()
        rested = await napping
        assert rested.status is Status.OK, rested
        assert rested.value["value"] == "'rested'"
        assert await leaving.ended() == 0


async def test_a_nats_server_that_is_gone_is_an_error_in_time_that_names_it(server: NatsServer) -> None:
    async with member(server.url), asker(server.url, wait_s=0.5, wall_s=0.5) as sandbox:
        assert (await ask(sandbox, "echo", 1)).value == [1]
        server.kill()
        results = await asyncio.gather(*(ask(sandbox, "echo") for _ in range(5)))
        report = await sandbox.report()
    assert {result.status for result in results} == {Status.UNAVAILABLE}
    assert all(f"NATS at {server.url} cannot be reached" in result.error for result in results)
    assert server.url in report.reason


async def test_a_nats_server_that_was_never_there_is_an_error_in_time_and_found_when_it_comes(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    server.start()
    server.kill()
    async with asker(server.url, wait_s=0.2, wall_s=0.2) as sandbox:
        result = await ask(sandbox, "echo")
        assert "cannot be reached" in result.error
        server.start()
        async with member(server.url), asyncio.timeout(30):
            while (await ask(sandbox, "echo")).status is not Status.OK:
                pass
    server.kill()


async def test_an_askers_cut_wire_is_an_error_in_time_and_no_more_once_it_is_mended(server: NatsServer) -> None:
    async with (
        wire(server.port) as line,
        member(server.url) as behind,
        asker(line.url, wait_s=1.5, wall_s=1) as sandbox,
    ):
        assert (await ask(sandbox, "echo", 1)).value == [1]
        waiting = asyncio.ensure_future(ask(sandbox, "busy", 0.9, wall_s=1))
        await until_in_flight(behind, 1)
        line.cut()
        cut_off = await asyncio.gather(waiting, *(ask(sandbox, "echo") for _ in range(3)))
        assert {result.status for result in cut_off} == {Status.UNAVAILABLE}
        line.mend()
        async with asyncio.timeout(30):
            while (await ask(sandbox, "echo")).status is not Status.OK:
                pass


async def test_a_job_at_a_member_whose_wire_is_cut_is_done_by_another(server: NatsServer) -> None:
    async with wire(server.port) as line, asker(server.url) as sandbox, member(line.url, "faraway") as far:
        assert (await ask(sandbox, "echo", 1)).value == [1]
        waiting = asyncio.ensure_future(ask(sandbox, "busy", 0.5))
        await until_in_flight(far, 1)
        line.cut()
        async with member(server.url, "nearby"):
            assert (await waiting).status is Status.OK
            assert (await ask(sandbox, "echo", 2)).value == [2]
        line.mend()


async def test_a_job_asked_while_nats_is_away_is_done_when_it_is_back_in_time(server: NatsServer) -> None:
    async with member(server.url), asker(server.url) as sandbox:
        assert (await ask(sandbox, "echo", 1)).value == [1]
        server.kill()
        waiting = asyncio.ensure_future(ask(sandbox, "echo", 2))
        await asyncio.wait([waiting], timeout=0.1)
        server.start()
        assert (await waiting).value == [2]
