"""What every way into a sandbox must do: a worker of our own, somebody's Unix socket, and NATS."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandbox.client import Sandbox
from sandbox.nats_client import NatsSandbox
from sandbox.nats_member import Member
from sandbox.protocol import MAX_LINE, Status
from sandbox.settings import NatsSettings, SandboxSettings
from sandbox.socket_client import SocketSandbox
from sandbox.socket_server import open_to_others
from tests.attacks.lab import ask, local_rogue
from tests.sandbox.nats_lab import NatsServer, nats_server


@pytest.fixture(scope="module")
def nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    with nats_server(tmp_path_factory.mktemp("nats")) as server:
        yield server


@asynccontextmanager
async def own_process(_: Path, __: NatsServer) -> AsyncIterator[Sandbox]:
    async with local_rogue() as sandbox:
        yield sandbox


@asynccontextmanager
async def over_a_socket(folder: Path, _: NatsServer) -> AsyncIterator[Sandbox]:
    path = folder / "worker.sock"
    async with (
        local_rogue() as behind,
        open_to_others(behind, path),
        SocketSandbox(SandboxSettings(socket=path)) as sandbox,
    ):
        yield sandbox


@asynccontextmanager
async def over_nats(_: Path, server: NatsServer) -> AsyncIterator[Sandbox]:
    where = NatsSettings(url=server.url)
    async with (
        local_rogue() as behind,
        Member(behind, SandboxSettings(), where, device="cpu", name="contract") as member,
        NatsSandbox(SandboxSettings(), where) as sandbox,
    ):
        await member.joined()
        yield sandbox


@pytest.fixture(params=[own_process, over_a_socket, over_nats], ids=["process", "socket", "nats"])
async def sandbox(request: pytest.FixtureRequest, tmp_path: Path, nats: NatsServer) -> AsyncIterator[Sandbox]:
    async with request.param(tmp_path, nats) as found:
        yield found


async def test_a_job_is_done_and_keeps_its_id(sandbox: Sandbox) -> None:
    result = await ask(sandbox, "echo", 1, "two", None)
    assert result.status is Status.OK
    assert result.value == [1, "two", None]
    assert result.id.startswith("j")
    assert result.torch_version == "rogue"


async def test_many_askers_get_their_own_answers(sandbox: Sandbox) -> None:
    results = await asyncio.gather(*(ask(sandbox, "echo", number) for number in range(200)))
    assert [result.value for result in results] == [[number] for number in range(200)]


async def test_a_crash_a_hang_and_garbage_cost_one_answer_each(sandbox: Sandbox) -> None:
    results = await asyncio.gather(
        ask(sandbox, "echo", 1),
        ask(sandbox, "die", 9),
        ask(sandbox, "echo", 2),
        ask(sandbox, "hang", wall_s=0.1),
        ask(sandbox, "raw", "garbage\n"),
        ask(sandbox, "echo", 3),
    )
    assert [result.status.value for result in results] == ["ok", "killed", "ok", "timeout", "killed", "ok"]


async def test_too_long_is_said_in_both_directions(sandbox: Sandbox) -> None:
    assert (await ask(sandbox, "echo", "x" * MAX_LINE)).status is Status.USER_ERROR
    assert (await ask(sandbox, "huge")).status is Status.OUTPUT_LIMIT
    assert (await ask(sandbox, "echo", 1)).value == [1]


async def test_unicode_and_extremes_survive_the_journey(sandbox: Sandbox) -> None:
    values = ["\x00\u2028\U0001f600\n", -(2**80), 1.5, {"a": [True, None]}]
    assert (await ask(sandbox, "echo", *values)).value == values


async def test_who_stops_waiting_disturbs_nobody(sandbox: Sandbox) -> None:
    tasks = [asyncio.ensure_future(ask(sandbox, "busy", 0.01)) for _ in range(10)]
    await ask(sandbox, "echo")
    for task in tasks[::2]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    kept = [result for result in results if not isinstance(result, BaseException)]
    assert Counter(result.status for result in kept) == {Status.OK: len(kept)}
    assert (await ask(sandbox, "echo", 1)).value == [1]


async def test_the_report_is_the_workers(sandbox: Sandbox) -> None:
    await ask(sandbox, "echo")
    report = await sandbox.report()
    assert report.alive
    assert report.torch_version == "rogue"
    assert {row.name for row in report.protections} >= {"system calls", "user"}
