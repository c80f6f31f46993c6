"""A question as people see it, and as programs do."""

from __future__ import annotations

from bot.actions import to_id
from bot.commands.question_reply import asked, described, form, question
from bot.reply import Buttons, Code, Form, Text, plain
from tests.bot.commands.learning import actions, card, posed


def test_a_question_says_which_it_is_of_how_many_and_how_it_is_answered() -> None:
    said = plain(question(posed(topic="Pooling", unit="steps")))
    assert said.startswith("Question 2 of 5 · Pooling · k3f9x2")
    assert said.endswith("Or type `/answer` and a number of steps.")


def test_a_question_is_private_and_keeps_its_key_to_itself() -> None:
    reply = question(posed(hint="Think of the stride."))
    assert reply.private
    shown = plain(reply) + str(reply.data)
    assert "31" not in shown
    assert "floor" not in shown


def test_typed_answers_are_the_default_and_a_form_opens_for_them() -> None:
    assert actions(question(posed())) == ["answer-form", "answer-unknown"]
    assert actions(question(posed(hint="Think."))) == ["answer-form", "answer-unknown", "answer-hint"]
    question_again, part = form(posed()).parts
    assert question_again == Text(text=posed().prompt), "a phone may hide it behind the form"
    assert isinstance(part, Form)
    assert part.fields[0].label == "a number"


def test_a_choice_has_a_button_for_each_letter_and_the_words_above() -> None:
    reply = question(posed(asks="choice", choices=("`relu`", "tanh", "gelu")))
    assert "A: `relu`\nB: tanh\nC: gelu" in plain(reply)
    (row,) = (part for part in reply.parts if isinstance(part, Buttons))
    assert [button.label for button in row.buttons] == ["A", "B", "C", "I don't know"]
    assert [button.action.args for button in row.buttons][:3] == [("k3f9x2", "0"), ("k3f9x2", "1"), ("k3f9x2", "2")]


def test_steps_to_put_in_order_are_lettered_and_typed() -> None:
    reply = question(posed(asks="order", choices=("step", "zero_grad", "backward")))
    assert "A: step\nB: zero_grad\nC: backward" in plain(reply)
    assert actions(reply) == ["answer-form", "answer-unknown"]


def test_what_people_rate_themselves_can_be_shown_at_once() -> None:
    reply = question(posed(card(kind="mistake", answer="It needs more."), asks="mistake", rated=True))
    assert actions(reply) == ["answer-form", "answer-show"]


def test_code_is_shown_as_code() -> None:
    parts = asked(posed(code="print(1)"))
    assert Code(code="print(1)", language="python") in parts


def test_a_review_says_how_many_are_left() -> None:
    first = asked(posed(purpose="review", of=1, position=1), left=12)[0]
    assert isinstance(first, Text)
    assert first.text.startswith("Review, 12 to go")


def test_programs_get_what_people_see_and_nothing_that_is_not_there() -> None:
    found = described(posed(asks="choice", choices=("x", "y"), unit=""))
    assert found["choices"] == ["x", "y"]
    assert found["kind"] == "choice"
    assert not {"code", "unit", "hint"} & set(found)


def test_every_button_fits_every_platform() -> None:
    long = posed(id="a" * 12, asks="choice", choices=tuple("wxyz"), hint="h")
    rows = [part for part in asked(long) if isinstance(part, Buttons)]
    assert all(len(to_id(button.action)) <= 100 for row in rows for button in row.buttons)
