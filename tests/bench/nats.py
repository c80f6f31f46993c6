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
from tests.attacks.lab import ask
from tests.bench.measure import Figure, milliseconds
from tests.sandbox.nats_lab import asker, member, nats_server, worker

CODE = "nn.Conv1d(3,16,3)(torch.randn(32,3,100)).shape"
PAIRS = 100
ASKERS = 8
JOBS = 160
JAIL = JailSettings(side_by_side=2, wait_s=60)


async def figures() -> list[Figure]:
    """The same jails, asked directly and over NATS in turns; then two workers in processes of their own."""
    settings = SandboxSettings(jail=JAIL)
    with tempfile.TemporaryDirectory() as folder, nats_server(Path(folder)) as server:
        where = NatsSettings(url=server.url)
        async with (
            Local(settings) as jails,
            Member(jails, settings, where, device="cpu", name="bench") as joined,
            NatsSandbox(settings, where) as nats,
        ):
            await joined.joined()
            added = await _added(jails, nats)
        empty = await _empty(server.url)
        one = await _throughput(server.url, 1)
        two = await _throughput(server.url, 2)
    return [
        *added,
        empty,
        Figure(name=f"runs over NATS, one worker, {ASKERS} askers", value=one, unit="/s"),
        Figure(name=f"runs over NATS, two workers, {ASKERS} askers", value=two, unit="/s"),
    ]


async def _added(jails: Sandbox, nats: Sandbox) -> list[Figure]:
    """One by one in turns, so that both ways see the same machine; and once without the jail's own time."""
    numbers = itertools.count()
    for each in (jails, nats):
        await asyncio.gather(*(_run(each, next(numbers)) for _ in range(4)))
    direct: list[tuple[float, float]] = []
    carried: list[tuple[float, float]] = []
    for _ in range(PAIRS):
        direct.append(await _run(jails, next(numbers)))
        carried.append(await _run(nats, next(numbers)))
    own, other = (milliseconds([whole for whole, _ in each]) for each in (direct, carried))
    around, beyond = (milliseconds([whole - inside for whole, inside in each]) for each in (direct, carried))
    return [
        Figure(name="a run in a jail of our own, p50", value=own, unit="ms"),
        Figure(name="the same over NATS on loopback, p50", value=other, unit="ms"),
        Figure(name="what NATS adds, the run's own time aside, p50", value=beyond - around, unit="ms", at_most=2),
    ]


async def _empty(url: str) -> Figure:
    """A job that is nothing but its way: on a busy machine the one figure that is not about the jail."""
    direct: list[float] = []
    carried: list[float] = []
    async with member(url) as behind, asker(url) as nats:
        for _ in range(4 * PAIRS):
            for sandbox, times in ((behind, direct), (nats, carried)):
                began = time.perf_counter()
                await ask(sandbox, "echo")
                times.append(time.perf_counter() - began)
    added = milliseconds(carried) - milliseconds(direct)
    return Figure(name="what NATS adds to an empty job, p50", value=added, unit="ms", at_most=2)


async def _throughput(url: str, workers: int) -> float:
    async with AsyncExitStack() as stack:
        for _ in range(workers):
            await stack.enter_async_context(worker(url, STRIDE_SANDBOX__JAIL__WAIT_S="60"))
        sandbox = await stack.enter_async_context(asker(url, jail=JAIL))
        numbers = itertools.count()

        async def asks(times: int) -> None:
            for _ in range(times):
                await _run(sandbox, next(numbers))

        await asyncio.gather(*(asks(2) for _ in range(ASKERS)))
        began = time.perf_counter()
        await asyncio.gather(*(asks(JOBS // ASKERS) for _ in range(ASKERS)))
        return JOBS / (time.perf_counter() - began)


async def _run(sandbox: Sandbox, number: int) -> tuple[float, float]:
    """Seconds from the question to the answer, and those of them that the run took."""
    job = Job(id=f"b{number}", kind=JobKind.RUN, payload={"code": CODE, "show": False})
    began = time.perf_counter()
    result = await sandbox.run(job)
    whole = time.perf_counter() - began
    if result.status is not Status.OK:
        raise AssertionError(result.error)
    return whole, result.elapsed_ms / 1e3
