"""Who somebody is changes in the middle of a quiz: they are forgotten, linked, or of another group."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from bot.actions import Action
from bot.group.quiz import PAUSE
from bot.reply import plain
from bot.store.quizzes import Said
from bot.store.schema import metadata
from tests.bot.commands.test_forget_me import asks_to_be_forgotten
from tests.bot.commands.test_link import linked
from tests.bot.conversation import Conversation
from tests.bot.study.quiz_lab import Party, party


@pytest.fixture
async def group(tmp_path: Path, database: Path | SecretStr) -> AsyncIterator[Party]:
    async with party(tmp_path, database=database) as found:
        yield found


@pytest.fixture
async def two(tmp_path: Path, database: Path | SecretStr) -> AsyncIterator[tuple[Party, Party]]:
    """Two bots on one store."""
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(party(tmp_path, database=database))
        yield one, await stack.enter_async_context(party(tmp_path, one.clock, database=database))


async def where_known(group: Conversation, person: str) -> list[str]:
    """The tables in which somebody stands."""
    await group.core.store.drain()
    async with group.core.store._engine.connect() as connection:
        return [
            table.name
            for table in metadata.sorted_tables
            if person in str((await connection.execute(select(table))).all())
        ]


async def test_a_quiz_goes_on_when_a_player_is_forgotten_whatever_they_are_called(group: Party) -> None:
    """Their line stays, of nobody, and nobody waits for their answers."""
    name = "questions"  # as a field of what is kept of a quiz
    await group.begins("ann", name, line="/quiz start 2 20")
    await group.answers(name)
    await asks_to_be_forgotten(group, name)
    await group.answers("ann")
    assert (await group.quiz()).course.state == "between"
    await group.goes_on()
    await group.goes_on(PAUSE.seconds)
    await group.answers("ann", rightly=False)
    await group.goes_on()
    await group.goes_on(PAUSE.seconds)
    assert [line for line in await group.said() if line.startswith("The quiz is over")] == [
        "The quiz is over. somebody and ann share the first place with 1 of 2 right."
    ]


async def test_an_answer_that_is_being_marked_is_forgotten_with_the_rest(two: tuple[Party, Party]) -> None:
    one, other = two
    quiz = await one.begins("ann", "bob")
    posed = await one.question()
    said = Said(person="test:bob", name="bob", position=1, at=one.clock.now(), how={"rating": 1})
    assert await other.core.store.quizzes.take_in(quiz.id, said) == "noted"
    await asks_to_be_forgotten(one, "bob")
    await other.core.study.quizzes.conductor.mark(quiz, posed, said)
    assert await where_known(one, "test:bob") == []
    again = await one.answers("bob")
    assert again.data["outcome"] == "noted", "they may come back as somebody new"
    assert len(await one.core.store.learning.log("test:bob")) == 1


async def test_somebody_who_was_linked_a_moment_ago_answers_once_also_where_that_is_not_known_yet(
    two: tuple[Party, Party],
) -> None:
    one, other = two
    await one.says("ann", "/help")
    one.clock.advance(minutes=1)
    quiz = await one.begins("bob", "cyd")
    posed = await one.question()
    assert await other.core.store.links.person_of("test:bob") == "test:bob"
    other.core.store.links._fresh = float("inf")  # for this second
    await linked(one, "ann", "bob")
    await one.answers("ann", posed=posed)
    told = await other.answers("bob", posed=posed)
    assert "just been linked" in plain(told)
    other.core.store.links.changed()  # a second later
    assert (await other.answers("bob", posed=posed)).data["outcome"] == "again"
    players = await one.core.store.quizzes.players(quiz.id)
    assert sorted(player.person for player in players) == ["test:ann", "test:cyd"]


async def test_an_answer_that_was_taken_in_counts_for_whoever_the_account_is_linked_to(
    two: tuple[Party, Party],
) -> None:
    one, other = two
    await one.says("ann", "/help")
    one.clock.advance(minutes=1)
    quiz = await one.begins("bob", "cyd")
    posed = await one.question()
    said = Said(person="test:bob", name="bob", position=1, at=one.clock.now(), how={"rating": 1})
    assert await other.core.store.quizzes.take_in(quiz.id, said) == "noted"
    await linked(one, "ann", "bob")
    await other.core.study.quizzes.conductor.mark(quiz, posed, said)
    await one.goes_on(20)
    assert {each.person for each in await one.core.store.quizzes.given(quiz.id)} == {"test:ann"}
    assert len(await one.core.store.learning.log("test:ann")) == 1
    assert await one.core.store.learning.log("test:bob") == []


async def test_nobody_of_another_group_touches_a_quiz_by_its_id(group: Party) -> None:
    """Neither somebody who organises there nor whoever began it, who is nobody there."""
    quiz = await group.begins("ann", "bob")
    posed = await group.question()
    elsewhere = Party(group.core, group.clock, replace(group.place, community="elsewhere"), frozenset({"olga"}))
    for who in ("olga", "ann"):
        for name in ("quiz-join", "quiz-leave", "quiz-begin", "quiz-stop", "quiz-result", "quiz-again"):
            reply = await elsewhere.submits(who, Action(name, (quiz.id,)))
            assert reply.fault is not None, name
            assert "another group" in reply.fault.message
        for action in (
            Action("quiz-pick", (posed.id, "0")),
            Action("quiz-form", (posed.id,)),
            Action("quiz-unknown", (posed.id,)),
            Action("quiz-mine", (posed.id,)),
        ):
            reply = await elsewhere.submits(who, action)
            assert reply.fault is not None, action
            assert "another group" in reply.fault.message
        typed = await elsewhere.says(who, f"/answer {posed.id} 1")
        assert typed.fault is not None
    now = await group.quiz()
    assert (now.course, now.version) == (quiz.course, quiz.version)
    assert [player.person for player in await group.core.study.quizzes.players(now)] == ["test:ann", "test:bob"]
    assert await group.core.study.quizzes.running(elsewhere.place) is None
