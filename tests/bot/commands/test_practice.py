"""Practising, as conversations: questions with fresh numbers, answered in words, by buttons and in forms."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from bot.actions import Action
from bot.adapters.terminal.render import status
from bot.reply import Reply, plain
from bot.tutor.model import Drawn, Posed
from tests.bot.commands.learning import Lesson, actions, lesson, right, wrong
from tests.bot.commands.running import labels, the_form

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def question(school: Lesson, reply: Reply, number: int = 0) -> Posed:
    """The question that a reply shows, or another of its session."""
    found = await school.core.tutor.posed(reply.data["questions"][number]["id"])
    assert found is not None
    return found


async def test_five_questions_are_posed_for_programs_and_people_see_the_first(school: Lesson) -> None:
    reply = await school.says("ann", "/practice conv 5")
    questions = reply.data["questions"]
    assert len({each["id"] for each in questions}) == 5
    assert all(each["prompt"] and each["kind"] for each in questions)
    assert questions[0]["prompt"] in plain(reply)
    assert questions[1]["prompt"] not in plain(reply)
    assert "Question 1 of 5" in plain(reply)
    assert reply.private
    assert reply.data["torch"]


async def test_two_in_a_row_never_have_the_same_rule(school: Lesson) -> None:
    reply = await school.says("ann", "/practice conv 8")
    rules = [(await question(school, reply, number)).rule for number in range(8)]
    assert all(one != other for one, other in pairwise(rules))


async def test_numbers_are_fresh_each_time(school: Lesson) -> None:
    prompts = [
        (await school.says("ann", "/practice pooling 5")).data["questions"][number]["prompt"]
        for number in range(5)
        for _ in range(2)
    ]
    assert len(set(prompts)) > 5


async def test_a_session_from_its_first_question_to_the_practice_of_what_was_missed(school: Lesson) -> None:
    shown = await school.says("bea", "/practice conv 3")
    for number, say in enumerate((right, wrong, right)):
        posed = await question(school, shown)
        assert posed.position == number + 1
        marked = await school.says("bea", f"/answer {say(posed)}")
        assert marked.data["correct"] is (say is right)
        assert marked.data["question"] == posed.id
        if number < 2:
            shown = await school.presses("bea", "Next", marked)
            assert shown.data["questions"][0]["id"] == marked.data["next"]["id"]
    assert marked.data["session"] == {"right": 2, "of": 3}
    assert "2 of 3 right." in plain(marked)
    again = await school.presses("bea", "Practise what I missed", marked)
    assert len(again.data["questions"]) == 1
    both = await school.presses("bea", "Once more", marked)
    assert len(both.data["questions"]) == 3


async def test_a_wrong_answer_is_told_the_mistake_behind_it(school: Lesson) -> None:
    reply = await school.says("cyd", "/practice conv 8")
    for number in range(8):
        posed = await question(school, reply, number)
        if not isinstance(posed.secret, Drawn) or not posed.secret.wrong:
            continue  # a card, or a stride and padding of which torch alone knows
        marked = await school.says("cyd", f"/answer {posed.id} {wrong(posed)}")
        assert marked.data["correct"] is False
        assert marked.data["diagnosis"] == posed.secret.wrong[0].diagnosis
        assert marked.data["diagnosis"] in plain(marked)
        assert marked.data["key"] == posed.key
        assert marked.data["proof"] == posed.proof
        assert status(marked.fault) == 0, "a wrong answer is an answer, so programs see no error"


async def test_a_right_answer_has_no_diagnosis_and_comes_back_later(school: Lesson) -> None:
    reply = await school.says("dan", "/practice linear 1")
    marked = await school.says("dan", f"/answer {right(await question(school, reply))}")
    assert marked.data["correct"] is True
    assert marked.data["diagnosis"] is None
    assert marked.data["torch"]
    assert "comes back in" in plain(marked)


async def test_what_cannot_be_read_says_how_to_write_it_and_does_not_count(school: Lesson) -> None:
    reply = await school.says("eve", "/practice stride/conv1d-unbatched")
    unread = await school.says("eve", "/answer quite long")
    assert unread.fault is not None
    assert "32x16x100" in plain(unread)
    assert labels(unread) == ["Answer", "I don't know"], "the question can be answered from here"
    marked = await school.says("eve", f"/answer {right(await question(school, reply))}")
    assert marked.data["correct"] is True
    assert marked.data["again"] is False


async def test_the_answer_button_opens_a_form_and_what_is_sent_is_answered(school: Lesson) -> None:
    reply = await school.says("fay", "/practice stride/conv1d-length")
    form = the_form(await school.presses("fay", "Answer", reply))
    assert form.fields[0].label == "a number of steps"
    empty = await school.submits("fay", form.action, answer="  ")
    assert the_form(empty).action == form.action
    marked = await school.submits("fay", form.action, answer="12")
    assert marked.data["correct"] is True
    assert "next" in marked.data


async def test_answer_alone_opens_the_form_of_the_open_question(school: Lesson) -> None:
    reply = await school.says("gus", "/practice stride/conv1d-length")
    form = the_form(await school.says("gus", "/answer"))
    assert form.action.args == (reply.data["questions"][0]["id"],)


async def test_a_choice_is_pressed_or_typed_by_its_letter_or_its_words(school: Lesson) -> None:
    for answer in ("press", "letter", "words"):
        reply = await school.says("hal", "/practice stride/conv1d-length-rule")
        posed = await question(school, reply)
        letter = "ABCD"[posed.choices.index(posed.key)]
        if answer == "press":
            marked = await school.presses("hal", letter, reply)
        else:
            marked = await school.says("hal", f"/answer {letter.lower() if answer == 'letter' else posed.key}")
        assert marked.data["correct"] is True, answer
        assert plain(marked).startswith(f"Right, {letter}: {posed.key}")


async def test_who_does_not_know_is_shown_the_answer(school: Lesson) -> None:
    for way in ("press", "?", "I don't know", "idk"):
        reply = await school.says("ida", "/practice stride/conv1d-length")
        marked = (
            await school.presses("ida", "I don't know", reply)
            if way == "press"
            else await school.says("ida", f"/answer {way}")
        )
        assert marked.data["correct"] is False
        assert marked.data["rating"] == "again"
        assert plain(marked).startswith("The answer: `12` steps.")


async def test_a_hint_helps_and_leaves_the_question_open(school: Lesson) -> None:
    reply = await school.says("jon", "/practice stride/conv1d-length")
    hint = await school.presses("jon", "Hint", reply)
    assert "dilation" in plain(hint)
    assert "Hint" not in labels(hint)
    assert (await school.presses("jon", "I don't know", hint)).data["again"] is False


async def test_steps_are_put_in_order_by_their_letters(school: Lesson) -> None:
    reply = await school.says("kim", "/practice stride/opt-step-order")
    assert "A: " in plain(reply)
    marked = await school.says("kim", f"/answer {right(await question(school, reply))}")
    assert plain(marked).startswith("Right, that is the order.")


async def test_nobody_answers_for_somebody_else(school: Lesson) -> None:
    reply = await school.says("lou", "/practice stride/conv1d-length")
    posed = await question(school, reply)
    for press in ("Answer", "I don't know", "Hint"):
        refused = await school.presses("mia", press, reply)
        assert refused.fault is not None
        assert "somebody else" in plain(refused)
    typed = await school.says("mia", f"/answer {posed.id} 12")
    assert typed.fault is not None
    assert (await school.says("lou", "/answer 12")).data["again"] is False


async def test_the_first_answer_counts(school: Lesson) -> None:
    reply = await school.says("ned", "/practice stride/conv1d-length")
    first = await school.says("ned", "/answer 11")
    assert first.data["correct"] is False
    for second in (
        await school.presses("ned", "I don't know", reply),
        await school.presses("ned", "Answer", reply),
        await school.says("ned", f"/answer {first.data['question']} 12"),
    ):
        assert second.data["correct"] is False
        assert second.data["said"] == "11"
        assert plain(second).startswith("You answered this before, and the first answer counts.")


async def test_a_right_answer_can_be_rated_in_another_way(school: Lesson) -> None:
    await school.says("oda", "/practice stride/conv1d-length")
    marked = await school.says("oda", "/answer --sure 12")
    assert marked.data["rating"] == "easy"
    pressed = await school.presses("oda", "It was hard", marked)
    assert pressed.data["rating"] == "hard"
    assert "Noted: it was hard." in plain(pressed)
    typed = await school.says("oda", f"/answer {marked.data['question']} good")
    assert typed.data["rating"] == "good"


async def test_a_wrong_answer_is_not_rated_into_a_right_one(school: Lesson) -> None:
    marked = await school.says("pia", "/answer stride/conv1d-length 11")
    refused = await school.says("pia", f"/answer {marked.data['question']} easy")
    assert refused.fault is not None
    assert "comes back soon" in plain(refused)
    pressed = await school.submits("pia", Action("answer-override", (marked.data["question"], "4")))
    assert pressed.fault is not None


async def test_topics_are_completed_by_their_names_and_titles(tmp_path: Path) -> None:
    async with lesson(tmp_path) as talk:
        assert talk.core.complete("/practice poo") == []
        await talk.core.tutor.warm()
        assert "/practice pooling" in [each.text for each in talk.core.complete("/practice poo")]
        assert "/practice recurrent" in [each.text for each in talk.core.complete("/practice recurrent l")]


@pytest.mark.parametrize(
    ("typed", "rating"),
    [
        ("--guessed 12", "hard"),
        ("12 --guessed", "hard"),
        ("--SURE 12", "easy"),
        ("--unsure 12", "good"),
        ("12", "good"),
    ],
)
async def test_how_sure_they_are_may_be_typed_with_the_answer(school: Lesson, typed: str, rating: str) -> None:
    await school.says("pam", "/practice stride/conv1d-length")
    assert (await school.says("pam", f"/answer {typed}")).data["rating"] == rating


async def test_a_card_is_answered_by_its_name(school: Lesson) -> None:
    marked = await school.says("quin", "/answer stride/conv1d-length 11")
    assert marked.data["correct"] is False
    assert marked.data["key"] == "12"
    assert (await school.says("quin", "/answer stride/conv1d-length --sure 12")).data["rating"] == "easy"


@pytest.mark.parametrize(
    ("typed", "count"),
    [("pooling 2", 2), ("2 pooling", 2), ("2", 2), ("pooling", 5), ("receptive field 3", 3), ("", 5), ("conv1d", 5)],
)
async def test_topic_and_number_come_in_any_order(school: Lesson, typed: str, count: int) -> None:
    reply = await school.says("ray", f"/practice {typed}")
    assert len(reply.data["questions"]) == count


@pytest.mark.parametrize("number", ["0", "21", "-3", "99999999"])
async def test_a_number_out_of_range_says_what_works(school: Lesson, number: str) -> None:
    reply = await school.says("ray", f"/practice conv {number}")
    assert reply.fault is not None
    assert reply.fault.suggestion == "/practice conv 5"


async def test_an_unknown_topic_offers_the_nearest(school: Lesson) -> None:
    reply = await school.says("ray", "/practice zebra")
    assert reply.fault is not None
    assert reply.fault.kind == "usage"


async def test_the_id_of_no_question_is_no_answer_to_another(school: Lesson) -> None:
    await school.says("rob", "/practice stride/opt-step-order")
    reply = await school.says("rob", "/answer k3f9x2k3f9x2 b a c")
    assert reply.fault is not None
    assert "no question `k3f9x2k3f9x2`" in plain(reply)
    assert (await school.says("rob", "/answer b a c")).data["again"] is False


async def test_the_open_question_is_shown_once_more(school: Lesson) -> None:
    nothing = await school.says("sue", "/practice next")
    assert nothing.fault is not None
    assert actions(nothing)[0] == "practice-start"
    reply = await school.says("sue", "/practice conv 2")
    shown = plain(await school.says("sue", "/practice next"))
    assert shown.startswith("Question 1 of 2")
    assert shown in plain(reply)
    await school.says("sue", "/answer ?")
    assert "Question 2 of 2" in plain(await school.says("sue", "/practice next"))


async def test_an_answer_without_a_question_says_where_questions_come_from(school: Lesson) -> None:
    reply = await school.says("tom", "/answer 12")
    assert reply.fault is not None
    assert reply.fault.suggestion == "/practice conv 5"
    started = await school.presses("tom", "Practise", reply)
    assert len(started.data["questions"]) == 5


@pytest.mark.parametrize(
    "action",
    [
        "answer-pick",
        "answer-form",
        "answer-sent",
        "answer-sure",
        "answer-show",
        "answer-rate",
        "answer-hint",
        "practice-next",
    ],
)
async def test_a_button_whose_question_is_gone_says_so(school: Lesson, action: str) -> None:
    for args in ((), ("gone",), ("gone", "0", "1")):
        reply = await school.submits("una", Action(action, args))
        assert reply.fault is not None
        assert "no longer" in plain(reply)


async def test_a_button_that_was_tampered_with_does_nothing(school: Lesson) -> None:
    reply = await school.says("vic", "/practice stride/conv1d-length-rule")
    posed = await question(school, reply)
    for name, args in (
        ("answer-pick", ("9",)),
        ("answer-pick", ("-1",)),
        ("answer-rate", ("7",)),
        ("answer-sure", ("pick-99", "2")),
    ):
        refused = await school.submits("vic", Action(name, (posed.id, *args)))
        assert refused.fault is not None, name
    assert (await school.says("vic", "/answer ?")).data["again"] is False


async def test_buttons_outlive_a_restart(tmp_path: Path) -> None:
    async with lesson(tmp_path) as before:
        shown = await before.says("wim", "/practice stride/conv1d-length")
    async with lesson(tmp_path) as after:
        form = the_form(await after.presses("wim", "Answer", shown))
        marked = await after.submits("wim", form.action, answer="12")
        assert marked.data["correct"] is True
    async with lesson(tmp_path) as later:
        again = await later.submits("wim", form.action, answer="13")
        assert again.data["said"] == "12"
