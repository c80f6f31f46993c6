"""Answers count once, are on the disk before anybody hears of them, and say what the mistake was. Torch is away."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from bot.errors import NotAllowed, StaleAction, TorchAway, UnreadableAnswer, WrongUsage
from bot.tutor import wire
from bot.tutor.answering import seal
from bot.tutor.model import Drawn, Marked, Posed, Revealed
from cards.grade import Confidence, Rating
from cards.misconceptions import Wrong
from tests.bot.conversation import GROUP, START, Conversation, conversation
from tests.bot.tutor.tutor_lab import SEVEN, Pupil, choice, mistake, number, order

pytestmark = pytest.mark.asyncio(loop_scope="module")
_names = count()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("answers")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def group(folder: Path) -> AsyncIterator[Conversation]:
    async with conversation(folder) as found:
        yield found


@pytest.fixture
def pupil(group: Conversation) -> Pupil:
    return Pupil(group, f"alice{next(_names)}")


async def test_a_wrong_answer_is_told_the_key_and_comes_back_within_minutes(pupil: Pupil) -> None:
    await pupil.brings(number("a"))
    [posed] = await pupil.asked("a")
    marked = await pupil.says(posed, "8")
    assert (marked.correct, marked.key, marked.understood, marked.rating) == (False, "7", "8", Rating.AGAIN)
    assert (marked.reason, marked.proof, marked.torch) == ("It is so.", SEVEN, "2.13.0")
    assert marked.diagnosis is None
    memory = await pupil.memory("a")
    assert marked.due == memory.due
    assert memory.phase == "learning"


async def test_a_right_answer_counts_by_how_sure_somebody_was(pupil: Pupil) -> None:
    await pupil.brings(number("a"), number("b"), number("c"))
    ratings = []
    for posed, sure in zip(await pupil.asked("a", "b", "c"), (None, *Confidence), strict=False):
        marked = await pupil.tutor.answer(pupil.event(), posed, typed="7", confidence=sure)
        assert isinstance(marked, Marked)
        ratings.append(marked.rating)
    assert ratings == [Rating.GOOD, Rating.HARD, Rating.GOOD]


async def test_a_choice_is_pressed_or_named_by_its_letter_and_a_wrong_one_is_told_its_mistake(pupil: Pupil) -> None:
    await pupil.brings(choice("a"), choice("b"), choice("c"))
    a, b, c = await pupil.asked("a", "b", "c")
    assert sorted(a.choices) == ["blue", "green", "red"]
    pressed = await pupil.tutor.answer(pupil.event(), a, choice=a.choices.index("blue"))
    assert isinstance(pressed, Marked)
    assert (pressed.correct, pressed.mistake, pressed.diagnosis) == (False, "M7", "Blue is the sky.")
    assert (await pupil.says(b, "abc"[b.choices.index("green")])).correct
    with pytest.raises(StaleAction):
        await pupil.tutor.answer(pupil.event(), c, choice=3)
    with pytest.raises(UnreadableAnswer, match="Choose one of"):
        await pupil.says(c, "purple haze")


async def test_steps_are_never_shown_in_their_order_and_are_put_there_by_letters(pupil: Pupil) -> None:
    await pupil.brings(*(order(name) for name in "abcdefgh"))
    for posed in await pupil.asked(*"abcdefgh"):
        assert posed.choices != ("one", "two", "three")
        letters = " ".join("abc"[posed.choices.index(step)] for step in ("one", "two", "three"))
        assert (await pupil.says(posed, letters)).correct


async def test_the_second_answer_gets_what_was_said_of_the_first(pupil: Pupil) -> None:
    await pupil.brings(number("a"))
    [posed] = await pupil.asked("a")
    first = await pupil.says(posed, "8")
    second = await pupil.says(posed, "7")
    assert (second.again, second.correct, second.said, second.due) == (True, False, "8", first.due)
    assert await pupil.tutor.marked(posed, pupil.user) == first
    assert len(await pupil.group.core.store.learning.log(pupil.user.id)) == 1


async def test_of_presses_that_come_at_once_one_counts(pupil: Pupil) -> None:
    await pupil.brings(number("a"))
    [posed] = await pupil.asked("a")
    event = pupil.event()
    marked = await asyncio.gather(
        *(pupil.tutor.answer(event if same else pupil.event(), posed, typed="7") for same in (True, True, False))
    )
    assert sorted(each.again for each in marked if isinstance(each, Marked)) == [False, True, True]
    assert len(await pupil.group.core.store.learning.log(pupil.user.id)) == 1
    assert (await pupil.memory("a")).reviews == 1


async def test_an_answer_is_on_the_disk_before_anybody_hears_of_it(pupil: Pupil, folder: Path) -> None:
    await pupil.brings(number("a"))
    [posed] = await pupil.asked("a")
    await pupil.says(posed, "7")
    with closing(sqlite3.connect(folder / "stride.sqlite3")) as other:
        found = other.execute("select correct, said from answers where posed = ?", (posed.id,)).fetchall()
        memories = other.execute("select card from memories where person = ?", (pupil.user.id,)).fetchall()
    assert found == [(1, "7")]
    assert memories == [(f"{pupil.deck}/a",)]


async def test_only_whoever_was_asked_may_answer(pupil: Pupil) -> None:
    await pupil.brings(number("a"))
    [posed] = await pupil.asked("a")
    mallory = Pupil(pupil.group, "mallory")
    for attempt in (mallory.says(posed, "7"), mallory.tutor.dispute(mallory.event(), posed)):
        with pytest.raises(NotAllowed):
            await attempt
    assert await pupil.tutor.marked(posed, pupil.user) is None


@pytest.mark.parametrize("typed", ["", "   ", "seven or so, I guess?", "\N{PILE OF POO}", "7" * 10_000])
async def test_words_that_are_no_answer_count_for_nothing(pupil: Pupil, typed: str) -> None:
    await pupil.brings(number("a"))
    [posed] = await pupil.asked("a")
    with pytest.raises(UnreadableAnswer):
        await pupil.says(posed, typed)
    assert await pupil.tutor.marked(posed, pupil.user) is None
    assert (await pupil.says(posed, "7")).correct


async def test_how_words_are_read_is_told_without_judging_them(pupil: Pupil) -> None:
    await pupil.brings(number("a"))
    [posed] = await pupil.asked("a")
    assert await pupil.tutor.read(posed, "1e3") == "1,000"
    with pytest.raises(UnreadableAnswer):
        await pupil.tutor.read(posed, "many")


async def test_a_sentence_is_compared_by_whoever_gave_it_unless_it_is_plainly_right(pupil: Pupil) -> None:
    await pupil.brings(mistake("a"), mistake("b"), mistake("c"))
    a, b, c = await pupil.asked("a", "b", "c")
    assert a.rated
    assert (await pupil.says(a, "Some are white")).correct
    shown = await pupil.tutor.answer(pupil.event(), b, typed="a few have another colour")
    assert isinstance(shown, Revealed)
    assert (shown.key, shown.said) == ("Some are white.", "a few have another colour")
    assert await pupil.tutor.marked(b, pupil.user) is None
    assert (await pupil.rates(b, Rating.HARD)).correct
    assert (await pupil.tutor.reveal(pupil.event(), c)).key == "Some are white."
    assert not (await pupil.rates(c, Rating.AGAIN)).correct


async def test_nobody_rates_what_can_be_answered_but_may_say_that_they_do_not_know(pupil: Pupil) -> None:
    await pupil.brings(number("a"))
    [posed] = await pupil.asked("a")
    with pytest.raises(WrongUsage, match="answered, not rated"):
        await pupil.rates(posed, Rating.EASY)
    with pytest.raises(WrongUsage):
        await pupil.tutor.reveal(pupil.event(), posed)
    marked = await pupil.rates(posed, Rating.AGAIN)
    assert (marked.correct, marked.said, marked.key) == (False, "", "7")


async def test_an_answer_rated_anew_is_remembered_as_if_it_had_been_rated_so_at_once(pupil: Pupil) -> None:
    await pupil.brings(number("a"), number("b"))
    a, b = await pupil.asked("a", "b")
    with pytest.raises(WrongUsage, match="no answer yet"):
        await pupil.tutor.override(pupil.event(), a, Rating.EASY)
    for posed in (a, b):
        await pupil.says(posed, "7")
    easy = await pupil.tutor.override(pupil.event(), a, Rating.EASY)
    assert (easy.rating, easy.correct) == (Rating.EASY, True)
    assert easy.due == (await pupil.memory("a")).due
    assert (await pupil.memory("a")).phase == "review"
    assert (await pupil.memory("b")).phase == "learning"
    again = await pupil.tutor.override(pupil.event(), a, Rating.AGAIN)
    assert again.rating is Rating.AGAIN
    assert await pupil.tutor.marked(a, pupil.user) == again
    assert await pupil.replayed() == await pupil.memories()


async def test_a_question_outlives_its_deck(pupil: Pupil) -> None:
    await pupil.brings(number("a"))
    [posed] = await pupil.asked("a")
    await pupil.group.core.store.decks.remove(pupil.deck, START)
    assert (await pupil.says(posed, "7")).correct
    assert await pupil.replayed() == await pupil.memories()
    with pytest.raises(WrongUsage, match="no card"):
        await pupil.asked("a")


async def test_a_question_that_was_withdrawn_counts_for_nobody_and_is_asked_no_more(pupil: Pupil) -> None:
    await pupil.brings(number("a"), number("b"))
    a, b = await pupil.asked("a", "b")
    learning = pupil.group.core.store.learning
    catalogue = await pupil.tutor.cards(pupil.user, GROUP)
    await learning.withdraw(a.source, seal(a), at=START, why="it gives 8", torch="2.13.0")
    with pytest.raises(StaleAction, match="taken out"):
        await pupil.says(a, "7")
    assert a.card in catalogue.cards
    now = await pupil.tutor.cards(pupil.user, GROUP)
    assert (a.card in now.cards, b.card in now.cards) == (False, True)
    assert await pupil.tutor.open_question(pupil.user, GROUP) == b
    await pupil.brings(number("a", reason="It was put right."), number("b"))
    assert a.card in (await pupil.tutor.cards(pupil.user, GROUP)).cards


async def test_where_torch_has_to_judge_and_is_away_nothing_counts(pupil: Pupil) -> None:
    drawn = Drawn(family="conv1d-inverse", level=1, key=(2, 1), wrong=(), working="", proof="")
    posed = Posed(
        id=f"pair{pupil.name[5:]}", person=pupil.user.id, place=GROUP, at=START, session="s", position=1, of=1,
        purpose="practice", card="~conv1d-inverse", source="conv1d-inverse.1.3", asks="pair", prompt="?", secret=drawn,
    )  # fmt: skip
    await pupil.group.core.store.learning.pose([wire.asked(posed)])
    assert await pupil.tutor.posed(posed.id) == posed
    with pytest.raises(TorchAway):
        await pupil.says(posed, "2 1")
    with pytest.raises(UnreadableAnswer, match="such as: 2 1"):
        await pupil.says(posed, "two")
    assert await pupil.tutor.read(posed, "s=2, p=1") == "stride=2, padding=1"
    assert await pupil.tutor.marked(posed, pupil.user) is None


async def test_a_wrong_number_is_matched_against_the_rules_that_give_it(pupil: Pupil) -> None:
    drawn = Drawn(
        family="conv1d-length", level=1, key=50, wrong=(Wrong(value=49, misconception="M1"),), working="...", proof=""
    )
    posed = Posed(
        id=f"rule{pupil.name[5:]}", person=pupil.user.id, place=GROUP, at=START, session="t", position=1, of=1,
        purpose="practice", card="~conv1d-length", source="conv1d-length.1.3", asks="number", prompt="?",
        choices=("49", "50"), secret=drawn,
    )  # fmt: skip
    await pupil.group.core.store.learning.pose([wire.asked(posed)])
    marked = await pupil.says(posed, "a")
    assert (marked.mistake, marked.understood) == ("M1", "49")
    assert marked.diagnosis is not None
    assert "+1" in marked.diagnosis


async def test_a_question_that_is_asked_of_a_place_is_answered_once_by_each_who_is_there(pupil: Pupil) -> None:
    await pupil.brings(number("a"))
    [mine] = await pupil.asked("a")
    posed = replace(mine, id=f"all{pupil.name[5:]}", session=f"all{pupil.name[5:]}", person="")
    await pupil.group.core.store.learning.pose([wire.asked(posed)])
    bob = Pupil(pupil.group, f"bob-{pupil.name}")
    assert (await pupil.says(posed, "7")).correct
    wrong = await bob.says(posed, "8")
    assert (wrong.correct, wrong.again) == (False, False)
    assert (await bob.says(posed, "7")).again
    assert [len(await each.tutor.results(posed, each.user)) for each in (pupil, bob)] == [1, 1]
    assert [memory.card for memory in await bob.memories()] == [posed.card]
    assert await bob.replayed() == await bob.memories()
