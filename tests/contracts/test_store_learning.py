"""What the store promises about learners, whichever database it stands on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.command import Place
from bot.store.learning import Learning
from bot.store.learning_rows import Asked, Line, Pupil, entries
from bot.store.store import open_store
from cards.calendar import calendar
from cards.grade import Rating
from cards.memory import Memory
from tests.bot.conversation import GROUP, START
from tests.bot.store.beside import beside

UTC_DAYS = calendar("UTC")
ELSEWHERE = replace(GROUP, channel="elsewhere")
MINUTE = timedelta(minutes=1)
WEIGHTS = tuple(float(number) for number in range(21))


@pytest.fixture
async def learning(database: Path | SecretStr) -> AsyncIterator[Learning]:
    async with open_store(database) as store:
        yield store.learning


async def enrolled(learning: Learning, person: str = "test:alice") -> Pupil:
    return await learning.enrol(person, zone="UTC", seed=2**63 - 1, at=START)


def asked(name: str, *, person: str = "test:alice", session: str = "s1", position: int = 1, place: Place = GROUP,
          source: str = "deck/a") -> Asked:  # fmt: skip
    return Asked(
        id=name,
        person=person,
        place=place,
        at=START,
        session=session,
        position=position,
        total=2,
        purpose="practice",
        card="deck/a",
        source=source,
        data='{"prompt": "?"}',
    )


def answered(posed: str | None, *, person: str = "test:alice", correct: bool = False, **more: object) -> Line:
    fields: dict[str, object] = {"at": START, "rating": 1, "card": "deck/a", "source": "deck/a", **more}
    return Line(
        person=person,
        zone="UTC",
        kind="answer",
        platform="test",
        community="page",
        posed=posed,
        correct=correct,
        **fields,  # type: ignore[arg-type] # as written above
    )


def remembered(card: str, *, due: date | None = None) -> Memory:
    return Memory(
        card=card,
        phase="review",
        step=None,
        stability=3.5,
        difficulty=5.25,
        due=due or START.date(),
        first=START.date(),
        day=START.date(),
        last=START,
    )


async def test_a_learner_is_enrolled_once(learning: Learning) -> None:
    assert await learning.pupil("test:alice") is None
    first = await enrolled(learning)
    again = await learning.enrol("test:alice", zone="Asia/Tokyo", seed=1, at=START)
    assert first == again == Pupil(person="test:alice", zone="UTC", seed=2**63 - 1, weights=None, version=0)


async def test_a_line_and_its_memories_are_written_together_and_survive_a_restart(database: Path | SecretStr) -> None:
    async with open_store(database) as before:
        pupil = await enrolled(before.learning)
        line = answered("q1", confidence=3, mistake="M1", said="97", effect={"easier": "deck/b"}, marked={"key": "98"})
        recorded = await before.learning.record(pupil, line, [remembered("deck/a")], UTC_DAYS)
        assert recorded is not None
        assert recorded.fresh
        assert recorded.line == replace(line, id=recorded.line.id)
    async with open_store(database) as after:
        assert await after.learning.log("test:alice") == [recorded.line]
        pupil_now, memories = await after.learning.memories("test:alice")
        assert memories == [remembered("deck/a")]
        assert pupil_now == replace(pupil, version=1)


async def test_what_was_recorded_is_on_the_disk_before_the_answer_goes_out(
    learning: Learning, database: Path | SecretStr
) -> None:
    await learning.record(await enrolled(learning), answered("q1"), [remembered("deck/a")], UTC_DAYS)
    assert await beside(database, "select count(*) from answers") == [(1,)]
    assert await beside(database, "select count(*) from memories") == [(1,)]


async def test_one_answer_of_a_person_counts_for_a_question_and_the_second_gets_the_first(learning: Learning) -> None:
    pupil = await enrolled(learning)
    first = await learning.record(pupil, answered("q1", said="1"), [remembered("deck/a")], UTC_DAYS)
    second = await learning.record(
        replace(pupil, version=1), answered("q1", said="2"), [remembered("deck/b")], UTC_DAYS
    )
    assert first is not None
    assert second is not None
    assert (second.fresh, second.line) == (False, first.line)
    assert await learning.pupil("test:alice") == replace(pupil, version=1)  # what was not counted changed nothing
    assert [memory.card for memory in (await learning.memories("test:alice"))[1]] == ["deck/a"]
    bob = await enrolled(learning, "test:bob")
    other = await learning.record(bob, answered("q1", person="test:bob"), [], UTC_DAYS)
    assert other is not None
    assert other.fresh


async def test_whoever_has_not_seen_the_newest_memories_writes_nothing(database: Path | SecretStr) -> None:
    """Two bots on one file: of two that write from the same state one is told to look again."""
    async with open_store(database) as one, open_store(database) as other:
        pupil = await enrolled(one.learning)
        results = await asyncio.gather(
            *(
                bot.learning.record(pupil, answered(name), [remembered(f"deck/{name}")], UTC_DAYS)
                for bot, name in ((one, "q1"), (other, "q2"), (one, "q3"))
            )
        )
        assert sum(result is None for result in results) == 2
        assert len(await one.learning.log("test:alice")) == 1
        assert len((await other.learning.memories("test:alice"))[1]) == 1


async def test_lines_that_answer_no_question_do_not_stand_in_each_others_way(learning: Learning) -> None:
    pupil = await enrolled(learning)
    for version in range(2):
        plan = replace(answered(None), kind="plan", correct=None, rating=None)
        recorded = await learning.record(replace(pupil, version=version), plan, [], UTC_DAYS)
        assert recorded is not None
        assert recorded.fresh
    assert len(await learning.log("test:alice")) == 2


async def test_a_log_tells_each_answer_as_it_was_rated_last(learning: Learning) -> None:
    pupil = await enrolled(learning)
    first = await learning.record(pupil, answered("q1", effect={"due": "2026-03-09"}), [], UTC_DAYS)
    assert first is not None
    for version, (kind, rating) in enumerate((("override", 2), ("credit", 3)), start=1):
        change = replace(answered(None, rating=rating), kind=kind, about=first.line.id)  # type: ignore[arg-type] # two of its kinds
        assert await learning.record(replace(pupil, version=version), change, [], UTC_DAYS) is not None
    [entry] = entries(await learning.log("test:alice"))
    assert (entry.rating, entry.due) == (Rating.GOOD, date(2026, 3, 9))
    assert [line.kind for line in await learning.answer_to("test:alice", "q1")] == ["answer", "override", "credit"]


async def test_of_several_who_pose_the_same_at_once_one_is_told_that_it_was_not_there(learning: Learning) -> None:
    """The others show what that one drew: it is what answers are held to."""
    drawn = [asked("q1", source=f"deck/{number}") for number in range(5)]
    told = await asyncio.gather(*(learning.pose([each]) for each in drawn))
    found = await learning.asked("q1")
    assert [each for each, fresh in zip(drawn, told, strict=True) if fresh] == [found]


async def test_questions_are_kept_once_and_found_by_session_and_place(learning: Learning) -> None:
    old = [asked("q1"), asked("q2", position=2)]
    new = [asked("q4", session="s2", position=2), asked("q3", session="s2")]  # in the very same moment
    there = asked("q5", session="s3", place=ELSEWHERE)
    for each in (old, new, [there]):
        await learning.pose(each)
    await learning.pose([replace(old[0], data="{}")])
    assert await learning.asked("q1") == old[0]
    assert await learning.asked("nobody") is None
    assert await learning.session("s1") == old
    assert await learning.newest("test:alice", GROUP) == [new[1], new[0]]
    assert await learning.newest("test:bob", GROUP) == []
    await learning.record(await enrolled(learning), answered("q2"), [], UTC_DAYS)
    assert await learning.newest_answered("test:alice", GROUP) == old[1]
    assert await learning.newest_answered("test:alice", ELSEWHERE) is None
    assert [line.posed for line in await learning.answers_in("test:alice", "s1")] == ["q2"]


async def test_answers_are_counted_from_a_moment_on(learning: Learning) -> None:
    pupil = await enrolled(learning)
    for version, (minutes, correct) in enumerate(((-5, True), (0, False), (5, True))):
        line = answered(f"q{minutes}", correct=correct, at=START + minutes * MINUTE)
        await learning.record(replace(pupil, version=version), line, [], UTC_DAYS)
    assert await learning.done("test:alice", START) == (2, 1)
    assert await learning.done("test:bob", START) == (0, 0)


async def test_wrong_answers_to_a_question_are_affected_until_they_are_credited(learning: Learning) -> None:
    for person, correct in (("test:alice", False), ("test:bob", True), ("test:carol", False)):
        line = answered(f"q-{person}", person=person, correct=correct)
        await learning.record(await enrolled(learning, person), line, [], UTC_DAYS)
    alice, carol = await learning.affected("deck/a")
    assert (alice.person, carol.person) == ("test:alice", "test:carol")
    credit = replace(alice, id=0, kind="credit", posed=None, about=alice.id, rating=3, correct=True)
    now = await learning.pupil("test:alice")
    assert now is not None
    await learning.record(now, credit, [], UTC_DAYS)
    assert await learning.affected("deck/a") == [carol]
    assert await learning.affected("deck/b") == []
    assert await learning.done("test:alice", START) == (1, 1)


async def test_what_is_withdrawn_is_withdrawn_as_it_was_written(learning: Learning) -> None:
    assert await learning.withdrawn() == frozenset()
    assert await learning.withdraw("deck/a", "d1", at=START, why="it gives 97", torch="2.13.0")
    assert not await learning.withdraw("deck/a", "d1", at=START, why="again", torch="")
    assert await learning.withdrawn() == {("deck/a", "d1")}
    assert await learning.withdrawal("deck/a", "d1") == ("it gives 97", "2.13.0")
    assert await learning.withdrawal("deck/a", "d2") is None


async def test_a_zone_and_weights_are_kept_and_weights_only_for_whom_they_were_fitted(learning: Learning) -> None:
    pupil = await enrolled(learning)
    await learning.set_zone("test:alice", "Asia/Tokyo", START)
    assert not await learning.set_weights(pupil, WEIGHTS, [remembered("deck/a")], UTC_DAYS)
    now, memories = await learning.memories("test:alice")
    assert now == replace(pupil, zone="Asia/Tokyo", version=1)
    assert memories == []
    assert await learning.set_weights(now, WEIGHTS, [remembered("deck/a")], UTC_DAYS)
    after, memories = await learning.memories("test:alice")
    assert after == replace(now, weights=WEIGHTS, version=2)
    assert memories == [remembered("deck/a")]


async def test_a_dispute_is_kept(learning: Learning, database: Path | SecretStr) -> None:
    await learning.disputed("test:alice", "deck/a", at=START, outcome="wrong", why="97", torch="2.13.0", credited=2)
    rows = await beside(database, "select person, source, outcome, why, torch, credited from disputes")
    assert rows == [("test:alice", "deck/a", "wrong", "97", "2.13.0", 2)]


async def test_answers_that_come_at_once_are_kept_each_with_its_own_outcome(learning: Learning) -> None:
    """One is new, one was given before, one was worked out from an old state, one is of somebody who never came."""
    pupils = {name: await enrolled(learning, f"test:{name}") for name in ("ann", "ben", "cleo")}
    await learning.record(pupils["ben"], answered("q1", person="test:ben", said="first"), [], UTC_DAYS)
    pupils["ben"] = replace(pupils["ben"], version=1)
    await learning.set_zone("test:cleo", "Asia/Tokyo", START)
    pupils["dora"] = replace(pupils["ann"], person="test:dora")
    told = await asyncio.gather(
        *(
            learning.record(pupil, answered("q1", person=pupil.person, said=name), [remembered("deck/a")], UTC_DAYS)
            for name, pupil in pupils.items()
        )
    )
    ann, ben, cleo, dora = told
    assert ann is not None
    assert (ann.fresh, ann.line.said) == (True, "ann")
    assert ben is not None
    assert (ben.fresh, ben.line.said) == (False, "first")
    assert cleo is None
    assert dora is None
    assert [len((await learning.memories(pupil.person))[1]) for pupil in pupils.values()] == [1, 0, 0, 0]
    assert await learning.pupil("test:ben") == pupils["ben"], "what was not counted changed nothing"
    assert len({line.id for line in await learning.log("test:ann")}) == 1


async def test_two_answers_of_one_person_at_once_are_kept_one_after_the_other(learning: Learning) -> None:
    pupil = await enrolled(learning)
    both = await asyncio.gather(
        learning.record(pupil, answered("q1"), [], UTC_DAYS),
        learning.record(replace(pupil, version=1), answered("q2"), [], UTC_DAYS),
    )
    assert [each is not None and each.fresh for each in both] == [True, True]
    assert await learning.pupil("test:alice") == replace(pupil, version=2)


async def test_an_answer_that_cannot_be_kept_takes_no_other_with_it(learning: Learning) -> None:
    pupils = [await enrolled(learning, f"test:{name}") for name in ("ann", "ben", "cleo")]
    told = await asyncio.gather(
        *(
            learning.record(
                pupil, answered("q1", person=pupil.person, said=object() if pupil.person == "test:ben" else ""),
                [remembered("deck/a")], UTC_DAYS,
            )
            for pupil in pupils
        ),
        return_exceptions=True,
    )  # fmt: skip
    assert [isinstance(each, Exception) for each in told] == [False, True, False]
    assert [len(await learning.log(pupil.person)) for pupil in pupils] == [1, 0, 1]
    assert await learning.pupil("test:ben") == pupils[1]


async def test_whoever_stops_waiting_for_their_answer_to_be_kept_stops_nobody_else(learning: Learning) -> None:
    pupils = [await enrolled(learning, f"test:{name}") for name in ("ann", "ben")]
    waiting = [
        asyncio.ensure_future(learning.record(each, answered("q1", person=each.person), [], UTC_DAYS))
        for each in pupils
    ]
    await asyncio.sleep(0)
    waiting[0].cancel()
    kept = await waiting[1]
    assert kept is not None
    assert kept.fresh


async def test_questions_about_many_people_at_once_are_answered_each_for_itself(learning: Learning) -> None:
    people = [f"test:{number}" for number in range(100)]
    first = await asyncio.gather(*(enrolled(learning, person) for person in people))
    assert [each.person for each in first] == people
    await asyncio.gather(
        *(
            learning.record(each, answered("q1", person=each.person), [remembered(f"deck/{each.person}")], UTC_DAYS)
            for each in first[::2]
        )
    )
    found = await asyncio.gather(*(learning.memories(person) for person in [*people, "test:nobody"]))
    assert [[memory.card for memory in each] for _, each in found[:-1:2]] == [[f"deck/{each}"] for each in people[::2]]
    assert all(each == [] for _, each in found[1::2])
    assert found[-1] == (None, [])
    lines = await asyncio.gather(*(learning.answer_to(person, "q1") for person in people))
    assert [len(each) for each in lines] == [1, 0] * 50
    assert [each[0].person for each in lines[::2]] == people[::2]
