"""What is asked on every answer, tick and look finds its rows by an index: nothing goes through a large table.

The verbs run as they are; each statement that they send is explained by the database that they sent it to.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import event, text

from bot.store.dialect import insert
from bot.store.group_tables import communities
from bot.store.posting_rows import Posting
from bot.store.schema import metadata
from bot.store.standing import Span
from bot.store.store import Store, open_store
from tests.bot.conversation import GROUP, START
from tests.contracts.test_store import said, says
from tests.contracts.test_store_learning import UTC_DAYS, answered, asked, enrolled, remembered

SMALL = {"alembic_version", "bots", "counters", "duties", "secrets", "withdrawn"}  # a handful of rows each
LATER = START + timedelta(days=1)


class Spy:
    """The statements that a store sends, each once, with what it was sent for."""

    def __init__(self, store: Store) -> None:
        self.seen: dict[str, Any] = {}
        event.listen(store._engine.sync_engine, "before_cursor_execute", self._hear)

    def _hear(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if re.match(r"\s*(SELECT|UPDATE|DELETE|WITH|INSERT)", statement):
            self.seen.setdefault(statement, parameters[0] if many else parameters)


@pytest.fixture
async def store(database: Path | SecretStr) -> AsyncIterator[Store]:
    async with open_store(database) as opened:
        yield opened


async def everyday(store: Store) -> None:
    """An answer, a card of the day, a look at everything that people look at."""
    learning, alice = store.learning, "test:alice"
    store.record_exchange(said("hello"), says("hello"))
    store.members.remember(GROUP, alice, START)
    await store.drain()
    pupil = await enrolled(learning)
    await learning.pose([asked("q1"), asked("q2", position=2)])
    await learning.record(pupil, answered("q1"), [remembered("deck/a")], UTC_DAYS)
    await learning.record(pupil, answered("q1"), [], UTC_DAYS)
    await learning.answer_to(alice, "q1")
    await learning.memories(alice)
    await learning.asked("q1")
    await learning.session("s1")
    await learning.newest(alice, GROUP)
    await learning.newest_answered(alice, GROUP)
    await learning.answers_in(alice, "s1")
    await learning.log(alice)
    await learning.done(alice, START)
    await learning.tallies(GROUP, START, 100)
    await learning.answers_of_all(GROUP, "q1", "deck/a", START)
    await learning.affected("deck/a")
    await learning.set_zone(alice, "Asia/Tokyo", START)
    await store.decks.editions([alice])
    await store.decks.used_by([alice])
    await store.history(GROUP, viewer=alice)
    await store.channels(GROUP.platform, GROUP.community)
    await store.question("nothing")
    await _unasked(store)
    await _looks(store, alice)


async def _unasked(store: Store) -> None:
    until = LATER + timedelta(minutes=2)
    await store.schedules.next_due(["test"], ["daily", "quiz"])
    await store.schedules.claim_due(["test"], LATER, bot="one", until=until, limit=10)
    await store.schedules.of(GROUP, "daily")
    await store.schedules.of_person("test:alice")
    await store.postings.next_due(["test"], ["daily", "quiz"])
    await store.postings.claim_reveals(["test"], LATER, bot="one", until=until, limit=10)
    await store.postings.take_over(["test"], LATER, bot="one", until=until, limit=10, kinds=["daily"])
    await store.postings.about("q1")
    await store.postings.newest(GROUP, ["daily"], 5)
    await store.postings.by("s", "daily", 3)
    posting = _a_posting(until)
    await store.postings.put(posting)
    await store.postings.ready(posting, content="{}", posed="q1", closes=None, until=until)
    await store.postings.sending(posting, until=until)
    await store.postings.over(posting, "sent", message="{}", sent=LATER)
    await store.posts.put("key", GROUP, says("a card"), LATER)
    await store.schedules.one("s")
    await store.learning.asked_everybody(GROUP, 60)
    await store.quizzes.running(GROUP)
    await store.quizzes.due(["test"], LATER)
    await store.quizzes.next_due(["test"])


def _a_posting(until: datetime) -> Posting:
    return Posting(
        id="p", schedule="s", kind="daily", place=GROUP, moment=LATER, state="claimed", bot="one", until=until, tries=1
    )


async def _looks(store: Store, person: str) -> None:
    await store.standing.done(GROUP, [Span(START, LATER, LATER + timedelta(hours=9)), Span(START, START, LATER)])
    await store.standing.belonging(GROUP, [person])
    await store.standing.active(GROUP, [START], [(START, LATER)])
    await store.tallies.differing((GROUP.platform, GROUP.community))
    await store.standing.names([person])
    await store.lives.of([person], LATER)
    await store.mine.of(person, LATER, begins=START, week=START)
    await store.mistakes.shared(GROUP, START, LATER)
    await store.links.accounts_on([person], GROUP.platform)
    await store.members.memberships(person)
    await store.members.hidden(GROUP, person)
    await store.members.community(GROUP)
    await store.members.happened_to(person, [])
    await store.members.happened_in([(GROUP.platform, GROUP.community)], [])


async def scans(store: Store, seen: dict[str, Any], *, freely: bool = False) -> dict[str, str]:
    """Each statement that goes through a whole table, and the plan that says so; `freely`: that it has chosen."""
    found = {}
    async with store._engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite and not freely:
            await connection.execute(text("SET enable_seqscan = off"))  # then only what has no index goes through all
            await connection.execute(text("SET plan_cache_mode = force_generic_plan"))
        for statement, parameters in seen.items():
            explained = f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{statement}"
            rows = (await connection.exec_driver_sql(explained, parameters)).all()
            plan = "\n".join(str(row[-1]) for row in rows)
            if set(_through(plan, sqlite=sqlite)) & (set(metadata.tables) - SMALL):
                found[statement] = plan
        await connection.rollback()
    return found


def _through(plan: str, *, sqlite: bool) -> list[str]:
    """The tables of a plan that are gone through from end to end."""
    if sqlite:
        return re.findall(r"^SCAN (\w+)", plan, re.MULTILINE)  # along an index, too
    return re.findall(r"Seq Scan on (\w+)", plan)


async def test_nothing_that_is_done_every_day_goes_through_a_large_table(store: Store) -> None:
    spy = Spy(store)
    await everyday(store)
    assert len(spy.seen) > 50, "the verbs were heard"
    assert await scans(store, dict(spy.seen)) == {}


async def test_an_answer_reads_its_own_community_among_thousands_with_the_same_zone(store: Store) -> None:
    names = ("platform", "community", "zone", "settings", "since")
    rows = [dict(zip(names, ("test", f"c{number}", "UTC", "{}", START), strict=True)) for number in range(5_000)]
    async with store._engine.begin() as connection:
        await connection.execute(insert(communities), rows)
        await connection.exec_driver_sql("ANALYZE communities")
    pupil = await enrolled(store.learning)
    await store.learning.pose([asked("q1")])
    spy = Spy(store)
    await store.learning.record(pupil, answered("q1"), [remembered("deck/a")], UTC_DAYS)
    looks = {statement: given for statement, given in spy.seen.items() if "communities" in statement}
    assert looks, "its day is that of the community's zone"
    assert await scans(store, looks, freely=True) == {}


async def test_a_look_through_a_whole_table_is_noticed(store: Store) -> None:
    """So that the test above can fail."""
    async with store._engine.connect() as connection:
        unindexed = "SELECT id FROM answers WHERE said = 'x'"
        await connection.exec_driver_sql(unindexed)
    assert set(await scans(store, {unindexed: ()})) == {unindexed}
