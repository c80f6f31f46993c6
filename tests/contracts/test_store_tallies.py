"""How much everybody did on each day of a community: counted with each answer, and always what the answers come to."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, select, text, update

from bot.command import Place
from bot.group.seasons import points
from bot.store.engine import open_engine
from bot.store.learning_rows import Line, columns
from bot.store.migrating import migrate
from bot.store.schema import metadata
from bot.store.standing import Span
from bot.store.store import Store, open_store
from bot.store.tables import answers, tallies
from bot.store.tallying import stretches
from cards.calendar import calendar

HERE = Place(platform="test", community="page", channel="group")
THERE = replace(HERE, community="other")
GROUPS = [(place.platform, place.community) for place in (HERE, THERE)]
AUTUMN = datetime(2026, 10, 23, tzinfo=UTC)  # the clocks go back in Berlin on the 25th
DAY = timedelta(days=1)
PEOPLE = ("test:alice", "test:bob", "test:carol")


@pytest.fixture
async def store(database: Path | SecretStr) -> AsyncIterator[Store]:
    async with open_store(database) as found:
        yield found


def lines(seed: int, count: int) -> list[Line]:
    """Answers of all kinds over a few days, also in the hours round the beginnings of days."""
    chance = random.Random(seed)  # noqa: S311 - the same each time
    found = []
    for number in range(count):
        person, place = chance.choice(PEOPLE), chance.choice((HERE, THERE))
        kind = chance.choices(["answer", "credit", "override", "plan"], [6, 2, 1, 1])[0]
        at = AUTUMN + timedelta(minutes=chance.choice([chance.randrange(4 * 1440), chance.randrange(4) * 1440 + 240]))
        line = Line(person=person, at=at, zone="UTC", kind="plan", platform="test", community=place.community)
        correct = {"answer": chance.random() < 0.6, "credit": True}.get(kind)
        posed = f"q{seed}-{number}" if kind == "answer" else None
        found.append(replace(line, kind=kind, posed=posed, correct=correct, tried=chance.random() < 0.9))  # type: ignore[arg-type]  # one of the kinds
    return found


async def record(store: Store, given: list[Line]) -> None:
    days = await asyncio.to_thread(calendar, "UTC")
    for line in given:
        pupil = await store.learning.enrol(line.person, zone="", seed=1, at=AUTUMN)
        assert await store.learning.record(pupil, line, [], days)


async def differing(store: Store) -> list[int]:
    return [await store.tallies.differing(group) for group in GROUPS]


async def kept(store: Store) -> list[tuple[object, ...]]:
    async with store._engine.connect() as connection:
        found = await connection.execute(select(tallies).order_by(*tallies.primary_key.columns))
        return [tuple(row) for row in found]


async def test_counts_are_what_the_answers_come_to_whenever_a_community_moves(store: Store) -> None:
    await record(store, lines(1, 30))
    assert len(await kept(store)) > 10
    assert await differing(store) == [0, 0]
    for turn, zone in enumerate(("Europe/Berlin", "Asia/Kathmandu", "Pacific/Apia")):
        await store.members.set_community_zone(HERE, zone, AUTUMN)
        assert await differing(store) == [0, 0]
        await record(store, lines(2 + turn, 8))
        assert await differing(store) == [0, 0]
        days = await asyncio.to_thread(calendar, zone)
        began = {day for platform, community, day, *_ in await kept(store) if (platform, community) == GROUPS[0]}
        assert all(days.begins(days.day(day)) == day for day in began if isinstance(day, datetime))


async def test_answers_that_come_while_a_community_moves_are_counted_on_its_days(store: Store) -> None:
    async def move() -> None:
        for zone in ("Asia/Tokyo", "America/Lima", "Europe/Berlin"):
            await store.members.set_community_zone(HERE, zone, AUTUMN)

    theirs = [[line for line in lines(5, 30) if line.person == person] for person in PEOPLE]
    await asyncio.gather(move(), *(record(store, some) for some in theirs))
    assert await differing(store) == [0, 0]


async def test_points_are_those_of_the_rules_for_whole_days_and_parts_of_one(store: Store) -> None:
    given = lines(6, 50)
    await store.members.set_community_zone(HERE, "Europe/Berlin", AUTUMN)
    await record(store, given)
    days = await asyncio.to_thread(calendar, "Europe/Berlin")
    begins = days.begins(AUTUMN.date() - DAY)
    today = days.begins(AUTUMN.date() + 3 * DAY)
    ends = today + timedelta(hours=7)
    tried, right = Counter[tuple[str, object]](), Counter[tuple[str, object]]()
    for line in given:
        if line.community == HERE.community and begins <= line.at < ends and line.kind in {"answer", "credit"}:
            tried[line.person, days.day(line.at)] += line.kind == "answer" and line.tried
            right[line.person, days.day(line.at)] += bool(line.correct)
    expected = Counter[str]()
    for (person, day), count in right.items():
        expected[person] += points(tried[person, day], count)
    found, nothing = await store.standing.done(HERE, [Span(begins, today, ends), Span(begins, begins, begins)])
    assert (found.tried, found.right, found.points) == (tried.total(), right.total(), dict(expected))
    assert (nothing.tried, nothing.right, nothing.points) == (0, 0, {})


async def test_whoever_is_forgotten_counts_as_nobody_and_the_days_stay(store: Store) -> None:
    await record(store, lines(7, 25))
    before = await kept(store)
    await store.belongings.forget("test:alice", "gone:1")
    assert await differing(store) == [0, 0]
    after = {tuple(row) for row in await kept(store)}
    assert after == {tuple("gone:1" if value == "test:alice" else value for value in row) for row in before}


async def test_what_was_changed_in_the_counts_is_noticed_and_put_right(store: Store) -> None:
    await record(store, lines(8, 25))
    before = await kept(store)
    async with store._engine.begin() as connection:
        one = tallies.c.community == "page", tallies.c.person == "test:alice"
        day = select(tallies.c.day).where(*one).limit(1).scalar_subquery()
        await connection.execute(update(tallies).where(*one, tallies.c.day == day).values(tried=99))
    assert await store.tallies.groups() == sorted(GROUPS)
    assert await differing(store) == [1, 0]
    await store.tallies.put_right(GROUPS[0])
    assert await kept(store) == before


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Atlantis/Lost"])
async def test_a_store_from_before_is_counted_when_it_is_brought_up_to_date(
    database: Path | SecretStr, zone: str
) -> None:
    """In the zones that its communities have, on the days on which the clocks change, too; a lost one's are UTC's."""
    engine = await open_engine(database)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.drop_all)
        await connection.execute(text("DROP TABLE alembic_version"))
        await connection.run_sync(migrate, None, "it", "wait", to="0003")
        chosen = text("INSERT INTO communities VALUES ('test', 'page', :zone, '{}', 0)")
        await connection.execute(chosen, {"zone": zone})
        rows = [columns(line) for line in lines(9, 200)]
        await connection.execute(insert(answers), [{name: row[name] for name in row if name != "id"} for row in rows])
    await engine.dispose()
    async with open_store(database) as store:
        assert len(await kept(store)) > 15
        assert await differing(store) == [0, 0]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Pacific/Apia", "Asia/Kathmandu", "Africa/Monrovia"])
def test_days_that_follow_one_another_are_told_from_those_of_another_length(zone: str) -> None:
    days = calendar(zone)
    first, last = datetime(2011, 1, 1, tzinfo=UTC), datetime(2012, 7, 1, tzinfo=UTC)
    found = stretches(days, first, last)
    assert found[0][0] <= first
    assert last < found[-1][1]
    assert all(one[1] == other[0] for one, other in pairwise(found))
    moment = first
    while moment < last:
        begins, ends = next(each for each in found if each[0] <= moment < each[1])
        whole = (ends - begins) % DAY == timedelta(0)
        assert days.begins(days.day(moment)) == (moment - (moment - begins) % DAY if whole else begins)
        moment += timedelta(hours=7, minutes=13)
