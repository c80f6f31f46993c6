"""One study group's life on every platform: what is posted, pressed and answered, and the same state afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot.command import User
from bot.commands.learning_words import LETTERS
from bot.group.quiz import PAUSE
from bot.study.conducting import WAITS
from bot.tutor.model import Posed
from sandbox.client import Sandbox
from tests.bot.commands.learning import right, wrong
from tests.contracts.platforms import Heard
from tests.contracts.study_rooms import NAMES, ROOMS, StudyRoom

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]
on_every_platform = pytest.mark.parametrize("kind", ROOMS, ids=lambda kind: str(kind.__name__))

SET = "/daily set 09:00 Europe/Berlin conv"
NINE = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)  # in Berlin
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
CARD, REVEAL = "Card of the day", "The answer to the last card of the day"


@pytest_asyncio.fixture(loop_scope="session")
async def room(kind: type[StudyRoom], tmp_path: Path, torch_here: Sandbox) -> AsyncIterator[StudyRoom]:
    async with kind(tmp_path, torch_here) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def quiz_room(kind: type[StudyRoom], tmp_path: Path) -> AsyncIterator[StudyRoom]:
    async with kind(tmp_path) as opened:
        yield opened


async def card_of_the_day(room: StudyRoom) -> Posed:
    [posting] = await room.core.store.postings.newest(room.place, ("daily",), 1)
    found = await room.core.tutor.posed(posting.posed)
    assert found is not None
    return found


async def answers(room: StudyRoom, name: str, posed: Posed, *, rightly: bool) -> Heard:
    """Answers the question that they have read last, by its buttons."""
    answer = right(posed) if rightly else wrong(posed)
    if answer in posed.choices:
        return await room[name].presses(LETTERS[posed.choices.index(answer)])
    opened = await room[name].presses("Answer")
    assert opened.form, opened.text
    return await room[name].fills(answer=answer)


async def given(room: StudyRoom) -> dict[str, list[bool]]:
    """What everybody has answered, as the log has it: whether it was right."""
    return {name: [bool(line.correct) for line in await room.core.store.learning.log(room.ids[name])] for name in NAMES}


async def came(room: StudyRoom, *kinds: str) -> list[tuple[str, str]]:
    """What was posted, and what became of it."""
    found = await room.core.store.postings.newest(room.place, kinds, 50)  # type: ignore[arg-type]  # kinds, as they are
    return sorted((each.kind, each.state) for each in found)


async def streak(room: StudyRoom, name: str) -> int:
    soon = room.clock.now() + SECOND  # the page tells what was done at one moment apart by microseconds
    found = await room.core.study.standing.streak(User(id=room.ids[name], name=name), room.place, soon)
    return found.days


async def goes_on(room: StudyRoom) -> None:
    """A quiz takes its next step, also where another bot has posted it and not yet written that down."""
    await room.at(room.clock.now() + SECOND)
    await room.at(room.clock.now() + WAITS)


@on_every_platform
async def test_a_card_comes_every_day_is_answered_in_private_and_told_to_all(room: StudyRoom) -> None:
    await room.at(NINE - timedelta(hours=1))
    if not room.hides_what_is_for_organisers:
        assert "Only organisers" in (await room["bob"].says(SET)).text
    assert (await room["alice"].says(SET)).alone

    await room.at(NINE)
    first = await card_of_the_day(room)
    for name in NAMES:
        assert not (await room[name].reads(CARD)).pictures
    told = await answers(room, "alice", first, rightly=True)
    assert "Right" in told.text
    assert told.alone
    assert "Not right" in (await answers(room, "bob", first, rightly=False)).text

    await room.restarts()
    if room.shows_the_past:
        await room["bob"].reads(CARD)
        again = await room["bob"].presses("I don't know")
    else:
        again = await room["bob"].says(f"/answer {first.id} {right(first)}")
    assert "first answer counts" in " ".join(again.text.split())

    await room.at(NINE + DAY)
    reveal = await room["bob"].reads(REVEAL)
    assert "2 people answered" in reveal.text
    assert not any(name in reveal.text for name in NAMES)
    second = await card_of_the_day(room)
    assert second.source != first.source
    await room["alice"].reads(second.id)
    await answers(room, "alice", second, rightly=True)

    assert "2 days in a row" in (await room["alice"].says("/streak")).text
    _, _, board = (await room["bob"].says("/leaderboard")).text.partition("points")
    assert 0 < board.index("alice") < board.index("bob")
    assert await given(room) == {"alice": [True, True], "bob": [False]}
    assert [await streak(room, name) for name in NAMES] == [2, 1]
    assert await came(room, "daily", "reveal") == [("daily", "sent"), ("daily", "sent"), ("reveal", "sent")]


@on_every_platform
async def test_a_quiz_goes_from_its_lobby_over_a_restart_to_its_scoreboard(quiz_room: StudyRoom) -> None:
    room = quiz_room
    await room.at(NINE)
    await room["alice"].says("/quiz start 2 20")
    await room.at(room.clock.now() + SECOND)
    await room["bob"].reads("A quiz")
    await room["bob"].presses("Join")
    await room["alice"].reads("A quiz")
    await room["alice"].presses("Join")
    await room["alice"].presses("Begin now")
    for number in (1, 2):
        await goes_on(room)
        quiz = await room.core.study.quizzes.newest(room.place)
        assert quiz is not None
        posed = await room.core.study.quizzes.open_question(quiz)
        assert posed is not None
        for name in NAMES:  # by its number: two questions may begin with the same words
            await room[name].reads(f"Question {number} of 2 · ")
        noted = await answers(room, "alice", posed, rightly=True)
        assert noted.alone
        assert "Right" not in noted.text
        await answers(room, "bob", posed, rightly=number == 2)
        if number == 1:
            await room.restarts()
        await goes_on(room)
        await room["bob"].reads(f"Question {number} of 2 is closed")
        mine = await room["bob"].presses("My answer")
        assert ("Right" in mine.text) is (number == 2)
        await room.at(room.clock.now() + PAUSE)
    await goes_on(room)
    end = await room["alice"].reads("alice won with 2 of 2 right.")
    assert "My answers" in end.buttons
    assert await given(room) == {"alice": [True, True], "bob": [False, True]}
    assert {state for _, state in await came(room, "quiz")} == {"sent"}
