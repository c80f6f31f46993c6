"""Reviewing, as conversations: what is due, how sure they are, when nothing is, and what has piled up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.command import User
from bot.reply import Reply, plain
from bot.tutor.model import Posed
from cards.calendar import calendar
from cards.memory import Memory
from tests.bot.commands.learning import Lesson, right
from tests.bot.commands.running import labels, the_form

pytestmark = pytest.mark.asyncio(loop_scope="session")
PILED_UP = 120


async def shown(school: Lesson, reply: Reply) -> Posed:
    found = await school.core.tutor.posed(reply.data["questions"][0]["id"])
    assert found is not None
    return found


async def learnt(school: Lesson, name: str, count: int, *, days_ago: int) -> None:
    """Somebody has learnt so many cards, and then had a break: all of them are due."""
    place, at = school.place, school.clock.now()
    known = list((await school.core.tutor.cards(User(id=f"test:{name}", name=name), place)).cards)[:count]
    days = calendar("UTC")
    day = days.day(at) - timedelta(days=days_ago)
    pupil = await school.core.store.learning.enrol(f"test:{name}", zone="UTC", seed=1, at=at)
    memories = [
        Memory(
            card=each, phase="review", step=None, stability=20.0, difficulty=5.0, due=day + timedelta(days=10),
            first=day, day=day, last=days.begins(day), reviews=3,
        )
        for each in known
    ]  # fmt: skip
    assert await school.core.store.learning.set_weights(pupil, None, memories, days)


async def test_somebody_new_is_asked_something_new(school: Lesson) -> None:
    reply = await school.says("anna", "/review")
    assert reply.private
    assert plain(reply).startswith("Review, ")
    assert len(reply.data["questions"]) == 1
    again = await school.says("anna", "/review")
    assert again.data["questions"][0]["id"] == reply.data["questions"][0]["id"], "until it has been answered"


async def test_how_sure_they_are_is_asked_before_the_answer_is_shown(school: Lesson) -> None:
    await learnt(school, "beaa", 30, days_ago=30)
    reply = await school.says("beaa", "/review")
    seen = set()
    for _ in range(12):
        posed = await shown(school, reply)
        if not posed.rated:
            ask = await answered(school, "beaa", reply, posed)
            assert plain(ask).startswith("You say ")
            assert labels(ask) == ["Guessed", "Unsure", "Sure"]
            assert posed.reason not in plain(ask)
            marked = await school.presses("beaa", "Guessed" if "hard" not in seen else "Sure", ask)
            assert marked.data["correct"] is True
            seen.add(marked.data["rating"])
            twice = await school.presses("beaa", "Unsure", ask)
            assert twice.data["again"] is True
            assert twice.data["rating"] == marked.data["rating"]
        else:
            marked = await school.says("beaa", f"/answer {posed.id} hard")
        if {"hard", "easy"} <= seen:
            return
        reply = await school.presses("beaa", "Next", marked)
    raise AssertionError("twelve cards and none that is not rated by oneself")


async def answered(school: Lesson, name: str, reply: Reply, posed: Posed) -> Reply:
    """The right answer by button or form."""
    if posed.choices and posed.asks != "order":
        return await school.presses(name, "ABCDEF"[posed.choices.index(posed.key)], reply)
    form = the_form(await school.presses(name, "Answer", reply))
    return await school.submits(name, form.action, answer=right(posed))


async def test_what_cannot_be_read_is_said_before_anybody_is_asked_how_sure_they_are(school: Lesson) -> None:
    await learnt(school, "cyda", 60, days_ago=30)
    reply = await school.says("cyda", "/review")
    for _ in range(20):
        posed = await shown(school, reply)
        if posed.asks in {"shape", "number"}:
            form = the_form(await school.presses("cyda", "Answer", reply))
            unread = await school.submits("cyda", form.action, answer="what?")
            assert unread.fault is not None
            assert "could not read" in plain(unread)
            return
        reply = await school.presses("cyda", "Next", await school.says("cyda", "/answer ?"))
    raise AssertionError("twenty cards without a number")


async def test_a_typed_answer_is_told_at_once_and_counts_as_good(school: Lesson) -> None:
    await learnt(school, "dana", 30, days_ago=30)
    reply = await school.says("dana", "/review")
    for _ in range(12):
        posed = await shown(school, reply)
        marked = await school.says("dana", f"/answer {'good' if posed.rated else right(posed)}")
        assert marked.data["rating"] == "good"
        assert marked.data["due"] > school.clock.now().date().isoformat()
        assert "comes back in " in plain(marked)
        if not posed.rated:
            return
        reply = await school.presses("dana", "Next", marked)


async def test_a_sentence_is_compared_with_ones_own_and_rated_by_oneself(school: Lesson) -> None:
    reply = await school.says("evea", "/practice stride/conv1d-spelling")
    posed = await shown(school, reply)
    assert posed.rated
    seen = await school.presses("evea", "Show the answer", reply)
    assert posed.key in plain(seen)
    own = await school.says("evea", "/answer It has something to do with Keras, I think")
    assert "It has something to do with Keras, I think" in plain(own)
    assert labels(own) == ["I did not know it", "It was hard", "It was fine", "It was easy"]
    marked = await school.presses("evea", "It was hard", own)
    assert marked.data["rating"] == "hard"
    twice = await school.presses("evea", "It was easy", own)
    assert twice.data["rating"] == "hard"
    assert "You answered this before" in plain(twice)
    assert "You answered this before" in plain(await school.presses("evea", "Show the answer", reply))


async def test_when_nothing_is_left_it_says_when_the_next_one_comes(school: Lesson) -> None:
    reply = await school.says("faya", "/review")
    for _ in range(40):
        if not reply.data["questions"]:
            break
        posed = await shown(school, reply)
        reply = await school.presses(
            "faya", "Next", await school.says("faya", f"/answer {'easy' if posed.rated else '--sure ' + right(posed)}")
        )
    assert plain(reply).startswith("Nothing is due. Well done.")
    assert "all right" in plain(reply)
    assert "The next one comes in " in plain(reply)
    assert reply.data["next_due"] > school.clock.now().isoformat()
    assert labels(reply) == ["Practise"]


async def test_what_has_piled_up_can_be_spread_over_days(school: Lesson) -> None:
    await learnt(school, "gusa", PILED_UP, days_ago=60)
    reply = await school.says("gusa", "/review")
    assert f"{PILED_UP} cards have piled up." in plain(reply)
    assert " a day for " in plain(reply)
    taken = await school.presses("gusa", "Spread them over", reply)
    assert taken.data["cards"] == PILED_UP
    assert taken.data["a_day"] < PILED_UP
    begun = await school.presses("gusa", "Begin", taken)
    assert "piled up" not in plain(begun)
    assert "piled up" not in plain(await school.says("gusa", "/review"))
    twice = await school.presses("gusa", "Spread them over", reply)
    assert twice.fault is not None


async def test_nobody_sees_what_somebody_else_is_asked(school: Lesson) -> None:
    reply = await school.says("hala", "/review")
    other = await school.says("idaa", "/review")
    assert reply.data["questions"][0]["id"] != other.data["questions"][0]["id"]
    history = await school.core.history(school.place, viewer="test:idaa")
    assert not any(exchange.person == "test:hala" for exchange in history)
