"""The few words in which the learning commands speak of time, and of how an answer is written."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from bot.commands.learning_words import after, comes_back, how_to_write
from tests.bot.commands.learning import AT, posed

DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("due", "said"),
    [
        (AT + timedelta(seconds=50), "in 1 minute"),
        (AT + timedelta(minutes=10), "in 10 minutes"),
        (AT + timedelta(hours=5), "in 5 hours"),
        (AT, "now"),
        (DAY, "today"),
        (DAY + timedelta(days=1), "tomorrow"),
        (DAY + timedelta(days=6), "in 6 days"),
        (DAY + timedelta(days=90), "in about 3 months"),
        (DAY + timedelta(days=1100), "in about 3 years"),
    ],
)
def test_when_a_card_comes_back_is_said_as_people_say_it(due: datetime | date, said: str) -> None:
    assert comes_back(due, DAY, AT) == said


def test_late_in_the_evening_tomorrow_is_the_learners_own_day() -> None:
    """The day is the learner's, so half past one at night is still today and 04:00 is the border."""
    late = datetime.fromisoformat("2026-03-03T01:30:00+00:00")
    assert comes_back(date(2026, 3, 3), DAY, late) == "tomorrow"


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(minutes=90), "in 90 minutes"),
        (timedelta(minutes=91), "in 2 hours"),
        (timedelta(hours=35), "in 35 hours"),
        (timedelta(hours=47), "in 2 days"),
        (timedelta(seconds=-5), "now"),
    ],
)
def test_a_wait_is_rounded_to_what_people_count_in(span: timedelta, said: str) -> None:
    assert after(span) == said


def test_how_to_write_an_answer_gives_nothing_of_it_away() -> None:
    assert how_to_write(posed(asks="shape")) == "a shape, such as 8x4"
    assert how_to_write(posed(asks="number", unit="steps")) == "a number of steps"
    assert how_to_write(posed(asks="choice", choices=("x", "y", "z"))) == "a, b or c"
    assert how_to_write(posed(asks="choice", choices=("x", "y"))) == "a or b"
    assert how_to_write(posed(asks="order", choices=("x", "y"))) == "the letters in their order, such as b a c"
