"""What adapters add to what the core says."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.adapters.notices import MAX_QUESTION, under_question
from bot.command import Incoming, Place, User
from bot.reply import Fault, Reply, Text
from tests.bot.adapters.lab import FORM

ANSWER = Reply(parts=(Text(text="(N, 16, 100)"),))


def asked(text: str) -> Incoming:
    return Incoming(
        id="1",
        user=User(id="slack:T.U", name="alice"),
        place=Place(platform="slack", community="T", channel="C"),
        at=datetime(2026, 3, 29, tzinfo=UTC),
        text=text,
    )


def test_an_answer_stands_under_its_question() -> None:
    shown = under_question(ANSWER, asked("/shape relu"), by="alice")
    assert shown.parts == (Text(text="alice: /shape relu", tone="note"), *ANSWER.parts)


def test_a_long_question_is_shortened() -> None:
    first = under_question(ANSWER, asked("/shape " + "relu | " * 1_000)).parts[0]
    assert isinstance(first, Text)
    assert len(first.text) == MAX_QUESTION


def test_presses_errors_and_forms_stand_alone() -> None:
    error = Reply(parts=ANSWER.parts, fault=Fault(kind="shape", message="No."))
    form = Reply(parts=(FORM,))
    assert under_question(ANSWER, asked("")) is ANSWER
    assert under_question(error, asked("/shape relu")) is error
    assert under_question(form, asked("/shape relu")) is form
