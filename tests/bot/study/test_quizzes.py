"""A quiz from its lobby to its end, with several people on a clock that is told to go on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.actions import Action
from bot.adapters.wall import WallPoster
from bot.command import Place
from bot.group.quiz import LOBBY, PAUSE
from bot.reply import MessageRef, Reply, plain
from bot.store.members import What
from tests.bot.commands.learning import actions, right
from tests.bot.commands.running import labels, the_form
from tests.bot.study.quiz_lab import Party, party


@pytest.fixture
async def group(tmp_path: Path) -> AsyncIterator[Party]:
    async with party(tmp_path) as found:
        yield found


def outcome(reply: Reply) -> str:
    return str(reply.data["outcome"])


async def test_a_quiz_from_the_lobby_to_what_to_practise(group: Party) -> None:
    started = await group.says("ann", "/quiz start 2 20")
    assert started.private
    await group.goes_on()
    lobby = await group.last()
    assert labels(lobby) == ["Join", "Leave", "Begin now"]
    for name in ("ann", "bob"):
        await group.presses(name, "Join", lobby)
    await group.goes_on(LOBBY.seconds)
    for number in (1, 2):
        posed = await group.question()
        shown = await group.last()
        assert posed.prompt in plain(shown)
        noted = await group.answers("ann")
        assert (outcome(noted), noted.private) == ("noted", True)
        assert "right" not in plain(noted).casefold()
        assert posed.reason not in plain(noted)
        await group.answers("bob", rightly=number == 1)
        await group.goes_on()
        closed = await group.last()
        assert f"Question {number} of 2 is closed" in plain(closed)
        assert posed.reason[:20].casefold() in plain(closed).casefold()
        assert "ann" in plain(closed)
        assert closed.data["right"] == 3 - number
        mine = await group.presses("bob", "My answer", closed)
        assert mine.private
        assert mine.data["correct"] is (number == 1)
        await group.goes_on(PAUSE.seconds)
    end = await group.last()
    assert "ann won with 2 of 2 right." in plain(end)
    assert [(score["place"], score["name"], score["right"]) for score in end.data["scores"]] == [
        (1, "ann", 2),
        (2, "bob", 1),
    ]
    assert end.data["practise"][0]["wrong"] == 1
    result = await group.presses("bob", "My answers", end)
    assert "1 of 2 right." in plain(result)
    assert "Practise what I missed" in labels(result)
    assert (await group.quiz()).course.state == "over"


# Answers.


async def test_nobody_answers_twice_late_or_before_a_question_is_asked(group: Party) -> None:
    quiz = await group.begins("ann", "bob", "cyd")
    first = await group.question()
    second = await group.core.tutor.posed(quiz.questions[1])
    assert outcome(await group.answers("ann", rightly=False)) == "noted"
    assert outcome(await group.answers("ann")) == "again"
    assert outcome(await group.answers("ann", posed=second)) == "early"
    group.clock.advance(seconds=20)
    late = await group.answers("bob", posed=first)
    assert outcome(late) == "late", "also before anybody has closed it"
    assert "Too late" in plain(late)
    await group.goes_on()
    assert outcome(await group.answers("cyd", posed=first)) == "late"
    assert "the first answer counts" in plain(await group.answers("ann", posed=first))
    assert (await group.last()).data["answered"] == 1
    for name in ("bob", "cyd"):
        posed = await group.core.store.learning.answer_to(f"test:{name}", first.id)
        assert posed == [], "what was late is nowhere in the log"


async def test_an_answer_counts_for_whoever_gave_it_and_for_memory_too(group: Party) -> None:
    await group.begins("ann", "bob")
    posed = await group.question()
    await group.answers("ann")
    [line] = await group.core.store.learning.answer_to("test:ann", posed.id)
    assert (line.correct, line.platform, line.community) == (True, "test", "page")
    assert await group.core.store.learning.answer_to("test:bob", posed.id) == []
    _, memories = await group.core.store.learning.memories("test:ann")
    assert [memory.card for memory in memories] == [posed.card]


async def test_what_cannot_be_read_does_not_count_and_offers_the_question_again(group: Party) -> None:
    await group.begins("ann", "bob", line="/quiz start stride/conv1d-length 1 20")
    posed = await group.question()
    unread = await group.says("ann", f"/answer {posed.id} quite long")
    assert unread.fault is not None
    assert labels(unread) == labels_of_question(posed.choices)
    assert outcome(await group.answers("ann")) == "noted"


def labels_of_question(choices: tuple[str, ...]) -> list[str]:
    return [*("ABCDEF"[: len(choices)] if choices else ["Answer"]), "I don't know"]


async def test_buttons_forms_and_typed_words_are_answers_alike(group: Party) -> None:
    await group.begins("ann", "bob", "cyd", "dan", line="/quiz start 20 20")
    while (posed := await group.question()).choices or posed.asks == "order":
        for name in ("ann", "bob", "cyd", "dan"):
            await group.presses(name, "I don't know", await group.last())
        await group.goes_on()
        await group.goes_on(PAUSE.seconds)
    shown = await group.last()
    form = the_form(await group.presses("ann", "Answer", shown))
    assert outcome(await group.submits("ann", form.action, answer=right(posed))) == "noted"
    assert outcome(await group.says("bob", f"/answer {right(posed)}")) == "noted", "no id is needed while one plays"
    assert outcome(await group.presses("cyd", "I don't know", shown)) == "noted"
    assert outcome(await group.presses("ann", "Answer", shown)) == "again", "no form for a second answer"
    await group.answers("dan", rightly=False)
    await group.goes_on()
    closed = await group.last()
    assert (closed.data["right"], closed.data["answered"]) == (2, 4)


async def test_whoever_answers_takes_part_and_typed_words_of_others_are_not_taken_for_answers(group: Party) -> None:
    await group.begins("ann")
    reply = await group.says("eve", "/answer 12")
    assert reply.fault is not None, "eve has no question open"
    assert outcome(await group.answers("eve")) == "noted"
    players = await group.core.study.quizzes.players(await group.quiz())
    assert [player.name for player in players] == ["ann", "eve"]


async def test_nothing_tells_the_answer_before_the_question_is_closed(group: Party) -> None:
    await group.begins("ann", "bob")
    posed = await group.question()
    await group.answers("ann")
    ways = [
        await group.says("ann", "/why"),
        await group.says("ann", f"/why {posed.id}"),
        await group.says("ann", f"/dispute {posed.id}"),
        await group.says("ann", f"/answer {posed.id} easy"),
        await group.submits("ann", Action("quiz-mine", (posed.id,))),
        await group.submits("ann", Action("why", (posed.id,))),
        await group.submits("ann", Action("dispute", (posed.id,))),
        await group.submits("ann", Action("answer-override", (posed.id, "4"))),
        await group.submits("ann", Action("answer-unknown", (posed.id,))),
        await group.submits("ann", Action("answer-form", (posed.id,))),
        await group.submits("ann", Action("practice-again", (posed.id, "missed"))),
        await group.submits("ann", Action("practice-next", (posed.id,))),
        await group.submits("bob", Action("answer-sent", (posed.id,)), answer=posed.key),
        await group.submits("ann", Action("quiz-result", (posed.session,))),
        await group.says("ann", "/quiz show"),
    ]
    for reply in ways:
        assert posed.reason not in plain(reply)
        assert not reply.data.get("correct")
        assert reply.private
    assert await group.core.store.learning.answer_to("test:bob", posed.id) == []


async def test_what_comes_next_is_told_to_nobody_by_a_question_that_is_closed(group: Party) -> None:
    quiz = await group.begins("ann", "bob")
    first = await group.question()
    second = await group.core.tutor.posed(quiz.questions[1])
    assert second is not None
    await group.answers("ann")
    await group.goes_on(20)
    ways = [
        await group.says("ann", f"/answer {first.id} 1"),
        await group.submits("ann", Action("practice-next", (first.id,))),
        await group.submits("ann", Action("practice-again", (first.id, "all"))),
        await group.submits("ann", Action("quiz-mine", (second.id,))),
        await group.submits("ann", Action("why", (second.id,))),
        await group.submits("ann", Action("quiz-form", (second.id,))),
        await group.says("ann", f"/why {second.id}"),
        await group.says("ann", f"/answer {second.id}"),
    ]
    for reply in ways:
        assert second.prompt not in plain(reply)
        assert second.id not in str(reply.data.get("next"))
        assert "practice-next" not in actions(reply)


async def test_a_closed_question_is_explained_to_whoever_missed_it_and_takes_no_answer_by_any_way(group: Party) -> None:
    await group.begins("ann", "bob")
    posed = await group.question()
    await group.answers("ann")
    await group.goes_on(20)
    mine = await group.presses("bob", "My answer", await group.last())
    assert "You did not answer this one in time." in plain(mine)
    for action in ("answer-unknown", "answer-form", "answer-show"):
        reply = await group.submits("bob", Action(action, (posed.id,)))
        assert reply.fault is not None
    assert await group.core.store.learning.answer_to("test:bob", posed.id) == []


# When it ends, and who may end it.


async def test_with_nobody_there_is_no_quiz(group: Party) -> None:
    await group.says("ann", "/quiz start")
    await group.goes_on()
    await group.goes_on(LOBBY.seconds)
    assert plain(await group.last()).startswith("Nobody joined")
    assert labels((await group.posts())[0]) == [], "the lobby's buttons are gone"
    assert await group.core.study.quizzes.running(group.place) is None
    assert (await group.says("bob", "/quiz start 2")).fault is None


async def test_a_quiz_ends_when_all_have_left_and_waits_for_nobody_who_has(group: Party) -> None:
    await group.begins("ann", "bob", line="/quiz start 5 20")
    await group.answers("ann")
    await group.says("bob", "/quiz leave")
    await group.goes_on()
    assert (await group.quiz()).course.state == "between", "ann alone is waited for, and has answered"
    await group.says("ann", "/quiz leave")
    await group.goes_on(PAUSE.seconds)
    end = await group.last()
    assert plain(end).startswith("Everybody has left")
    assert end.data["scores"][0]["name"] == "ann", "what was answered stays"


async def test_questions_that_nobody_answers_end_it(group: Party) -> None:
    await group.begins("ann", "bob", line="/quiz start 5 20")
    for _ in range(4):
        await group.goes_on(20)
    assert plain(await group.last()).startswith("Nobody answered two questions in a row")


async def test_whoever_began_it_and_organisers_may_begin_and_stop_and_nobody_else(group: Party) -> None:
    await group.says("ann", "/quiz start 3 20")
    await group.goes_on()
    lobby = await group.last()
    assert (await group.presses("ann", "Begin now", lobby)).fault is not None, "nobody is there yet"
    await group.presses("bob", "Join", lobby)
    for line in ("/quiz begin", "/quiz stop"):
        refused = await group.says("bob", line)
        assert refused.fault is not None
        assert "organiser" in plain(refused)
    assert (await group.presses("ann", "Begin now", lobby)).fault is None
    assert (await group.says("olga", "/quiz stop")).fault is None
    await group.goes_on()
    assert plain(await group.last()).startswith("The quiz was stopped.")
    again = await group.presses("bob", "Join", lobby)
    assert again.fault is not None
    assert "over" in plain(again)


async def test_there_is_one_quiz_at_a_time_in_a_channel(group: Party) -> None:
    await group.says("ann", "/quiz start 3 20")
    second = await group.says("bob", "/quiz start 3 20")
    assert second.fault is not None
    assert "one at a time" in plain(second)
    elsewhere = replace(group, place=replace(group.place, channel="other"))
    assert (await elsewhere.says("bob", "/quiz start 3 20")).fault is None


async def test_somebody_may_join_in_the_middle_but_not_after_the_last_question(group: Party) -> None:
    await group.begins("ann", line="/quiz start 1 20")
    assert (await group.says("bob", "/quiz join")).data["joined"] is True
    assert (await group.says("bob", "/quiz join")).data["joined"] is False
    await group.goes_on(20)
    assert (await group.says("cyd", "/quiz join")).fault is not None
    await group.goes_on(PAUSE.seconds)
    assert {score["name"] for score in (await group.last()).data["scores"]} == {"ann", "bob"}


async def test_a_question_that_was_open_when_all_was_stopped_counts_for_nobody_and_is_told(group: Party) -> None:
    await group.begins("ann", "bob", line="/quiz start 2 20")
    await group.answers("ann")
    await group.answers("bob", rightly=False)
    await group.goes_on()
    await group.goes_on(PAUSE.seconds)
    posed = await group.question()
    await group.answers("bob")
    await group.says("ann", "/quiz stop")
    await group.goes_on()
    end = await group.last()
    assert "counts for nobody" in plain(end)
    assert [score["right"] for score in end.data["scores"]] == [1, 0]
    mine = await group.submits("bob", Action("quiz-mine", (posed.id,)))
    assert mine.data["correct"] is True, "the answer itself is not lost"


async def test_the_result_of_each_player_is_in_the_log(group: Party) -> None:
    await group.begins("ann", "bob", line="/quiz start 1 20")
    await group.answers("ann")
    await group.answers("bob", rightly=False)
    await group.goes_on()
    await group.goes_on(PAUSE.seconds)
    for name, place in (("ann", 1), ("bob", 2)):
        [line] = await group.core.store.members.happened_to(f"test:{name}", [What.QUIZ])
        assert (line.data["place"], line.data["of"]) == (place, 1)


async def test_somebody_who_wants_not_to_be_seen_is_not_named(group: Party) -> None:
    await group.begins("ann", "bob", line="/quiz start 1 20")
    await group.core.store.members.hide(group.place, "test:bob", group.clock.now(), hidden=True)
    await group.answers("ann")
    await group.answers("bob", rightly=False)
    await group.goes_on()
    assert "bob" not in plain(await group.last())
    assert "somebody" in plain(await group.last())


async def test_many_who_join_at_once_cost_few_edits(group: Party) -> None:
    core, place = group.core, group.place
    poster = Counting(place.platform, place.community, core.store, group.clock)
    core.posters[place.platform] = poster
    await group.says("ann", "/quiz start 3 20")
    await group.goes_on()
    for number in range(20):
        await group.says(f"p{number}", "/quiz join")
        await group.goes_on(0.5)
    await group.goes_on(5)
    assert poster.edits <= 4
    assert "p19" in plain((await group.posts())[0]), "the last one is shown, too"


class Counting(WallPoster):
    """Counts the edits that it is asked for."""

    edits = 0

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        self.edits += 1
        await super().edit(place, message, reply)
