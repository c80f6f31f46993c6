"""What every way to a jail must do: our own, a Unix socket, NATS; the same jails stand behind them all."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from sandbox.client import Sandbox
from sandbox.local import Local
from sandbox.nats_client import NatsSandbox
from sandbox.nats_member import Member
from sandbox.protocol import Job, JobKind, Limits, Report, Result, Status
from sandbox.settings import JailSettings, NatsSettings, SandboxSettings
from sandbox.socket_client import SocketSandbox
from sandbox.socket_server import open_to_others
from tests.sandbox.nats_lab import nats_server

pytestmark = pytest.mark.asyncio(loop_scope="module")
JAIL = JailSettings(side_by_side=2, wait_s=300, wall_s=60, cpu_s=60)
_ids = itertools.count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ways(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Sandbox]]:
    folder = tmp_path_factory.mktemp("run")
    settings = SandboxSettings(socket=folder / "worker.sock", jail=JAIL)
    async with AsyncExitStack() as stack:
        server = stack.enter_context(nats_server(folder))
        where = NatsSettings(url=server.url)
        local = await stack.enter_async_context(Local(settings))
        await stack.enter_async_context(open_to_others(local, folder / "worker.sock"))
        member = Member(local, settings, where, device="cpu", name="contract")
        await stack.enter_async_context(member)
        socket = await stack.enter_async_context(SocketSandbox(settings))
        nats = await stack.enter_async_context(NatsSandbox(settings, where))
        await member.joined()
        yield {"process": local, "socket": socket, "nats": nats}


@pytest.fixture(params=["process", "socket", "nats"])
def sandbox(request: pytest.FixtureRequest, ways: dict[str, Sandbox]) -> Sandbox:
    return ways[request.param]


async def run(sandbox: Sandbox, code: str, **limits: float) -> Result:
    chosen = Limits(**{"wall_s": 30.0, "cpu_s": 30.0, **limits})  # type: ignore[arg-type]  # numbers by name
    job = Job(id=f"j{next(_ids)}", kind=JobKind.RUN, payload={"code": code, "show": True}, limits=chosen)
    result = await sandbox.run(job)
    assert result.id == job.id
    return result


async def until(sandbox: Sandbox, in_flight: int) -> Report:
    """Waits until so many runs are on their way."""
    async with asyncio.timeout(60):
        while (report := await sandbox.jails()).in_flight != in_flight:  # noqa: ASYNC110 it has no event for us
            await asyncio.sleep(0)
    return report


async def test_a_run_says_what_it_printed_and_what_it_is_worth(sandbox: Sandbox) -> None:
    result = await run(sandbox, "print('hello'); x = torch.zeros(2, 3)\nx.shape")
    assert (result.status, result.limit, result.device) == (Status.OK, None, "cpu")
    assert result.value["output"] == [{"stream": "stdout", "text": "hello\n"}]
    assert result.value["value"] == "torch.Size([2, 3])"
    assert result.value["trace"][0]["shape"] == [2, 3]
    assert result.torch_version
    assert result.elapsed_ms > 0


async def test_what_code_does_wrong_is_a_value(sandbox: Sandbox) -> None:
    result = await run(sandbox, "print(1)\ntorch.zeros(2) @ torch.zeros(3)")
    assert result.status is Status.USER_ERROR
    assert result.value["error"]["line"] == 2
    assert result.value["output"][0]["text"] == "1\n"


@pytest.mark.parametrize(
    ("code", "limits", "status", "limit"),
    [
        ("while True: pass", {"wall_s": 0.5}, Status.TIMEOUT, {"name": "wall", "value": 0.5, "unit": "s"}),
        ("x = bytearray(900 << 20)", {"memory_mb": 128}, Status.MEMORY, {"name": "memory", "value": 128, "unit": "MB"}),
        ("print('x' * 9999)", {"output_kb": 4}, Status.OUTPUT_LIMIT, {"name": "output", "value": 4, "unit": "kB"}),
        ("import os; os._exit(3)", {}, Status.KILLED, None),
    ],
)
async def test_each_limit_has_its_status_and_its_name(
    sandbox: Sandbox, code: str, limits: dict[str, float], status: Status, limit: dict[str, object] | None
) -> None:
    result = await run(sandbox, code, **limits)
    assert (result.status, result.limit) == (status, limit)


async def test_many_at_a_time_get_their_own_answers(sandbox: Sandbox) -> None:
    results = await asyncio.gather(*(run(sandbox, f"{number} * 2") for number in range(12)))
    assert [result.value and result.value["value"] for result in results] == [str(number * 2) for number in range(12)]


async def test_who_cancels_frees_the_jail(sandbox: Sandbox, ways: dict[str, Sandbox]) -> None:
    """For as many jails as there are: were they not free again, nothing could run."""
    await until(ways["process"], 0)
    sleeping = [asyncio.ensure_future(run(sandbox, "import time; time.sleep(50)", wall_s=60)) for _ in range(2)]
    await until(ways["process"], 2)
    for task in sleeping:
        task.cancel()
    assert all(
        isinstance(each, asyncio.CancelledError) for each in await asyncio.gather(*sleeping, return_exceptions=True)
    )
    await until(ways["process"], 0)
    assert (await run(sandbox, "1")).status is Status.OK


async def test_a_job_beyond_what_can_be_carried_is_refused_and_harms_nobody(sandbox: Sandbox) -> None:
    result = await run(sandbox, "#" * (5 << 20))
    assert result.status is Status.USER_ERROR
    assert (await run(sandbox, "1")).status is Status.OK


async def test_the_jails_are_reported_and_can_be_warmed_beforehand(sandbox: Sandbox) -> None:
    await sandbox.warm()
    report = await sandbox.jails()
    assert report.alive
    assert {row.name for row in report.protections} >= {"namespaces", "inner filter"}
    assert (await sandbox.report()).protections != report.protections


@pytest.mark.parametrize("way", ["socket", "nats"])
async def test_closing_the_way_answers_its_askers_and_frees_their_jails(way: str, ways: dict[str, Sandbox]) -> None:
    await until(ways["process"], 0)
    behind = ways[way]
    again: SocketSandbox | NatsSandbox
    if isinstance(behind, SocketSandbox):
        again = SocketSandbox(behind._settings)
    else:
        assert isinstance(behind, NatsSandbox)
        again = NatsSandbox(behind._settings, behind._link._settings)
    async with again as closing:
        asked = asyncio.ensure_future(run(closing, "import time; time.sleep(50)", wall_s=60))
        await until(ways["process"], 1)
    assert (await asked).status is Status.UNAVAILABLE
    assert "closed" in (await asked).error
    await until(ways["process"], 0)
