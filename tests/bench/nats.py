"""What NATS adds to a run, side by side with jails of our own; and what two members do together."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from sandbox.client import Sandbox
from sandbox.local import Local
from sandbox.nats_client import NatsSandbox
from sandbox.nats_member import Member
from sandbox.protocol import Job, JobKind, Status
from sandbox.settings import JailSettings, NatsSettings, SandboxSettings
from tests.bench.measure import Figure, median, milliseconds, timed_async
from tests.sandbox.nats_lab import asker, nats_server, worker

CODE = "nn.Conv1d(3,16,3)(torch.randn(32,3,100)).shape"
ROUNDS = 10
A_ROUND = 20
ASKERS = 8
JOBS = 240
JAIL = JailSettings(side_by_side=2, wait_s=60)


async def figures() -> list[Figure]:
    """The same jails, asked directly and over NATS in turns; then two workers in processes of their own."""
    settings = SandboxSettings(jail=JAIL)
    with tempfile.TemporaryDirectory() as folder, nats_server(Path(folder)) as server:
        where = NatsSettings(url=server.url)
        async with (
            Local(settings) as jails,
            Member(jails, settings, where, device="cpu", name="bench") as member,
            NatsSandbox(settings, where) as nats,
        ):
            await member.joined()
            added = await _added(jails, nats)
        one = await _throughput(server.url, 1)
        two = await _throughput(server.url, 2)
    return [
        *added,
        Figure(name=f"runs over NATS, one worker, {ASKERS} askers", value=one, unit="/s"),
        Figure(name=f"runs over NATS, two workers, {ASKERS} askers", value=two, unit="/s"),
    ]


async def _added(jails: Sandbox, nats: Sandbox) -> list[Figure]:
    numbers = itertools.count()
    direct: list[float] = []
    carried: list[float] = []
    rounds: list[float] = []
    await timed_async(lambda number: _run(jails, number), numbers, A_ROUND)
    await timed_async(lambda number: _run(nats, number), numbers, A_ROUND)
    for _ in range(ROUNDS):
        one = await timed_async(lambda number: _run(jails, number), numbers, A_ROUND)
        other = await timed_async(lambda number: _run(nats, number), numbers, A_ROUND)
        rounds.append(milliseconds(other) - milliseconds(one))
        direct += one
        carried += other
    return [
        Figure(name="a run in a jail of our own, p50", value=milliseconds(direct), unit="ms"),
        Figure(name="the same over NATS on loopback, p50", value=milliseconds(carried), unit="ms"),
        Figure(name="what NATS adds, median of rounds", value=median(rounds), unit="ms", at_most=2),
    ]


async def _throughput(url: str, workers: int) -> float:
    async with AsyncExitStack() as stack:
        for _ in range(workers):
            await stack.enter_async_context(worker(url, STRIDE_SANDBOX__JAIL__SIDE_BY_SIDE="1"))
        sandbox = await stack.enter_async_context(asker(url, jail=JAIL))
        numbers = itertools.count()

        async def ask(times: int) -> None:
            for _ in range(times):
                await _run(sandbox, next(numbers))

        await asyncio.gather(*(ask(2) for _ in range(ASKERS)))
        began = time.perf_counter()
        await asyncio.gather(*(ask(JOBS // ASKERS) for _ in range(ASKERS)))
        return JOBS / (time.perf_counter() - began)


async def _run(sandbox: Sandbox, number: int) -> None:
    payload = {"code": CODE, "show": False}
    result = await sandbox.run(Job(id=f"b{number}", kind=JobKind.RUN, payload=payload))
    if result.status is not Status.OK:
        raise AssertionError(result.error)
