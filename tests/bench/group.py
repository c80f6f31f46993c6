"""A study group of a million: what is due, answers that come at once, and how everybody stands, on both databases.

`python -m tests.bench group` loads 100,000 channels, 1,000,000 members and 10,000,000 events, or finds them loaded;
`group-small` a tenth of that, for a quick look.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from bot.app import Core
from bot.command import Incoming, Place, User
from bot.settings import Settings
from bot.store.store import Store, open_store
from bot.tutor import wire
from bot.tutor.model import Posed
from bot.tutor.posing import Seat, from_card
from sandbox.client import open_sandbox
from sandbox.settings import SandboxSettings
from tests.bench.group_load import (
    AT,
    BUSY,
    BUSY_PEOPLE,
    DUE,
    FULL,
    SMALL,
    Size,
    postgres_loaded,
    postgres_running,
    sqlite_loaded,
)
from tests.bench.measure import Figure, milliseconds

CONCURRENT = 50
ANSWERS = 4_000
LOOKS = 100
SUNDAY = AT - timedelta(hours=10)  # when there is most of a season to look at
_PLACE = Place(platform="bench", community="c0", channel="ch0")


async def figures(size: Size = FULL) -> list[Figure]:
    """Every row, SQLite first."""
    found: list[Figure] = []
    with sqlite_loaded(size) as (path, took):
        found += await _measured("SQLite", path, size, took, per_second=400, p99_ms=500)
    with postgres_running(size) as lab:
        async with postgres_loaded(lab, size) as (url, took):
            found += await _measured("PostgreSQL", url, size, took, per_second=600, p99_ms=300)
    return found


async def small() -> list[Figure]:
    """The same with a tenth of everything."""
    return await figures(SMALL)


async def _measured(
    name: str, where: Path | SecretStr, size: Size, took: float, *, per_second: float, p99_ms: float
) -> list[Figure]:
    away = SandboxSettings(socket=Path(tempfile.gettempdir()) / "no-worker")
    async with open_store(where) as store, open_sandbox(away) as sandbox:
        core = Core(settings=Settings(data_dir=Path(tempfile.gettempdir())), store=store, sandbox=sandbox)
        await core.oracle()  # as a bot has that serves: nothing that was read in is gone through by the collector
        rows = [Figure(name=f"{name}: loading {size.events:,} events and the rest", value=took, unit="s")]
        rows.append(
            Figure(name=f"{name}: {DUE:,} due channels claimed", value=await _claimed(store), unit="ms", at_most=100)
        )
        rows += await _answers(name, core, size, per_second, p99_ms)
        rows += await _looks(name, core, size)
    return rows


async def _claimed(store: Store) -> float:
    """How long it takes a bot that has claimed before: with the first, statements are put together once and for all."""
    if await store.schedules.next_due(["bench"], ["daily"]) != AT:  # as the loop asks before it claims
        raise AssertionError("something else is due")
    took = 0.0
    for limit in (1, DUE):
        began = time.perf_counter()
        taken = await store.schedules.claim_due(
            ["bench"], AT, bot="bench", until=AT + timedelta(minutes=2), limit=limit
        )
        took = (time.perf_counter() - began) * 1e3
        if len(taken) != limit:
            raise AssertionError(f"{len(taken)} were claimed")
    return took


async def _answers(name: str, core: Core, size: Size, per_second: float, p99_ms: float) -> list[Figure]:
    """Everybody answers one question, as a daily card's; each answer is of another person."""
    posed = await _posed(core)
    people = iter(range(0, size.members, max(1, size.members // (ANSWERS + CONCURRENT))))
    times: list[float] = []

    async def answer(person: int) -> None:
        who = User(id=f"bench:{person}", name=f"P{person}")
        event = Incoming(id=f"{posed.id}-{person}", user=who, place=_PLACE, at=AT, text="")
        began = time.perf_counter()
        await core.tutor.answer(event, posed, choice=person % 2)
        times.append(time.perf_counter() - began)

    async def go_on(count: int) -> None:
        for person in itertools.islice(people, count):
            await answer(person)

    await go_on(1)  # the decks are read with the first
    times.clear()
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(CONCURRENT):
            group.create_task(go_on(ANSWERS // CONCURRENT))
    took = time.perf_counter() - began
    about = f"{name}: answers by {CONCURRENT} at a time, each durable"
    return [
        Figure(name=f"{about}, a second", value=len(times) / took, unit="", at_least=per_second),
        Figure(name=f"{about}, p50", value=milliseconds(times), unit="ms"),
        Figure(name=f"{about}, p99", value=milliseconds(times, 0.99), unit="ms", at_most=p99_ms),
    ]


async def _posed(core: Core) -> Posed:
    everybody = User(id="", name="")
    catalogue = await core.tutor.cards(everybody, _PLACE)
    card = next(each for each in catalogue.cards.values() if each.kind == "choice")
    event = Incoming(id="", user=everybody, place=_PLACE, at=AT)
    seat = Seat(session=f"bench-{time.time_ns()}", position=1, of=1, purpose="daily")
    posed = from_card(event, seat, card, catalogue=catalogue, torch="2.13.0")
    await core.store.learning.pose([wire.asked(posed)])
    return posed


async def _looks(name: str, core: Core, size: Size) -> list[Figure]:
    standing = core.study.standing
    communities = size.channels // 10

    def place(number: int) -> Place:
        return Place(platform="bench", community=f"c{number * 37 % communities}", channel="ch0")

    def user(number: int) -> User:
        return User(id=f"bench:{number * 37 % communities * size.community}", name="P")

    busy = Place(platform="bench", community=BUSY, channel="ch0")
    looks: dict[str, Callable[[int], Awaitable[object]]] = {
        "`/leaderboard` data": lambda number: standing.leaderboard(place(number), AT),
        f"`/leaderboard` data of {BUSY_PEOPLE} who answer ten a day": lambda _: standing.leaderboard(busy, SUNDAY),
        "`/streak` data": lambda number: standing.streak(user(number), place(number), AT),
        "`/mine` data": lambda number: core.study.mine.of(user(number), place(number), AT),
    }
    rows = []
    for what, look in looks.items():
        await look(0)
        times = []
        for number in range(1, LOOKS + 1):
            began = time.perf_counter()
            await look(number)
            times.append(time.perf_counter() - began)
        rows.append(Figure(name=f"{name}: {what}, p50", value=milliseconds(times), unit="ms", at_most=30))
        rows.append(Figure(name=f"{name}: {what}, p99", value=milliseconds(times, 0.99), unit="ms"))
    return rows
