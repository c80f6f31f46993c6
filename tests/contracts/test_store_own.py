"""What the store promises about somebody's own page, whichever database it stands on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.store.learning_rows import Line
from bot.store.members import Happening, What
from bot.store.mine import Missed, Tally
from bot.store.store import Store, open_store
from cards.calendar import calendar
from tests.bot.conversation import GROUP, START

UTC_DAYS = calendar("UTC")
DAY = timedelta(days=1)
ALICE = "test:alice"


@pytest.fixture
async def store(database: Path | SecretStr) -> AsyncIterator[Store]:
    async with open_store(database) as opened:
        yield opened


async def said(store: Store, posed: str | None, at: datetime, *, person: str = ALICE, **more: Any) -> Line:
    pupil = await store.learning.enrol(person, zone="UTC", seed=1, at=START)
    fields: dict[str, Any] = {"kind": "answer", "card": "deck/a", "correct": True, "rating": 3, **more}
    line = Line(
        person=person,
        at=at,
        zone="UTC",
        platform="test",
        community="page",
        posed=posed,
        source=fields["card"],
        **fields,
    )
    kept = await store.learning.record(pupil, line, [], UTC_DAYS)
    assert kept is not None
    return kept.line


async def right(store: Store, person: str, upto: datetime) -> int:
    return (await store.mine.of(person, upto, begins=upto, week=upto)).right


async def test_answers_are_counted_by_card_and_by_the_weeks_between_two_moments(store: Store) -> None:
    before, since = START - 14 * DAY, START - 7 * DAY
    await said(store, "q1", before - DAY)
    await said(store, "q2", before, correct=False)
    await said(store, "q3", since)
    await said(store, "q4", since, card="deck/b", correct=False, tried=False)
    await said(store, "q5", START, correct=False)
    await said(store, "q6", START + DAY)  # has not happened yet
    await said(store, "q7", START, person="test:bob")
    found = await store.mine.of(ALICE, START, begins=before, week=since)
    assert sorted(found.tallies, key=lambda each: (each.card, each.span)) == [
        Tally(card="deck/a", span=0, tried=1, right=1),
        Tally(card="deck/a", span=1, tried=1, right=0),
        Tally(card="deck/a", span=2, tried=2, right=1),
        Tally(card="deck/b", span=2, tried=0, right=0),
    ]
    later = await store.mine.of(ALICE, START, begins=before, week=since, tallied=before)
    assert sorted(later.tallies, key=str) == sorted((each for each in found.tallies if each.span), key=str)


async def test_a_credit_makes_right_and_takes_its_mistake_back(store: Store) -> None:
    wrong: dict[str, Any] = {"correct": False, "mistake": "M1"}
    first = await said(store, "q1", START, **wrong)
    await said(store, "q2", START, **wrong)
    await said(store, "q3", START, card="deck/b", **wrong)
    await said(store, "q4", START, correct=False)
    found = await store.mine.of(ALICE, START, begins=START - DAY, week=START)
    assert sorted(found.missed, key=lambda each: each.card) == [
        Missed(mistake="M1", card="deck/a", count=2),
        Missed(mistake="M1", card="deck/b", count=1),
    ]
    await said(store, None, START, kind="credit", about=first.id)
    found = await store.mine.of(ALICE, START, begins=START - DAY, week=START)
    assert Missed(mistake="M1", card="deck/a", count=1) in found.missed
    assert Tally(card="deck/a", span=2, tried=3, right=1) in found.tallies
    later = await store.mine.of(ALICE, START + 2 * DAY, begins=START, week=START, mistaken=START + DAY)
    assert later.missed == ()


async def test_what_streaks_follow_from_is_read_for_a_whole_group_at_once_up_to_a_moment(store: Store) -> None:
    bob, carol = "test:bob", "test:carol"
    moments = [START + number * timedelta(microseconds=1) for number in range(12)]
    for number, at in enumerate(moments):
        await said(store, f"q{number}", at, correct=number % 2 == 0)
    await said(store, "late", START + 2 * DAY)
    await said(store, "unknown", START, tried=False, correct=False)
    wrong = await said(store, "b1", START, person=bob, correct=False)
    await said(store, None, START, person=bob, kind="credit", about=wrong.id)
    await said(store, "c1", START, person=carol, tried=False, correct=False)
    await store.learning.set_zone(ALICE, "Asia/Tokyo", START + DAY)
    await store.learning.set_zone(ALICE, "Europe/Berlin", START + 2 * DAY)
    store.members.remember(GROUP, ALICE, START)
    store.members.remember(replace(GROUP, community="later"), ALICE, START + 2 * DAY)
    store.members.remember(GROUP, bob, START)
    await store.drain()
    away = {"from": START.isoformat(), "to": (START + DAY).isoformat()}
    await store.members.note(
        Happening(at=START, kind=What.OUTAGE, data=away),
        Happening(at=START, kind=What.HOLIDAY, platform="test", community=GROUP.community, data={"dates": []}),
        Happening(at=START, kind=What.QUORUM, platform="test", community=GROUP.community),
        Happening(at=START, kind=What.HOLIDAY, platform="test", community="elsewhere", data={"dates": []}),
    )
    found = await store.lives.of([ALICE, bob, carol, "test:nobody"], START + DAY)
    assert sorted(found) == [ALICE, bob], "who never answered has no streak"
    assert list(found[ALICE].moments()) == moments
    assert [await right(store, person, START + DAY) for person in (ALICE, bob, carol)] == [6, 1, 0]
    assert await right(store, ALICE, START + 2 * DAY) == 7
    assert [each.data["zone"] for each in found[ALICE].zones] == ["Asia/Tokyo"]
    assert found[bob].zones == []
    assert [each.community for each in found[ALICE].belongs] == [GROUP.community]
    assert {place: [each.kind for each in lines] for place, lines in found[ALICE].said.items()} == {
        ("test", GROUP.community): [What.HOLIDAY]
    }
    assert [each.data for each in found[bob].outages] == [away]
    assert await store.lives.of([ALICE], START - DAY) == {}
