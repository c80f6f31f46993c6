"""A bot is killed in the middle of a quiz, and two others on the same PostgreSQL go on: nothing is lost or doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr
from sqlalchemy import Table, select

from bot import codec
from bot.command import Place
from bot.store.group_tables import happenings, postings, quizzes
from bot.store.members import What
from bot.store.store import Store, open_store
from bot.store.tables import answers
from tests.bot.conversation import START
from tests.bot.study import mortal_quizzes
from tests.bot.study.mortal_bots import NEVER, Life, nursery
from tests.bot.study.mortal_quizzes import Channel

FIRST, EVERY, MOST_STEPS = 2, 19, 400  # that a bot is killed before
LATER = timedelta(seconds=100)  # when others come: what a bot died with is free by then
ORDER = (
    "A quiz",
    "Question 1 of 2 ·",
    "Question 1 of 2 is",
    "Question 2 of 2 ·",
    "Question 2 of 2 is",
    "The quiz is over",
)


@asynccontextmanager
async def a_channel(*, findable: bool) -> AsyncIterator[tuple[Channel, str]]:
    there = Channel(findable=findable)
    app = web.Application()
    app.add_routes([web.post("/post", there.post), web.get("/find", there.find), web.post("/told", there.tell)])
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield there, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def rows(store: Store, table: Table, place: Place) -> Sequence[Any]:
    async with store._engine.connect() as connection:
        return (await connection.execute(select(table).where(table.c.platform == place.platform))).all()


async def said_once_and_in_order(store: Store, there: Channel, place: Place) -> None:
    keys = [sent["key"] for sent in there.arrived]
    assert len(keys) == len(set(keys))
    ranks = [next(rank for rank, words in enumerate(ORDER) if sent["text"].startswith(words)) for sent in there.arrived]
    assert ranks == sorted(set(ranks))
    states = {each.state for each in await rows(store, postings, place)}
    assert states <= {"sent", "nothing"} | (set() if there.findable else {"unknown"})
    assert there.findable is False or len(ORDER) - 1 in ranks


async def counts_once(store: Store, there: Channel, place: Place) -> None:
    """There is one quiz, which is over; what was noted is marked, each answer once, and is on its scoreboard."""
    [quiz] = await rows(store, quizzes, place)
    assert quiz.state == "over"
    given = [each for each in await rows(store, answers, place) if each.kind == "answer"]
    marked = Counter((each.person, each.posed) for each in given)
    assert set(marked.values()) == {1}
    assert set(there.told) <= set(marked)
    assert len(await store.quizzes.given(quiz.id)) == len(given)
    found = await rows(store, postings, place)
    [end] = [codec.loads(each.content) for each in found if "/end/" in each.schedule]
    right = Counter(each.person.removeprefix("test:") for each in given if each.correct)
    assert {each["name"]: each["right"] for each in end.data["scores"]} == {
        name: right[name] for name in ("ann", "bob")
    }
    logged = [each.person for each in await rows(store, happenings, place) if each.kind == What.QUIZ]
    assert sorted(logged) == ["test:ann", "test:bob"]


@pytest.mark.long
async def test_killed_at_any_step_of_a_quiz_a_bot_leaves_one_that_ends_once_with_all_that_was_noted(
    postgres_database: SecretStr, tmp_path: Path
) -> None:
    """In the lobby, while answers are taken in and marked, at a close and at the end; platforms remember, or do not."""
    async with nursery(mortal_quizzes.__name__) as bots, open_store(postgres_database) as store:
        for number, step in enumerate(range(FIRST, MOST_STEPS, EVERY)):
            place = Place(platform=f"killed before step {step}", community="g", channel="group")
            async with a_channel(findable=number % 3 > 0) as (there, server):
                life = Life(
                    database=postgres_database.get_secret_value(),
                    folder=str(tmp_path),
                    platform=place.platform,
                    server=server,
                    at=START.isoformat(),
                    dies=step,
                )
                [lived] = await bots.live(life)
                heirs = replace(life, at=(START + LATER).isoformat(), dies=NEVER)
                assert lived or await bots.live(heirs) == [True]
            await said_once_and_in_order(store, there, place)
            await counts_once(store, there, place)
            if lived:
                break
    assert lived
    assert number >= 5
