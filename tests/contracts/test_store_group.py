"""What a store has to keep of communities, of what happened in them, and of which bots were there, on any database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.command import Place
from bot.store.learning_rows import Line
from bot.store.members import Happening, What
from bot.store.standing import Span
from bot.store.store import Store, open_store
from bot.study.attendance import Attendance
from cards.calendar import calendar

HERE = Place(platform="test", community="page", channel="group")
THERE = replace(HERE, community="other")
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
BEGINS = START.replace(hour=4)  # its day
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
async def store(database: Path | SecretStr) -> AsyncIterator[Store]:
    async with open_store(database) as found:
        yield found


async def outages(store: Store) -> list[tuple[datetime, datetime]]:
    happened = await store.members.happened_in([("", "")], [What.OUTAGE])
    return [(datetime.fromisoformat(each.data["from"]), datetime.fromisoformat(each.data["to"])) for each in happened]


async def test_somebody_belongs_where_they_spoke_since_the_earliest_moment_that_is_known(store: Store) -> None:
    store.members.remember(HERE, "test:alice", START + HOUR)
    store.members.remember(THERE, "test:alice", START + 2 * HOUR)
    store.members.remember(HERE, "test:alice", START)  # a moment that was tried later
    store.members.remember(HERE, "test:alice", START + 3 * HOUR)
    found = await store.members.memberships("test:alice")
    assert [(each.community, each.since, each.hidden) for each in found] == [
        ("page", START, False),
        ("other", START + 2 * HOUR, False),
    ]


async def test_what_organisers_choose_is_kept_also_where_two_choose_at_once(store: Store) -> None:
    assert await store.members.community(HERE) is None
    await asyncio.gather(*(store.members.choose(HERE, START, **{f"s{number}": number}) for number in range(8)))
    await store.members.choose(HERE, START, s0=None)
    found = await store.members.community(HERE)
    assert found is not None
    assert found.settings == {f"s{number}": number for number in range(1, 8)}
    assert await store.members.community(THERE) is None


async def test_the_log_is_read_by_person_and_by_place_in_the_order_of_what_happened(store: Store) -> None:
    later = Happening(
        at=START + HOUR, kind=What.HOLIDAY, platform="test", community="page", data={"dates": ["2026-03-03"]}
    )
    first = Happening(at=START, kind=What.ZONE, person="test:alice", data={"zone": "Asia/Tokyo"})
    elsewhere = replace(later, community="other")
    await store.members.note(later, first, elsewhere)
    assert await store.members.happened_to("test:alice", [What.ZONE]) == [first]
    assert await store.members.happened_to("test:alice", [What.OUTAGE]) == []
    assert await store.members.happened_in([("test", "page")], [What.HOLIDAY, What.WORKDAY]) == [later]
    assert await store.members.happened_in([], [What.HOLIDAY]) == []


async def test_a_silence_of_all_bots_is_found_once_however_many_come_back_at_once(store: Store) -> None:
    assert await store.attendance.beat("one", START) is None
    await store.attendance.beat("one", START + MINUTE)
    back = START + 9 * HOUR
    await asyncio.gather(*(store.attendance.beat(name, back) for name in ("two", "three", "four")))
    assert await outages(store) == [(START + MINUTE, back)]


async def test_while_another_bot_is_there_nothing_is_missed(store: Store) -> None:
    for minute in range(30):
        await store.attendance.beat("one", START + minute * MINUTE)
    await store.attendance.beat("two", START + 29 * MINUTE)
    assert await outages(store) == []


async def test_a_short_silence_is_settled_once_those_that_were_there_have_spoken_again(store: Store) -> None:
    """A bot is killed and comes back within the minute; then the same beside another that stayed."""
    before = Attendance(store.attendance, "before")
    for beat in range(3):
        await before.beat(START + beat * MINUTE)
    after, came = Attendance(store.attendance, "after"), START + 2 * MINUTE + 40 * SECOND
    for beat in range(3):
        await after.beat(came + beat * MINUTE)
    assert await outages(store) == [(START + 2 * MINUTE, came)]
    again, later = Attendance(store.attendance, "again"), came + 2 * MINUTE + 30 * SECOND
    for beat in range(4):
        await again.beat(later + beat * MINUTE)
        await after.beat(later + beat * MINUTE + 20 * SECOND)
    assert len(await outages(store)) == 1


async def test_two_that_come_back_at_once_settle_a_short_silence_once(store: Store) -> None:
    await Attendance(store.attendance, "before").beat(START)
    two = [Attendance(store.attendance, name) for name in ("one", "two")]
    for beat in range(4):
        for number, each in enumerate(two):
            await each.beat(START + 30 * SECOND + beat * MINUTE + number * SECOND)
    assert await outages(store) == [(START, START + 30 * SECOND)]


async def test_a_machine_that_slept_was_not_there(store: Store) -> None:
    laptop = Attendance(store.attendance, "laptop")
    await laptop.beat(START)
    await laptop.beat(START + 8 * HOUR)
    await laptop.beat(START + 8 * HOUR + MINUTE)
    assert await outages(store) == [(START, START + 8 * HOUR)]


async def test_a_clock_that_is_put_back_is_no_outage(store: Store) -> None:
    await store.attendance.beat("one", START)
    assert await store.attendance.beat("one", START - HOUR) == START
    assert await store.attendance.beat("one", START + MINUTE) == START
    assert await outages(store) == []


async def test_what_everybody_did_is_counted_by_stretches_of_time(store: Store) -> None:
    days = await asyncio.to_thread(calendar, "UTC")

    async def answers(person: str, at: datetime, *, kind: str = "answer", place: Place = HERE, **more: object) -> None:
        pupil = await store.learning.enrol(person, zone="", seed=1, at=at)
        line = Line(
            person=person,
            at=at,
            zone="UTC",
            kind=kind,  # type: ignore[arg-type]  # one of the kinds
            platform=place.platform,
            community=place.community,
            posed=f"{person} {at}" if kind == "answer" else None,
            correct=True,
        )
        assert await store.learning.record(pupil, replace(line, **more), [], days)  # type: ignore[arg-type]  # by name

    store.members.remember(HERE, "test:alice", START)
    await store.drain()
    await answers("test:alice", START)
    await answers("test:alice", START + MINUTE, correct=False)
    await answers("test:alice", START + 2 * MINUTE, correct=False, tried=False)
    await answers("test:alice", START + HOUR, kind="credit")
    await answers("test:bob", START + HOUR, kind="override", correct=None)
    await answers("test:carol", START, place=THERE)
    spans = [Span(START, START, START + HOUR), Span(START, START + HOUR, START + 2 * HOUR)]
    spans.append(Span(START, START + 3 * HOUR, START + 4 * HOUR))
    found = await store.standing.done(HERE, spans)
    assert [(each.tried, each.right, each.points) for each in found] == [
        (2, 1, {"test:alice": 4}),
        (0, 1, {"test:alice": 1}),
        (0, 0, {}),
    ]
    tomorrow = [Span(BEGINS, BEGINS + 24 * HOUR, BEGINS + 25 * HOUR)]
    [whole] = await store.standing.done(HERE, tomorrow)
    assert (whole.tried, whole.right, whole.points) == (2, 2, {"test:alice": 5})
    assert await store.standing.done(HERE, []) == []
    assert await store.standing.belonging(HERE, ["test:alice", "test:carol"]) == {"test:alice": (START, False)}
