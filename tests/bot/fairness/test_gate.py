"""Runs are let in one a person, so many at a time; the others see how far they are, and all may change their minds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count

import pytest

from bot.command import Incoming, Place, User
from bot.errors import Busy, Cancelled
from bot.fairness.gate import Gate
from bot.settings import FairnessSettings
from tests.bot.conversation import GROUP, SettableClock

HANG_S = 30


class Doors:
    """Work that ends when its door is opened, and who is at it."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        self.moved = asyncio.Event()
        self._open: dict[str, asyncio.Event] = {}

    def work(self, name: str) -> Callable[[], asyncio.Future[str]]:
        async def do() -> str:
            self.inside.append(name)
            self.moved.set()
            try:
                await self._door(name).wait()
            finally:
                self.inside.remove(name)
                self.moved.set()
            return name

        return lambda: asyncio.ensure_future(do())

    def open(self, name: str) -> None:
        self._door(name).set()

    async def until(self, *names: str) -> None:
        """Waits until exactly these are at work."""
        async with asyncio.timeout(HANG_S):
            while sorted(self.inside) != sorted(names):
                self.moved.clear()
                await self.moved.wait()

    def _door(self, name: str) -> asyncio.Event:
        return self._open.setdefault(name, asyncio.Event())


def gate(*, at_a_time: int = 1, patience_s: float = HANG_S, clock: SettableClock | None = None, **set_: float) -> Gate:
    ids = count(1)
    return Gate(
        FairnessSettings.model_validate(set_),
        at_a_time={"cpu": at_a_time},
        clock=clock or SettableClock(),
        new_id=lambda: str(next(ids)),
        patience_s=patience_s,
        pace_s=0,
    )


def by(name: str, *, operator: bool = False, place: Place = GROUP) -> Incoming:
    user = User(id=f"test:{name}", name=name, operator=operator)
    return Incoming(id=f"event:{name}", user=user, place=place, at=SettableClock().now())


async def test_one_run_a_person_and_the_refusal_has_a_button_that_ends_it() -> None:
    found, doors = gate(at_a_time=2), Doors()
    first = asyncio.create_task(found.do(by("alice"), doors.work("alice")))
    await doors.until("alice")
    with pytest.raises(Busy, match="still running") as refused:
        await found.do(by("alice"), doors.work("again"))
    assert refused.value.buttons is not None
    (button,) = refused.value.buttons.buttons
    ticket = found.ticket(button.action.args[0])
    assert ticket is not None
    found.cancel(ticket, by="test:alice")
    with pytest.raises(Cancelled, match="You cancelled"):
        await first
    doors.open("again")
    assert await found.do(by("alice"), doors.work("again")) == "again"


async def test_those_who_wait_see_how_far_they_are_whenever_that_changes() -> None:
    found, doors = gate(), Doors()
    said: asyncio.Queue[int] = asyncio.Queue()

    async def tell(_ticket: str, ahead: int) -> None:
        said.put_nowait(ahead)

    async with asyncio.timeout(HANG_S), asyncio.TaskGroup() as group:
        group.create_task(found.do(by("alice"), doors.work("alice")))
        await doors.until("alice")
        group.create_task(found.do(by("bob"), doors.work("bob")))
        await asyncio.sleep(0)
        group.create_task(found.do(by("carol"), doors.work("carol"), tell=tell))
        assert await said.get() == 2
        doors.open("alice")
        assert await said.get() == 1
        doors.open("bob")
        doors.open("carol")


async def test_a_run_that_takes_long_says_that_it_is_running() -> None:
    found, doors = gate(patience_s=0), Doors()
    said: asyncio.Queue[int] = asyncio.Queue()

    async def tell(_ticket: str, ahead: int) -> None:
        said.put_nowait(ahead)

    async with asyncio.timeout(HANG_S):
        running = asyncio.create_task(found.do(by("alice"), doors.work("alice"), tell=tell))
        assert await said.get() == 0
        doors.open("alice")
        assert await running == "alice"


async def test_what_cannot_be_told_keeps_nobody_from_their_run() -> None:
    found, doors = gate(), Doors()
    tried = asyncio.Event()

    async def tell(_ticket: str, _ahead: int) -> None:
        tried.set()
        raise ConnectionError

    async with asyncio.timeout(HANG_S):
        first = asyncio.create_task(found.do(by("alice"), doors.work("alice")))
        await doors.until("alice")
        second = asyncio.create_task(found.do(by("bob"), doors.work("bob"), tell=tell))
        await tried.wait()
        doors.open("alice")
        doors.open("bob")
        assert [await first, await second] == ["alice", "bob"]


async def test_what_is_half_said_is_said_before_the_answer() -> None:
    found, doors = gate(patience_s=0), Doors()
    order: list[str] = []
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def tell(_ticket: str, _ahead: int) -> None:
        begun.set()
        await go_on.wait()
        order.append("progress")

    async def asks() -> None:
        await found.do(by("alice"), doors.work("alice"), tell=tell)
        order.append("answer")

    async with asyncio.timeout(HANG_S):
        asking = asyncio.create_task(asks())
        await begun.wait()
        doors.open("alice")
        await doors.until()
        go_on.set()
        await asking
    assert order == ["progress", "answer"]


async def test_a_full_line_refuses_in_words_and_takes_nothing_from_anybodys_rate() -> None:
    found, doors = gate(waiting=1, person_burst=1, person_per_minute=1), Doors()
    tasks = []
    for name in ("alice", "bob"):
        tasks.append(asyncio.create_task(found.do(by(name), doors.work(name))))
        await asyncio.sleep(0)
    with pytest.raises(Busy, match="1 run is waiting already"):
        await found.do(by("carol"), doors.work("carol"))
    for name in ("alice", "bob", "carol"):
        doors.open(name)
    await asyncio.gather(*tasks)
    assert await found.do(by("carol"), doors.work("carol")) == "carol"


async def test_a_person_who_runs_a_lot_is_told_when_to_come_back_and_may_then() -> None:
    clock, doors = SettableClock(), Doors()
    found = gate(clock=clock, person_burst=2, person_per_minute=6)
    for name in ("alice", "bob"):
        doors.open(name)
    for _ in range(2):
        await found.do(by("alice"), doors.work("alice"))
    with pytest.raises(Busy, match="can start in 10 seconds"):
        await found.do(by("alice"), doors.work("alice"))
    assert await found.do(by("bob"), doors.work("bob")) == "bob"
    clock.advance(seconds=10)
    assert await found.do(by("alice"), doors.work("alice")) == "alice"


async def test_a_channel_has_a_rate_of_its_own() -> None:
    found, doors = gate(channel_burst=2, channel_per_minute=60), Doors()
    doors.open("all")
    for name in ("alice", "bob"):
        await found.do(by(name), doors.work("all"))
    with pytest.raises(Busy, match="in this channel"):
        await found.do(by("carol"), doors.work("all"))
    elsewhere = Place(platform="test", community="page", channel="other")
    assert await found.do(by("carol", place=elsewhere), doors.work("all")) == "all"


async def test_the_operator_is_exempt_but_still_takes_turns() -> None:
    found, doors = gate(person_burst=1, channel_burst=1), Doors()
    tasks = [asyncio.create_task(found.do(by("op", operator=True), doors.work(f"op{number}"))) for number in range(3)]
    await doors.until("op0")
    tasks.append(asyncio.create_task(found.do(by("alice"), doors.work("alice"))))
    await asyncio.sleep(0)
    doors.open("op0")
    await doors.until("op1")
    doors.open("op1")
    await doors.until("alice")
    for name in ("alice", "op2"):
        doors.open(name)
    assert await asyncio.gather(*tasks) == ["op0", "op1", "op2", "alice"]


async def test_whoever_is_cancelled_in_line_leaves_it_and_those_behind_move_up() -> None:
    found, doors = gate(), Doors()
    tasks = {}
    for name in ("alice", "bob", "carol"):
        tasks[name] = asyncio.create_task(found.do(by(name), doors.work(name)))
        await asyncio.sleep(0)
    ticket = found.of("test:bob")
    assert ticket is not None
    found.cancel(ticket, by="test:olga")
    with pytest.raises(Cancelled, match="An organiser"):
        await tasks["bob"]
    doors.open("alice")
    await doors.until("carol")
    doors.open("carol")
    assert await tasks["carol"] == "carol"


@pytest.mark.parametrize("waiting", [True, False])
async def test_an_asker_who_goes_away_frees_the_turn_and_the_slot(waiting: bool) -> None:
    found, doors = gate(), Doors()
    first = asyncio.create_task(found.do(by("alice"), doors.work("alice")))
    await doors.until("alice")
    second = asyncio.create_task(found.do(by("bob"), doors.work("bob")))
    await asyncio.sleep(0)
    gone = second if waiting else first
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    await doors.until("alice" if waiting else "bob")
    assert found.of("test:bob" if waiting else "test:alice") is None
    for name in ("alice", "bob"):
        doors.open(name)
    await (first if waiting else second)


async def test_work_that_fails_frees_the_turn() -> None:
    found = gate()

    async def fails() -> None:
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await found.do(by("alice"), fails)
