"""How long `/shape` takes, beside torch's own work for the same layer."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import torch
from torch import nn

from bot.app import Core, build_core
from bot.command import Incoming, Place, User
from bot.reply import Reply
from bot.settings import Settings
from sandbox.language.grammar import parse
from sandbox.language.model import LanguageError
from tests.bench.measure import Figure, median, milliseconds, timed, timed_async
from tests.sandbox.language.test_fuzz_lines import HOSTILE

ROUNDS = 20
A_ROUND = 60
ASKERS = 16
ANSWERS = 4_000
CACHED = 10_000


@asynccontextmanager
async def warm_core() -> AsyncIterator[Core]:
    """A core on an empty database whose worker has loaded torch."""
    with tempfile.TemporaryDirectory() as folder:
        async with build_core(Settings(data_dir=Path(folder)), patient=True) as core:
            await ask(core, -1, "/shape relu @ 2x3")
            yield core


async def ask(core: Core, number: int, text: str) -> Reply:
    """One message by one person."""
    reply = await core.handle(
        Incoming(
            id=f"bench-{number}-{next(_EVENTS)}",
            user=User(id="bench:ada", name="Ada"),
            place=Place(platform="bench", community="bench", channel="bench"),
            at=datetime.now(UTC),
            text=text,
        )
    )
    if reply is None or reply.fault is not None:
        raise AssertionError(f"no answer to {text}: {reply}")
    return reply


_EVENTS = itertools.count()


async def fresh(core: Core, number: int) -> None:
    """A question that nobody asked before, checked by formula, meta and a real run."""
    length, out_channels = 100 + number % 100, 16 + number // 100 % 60
    padded = " " * (number // 6_000)  # another text for the same layer, once every combination has been asked
    reply = await ask(core, number, f"/shape conv1d 3 {out_channels} k3 s1 p1 N32 L{length}{padded}")
    if reply.data["agreed"] != ["formula", "meta", "cpu"]:
        raise AssertionError(f"not agreed: {reply.data}")


def refused(line: str) -> None:
    """A line that must be turned away, and soon."""
    with suppress(LanguageError):
        parse(line)


def bare() -> None:
    """What torch itself does for the same layer on the meta device."""
    layer = nn.Conv1d(3, 16, 3, padding=1, device="meta")
    layer(torch.empty(32, 3, 100, device="meta"))


async def figures() -> list[Figure]:
    """Rounds of bare torch and of whole answers alternate, so that both see the same machine."""
    torch.set_num_threads(1)
    numbers = itertools.count()
    bare_times: list[float] = []
    answer_times: list[float] = []
    ratios: list[float] = []
    async with warm_core() as core:
        await timed_async(lambda number: fresh(core, number), numbers, A_ROUND)
        timed(bare, A_ROUND)
        for _ in range(ROUNDS):
            one, other = timed(bare, A_ROUND), await timed_async(lambda n: fresh(core, n), numbers, A_ROUND)
            ratios.append(median(other) / median(one))
            bare_times += one
            answer_times += other
        throughput = await _throughput(core, numbers)
        cached = await _cached(core)
    slowest = max(min(timed(partial(refused, line), 3)) for line in HOSTILE.values())
    return [
        Figure(name="bare torch: Conv1d built and run on meta, p50", value=milliseconds(bare_times), unit="ms"),
        Figure(name="`/shape`, fresh, all three agree, p50", value=milliseconds(answer_times), unit="ms", at_most=2),
        Figure(name="`/shape`, fresh, p99", value=milliseconds(answer_times, 0.99), unit="ms"),
        Figure(name="`/shape` against bare torch, median of rounds", value=median(ratios), unit="x", at_most=10),
        Figure(name=f"fresh answers, {ASKERS} askers at once", value=throughput, unit="/s", at_least=800),
        Figure(name="repeated questions through full dispatch", value=cached, unit="/s", at_least=5_000),
        Figure(name=f"slowest refusal of {len(HOSTILE)} hostile lines", value=slowest * 1e3, unit="ms", at_most=100),
    ]


async def _throughput(core: Core, numbers: itertools.count[int]) -> float:
    async def asker(times: int) -> None:
        for _ in range(times):
            await fresh(core, next(numbers))

    began = time.perf_counter()
    await asyncio.gather(*(asker(ANSWERS // ASKERS) for _ in range(ASKERS)))
    return ANSWERS / (time.perf_counter() - began)


async def _cached(core: Core) -> float:
    await ask(core, 0, "/shape conv1d 3 16 k3 s1 p1 L100")

    async def asker(times: int) -> None:
        for number in range(times):
            await ask(core, number, "/shape conv1d 3 16 k3 s1 p1 L100")
            await asyncio.sleep(0)  # as every platform does between two messages

    began = time.perf_counter()
    await asyncio.gather(*(asker(CACHED // ASKERS) for _ in range(ASKERS)))
    return CACHED / (time.perf_counter() - began)
