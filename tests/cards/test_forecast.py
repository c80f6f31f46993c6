"""What will be remembered: the curves' own promises, whatever is remembered now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.calendar import calendar
from cards.forecast import AHEAD, FOLLOWED, MOST, forecast
from cards.grade import Rating
from cards.memory import Memory, Teacher, curve, foreseen, retrievability, review

TODAY = date(2026, 3, 2)
TEACHER = Teacher()
UTC_DAYS = calendar("UTC")


@st.composite
def memories(draw: st.DrawFn) -> Memory:
    """As FSRS leaves them, of an answer in the last months."""
    phase = draw(st.sampled_from(["learning", "review", "relearning"]))
    day = TODAY - timedelta(days=draw(st.integers(0, 200)))
    noon = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=12)
    later: datetime | date = noon + timedelta(minutes=10)
    if phase == "review":
        later = day + timedelta(days=draw(st.integers(1, 400)))
    return Memory(
        card=draw(st.text("abc/~-", min_size=1, max_size=9)),
        phase=phase,  # type: ignore[arg-type]  # one of the three
        step=None if phase == "review" else 0,
        stability=draw(st.floats(0.001, 3000)),
        difficulty=draw(st.floats(1, 10)),
        due=later,
        first=day,
        day=day,
        last=noon,
    )


@settings(deadline=None, max_examples=40)
@given(st.lists(memories(), min_size=1, max_size=30))
def test_what_is_left_begins_at_what_is_remembered_now_and_only_falls(known: list[Memory]) -> None:
    found = forecast(known, TODAY, TEACHER)
    assert len(found.left) == len(found.reviewed) == AHEAD + 1
    assert all(0 <= share <= 1 for share in (*found.left, *found.reviewed))
    assert all(a >= b - 1e-12 for a, b in zip(found.left, found.left[1:], strict=False))
    assert found.left[0] == pytest.approx(sum(retrievability(each, TODAY, TEACHER) for each in known) / len(known))
    assert found == forecast(known, TODAY, TEACHER), "the same memories have the same future"


def fresh(card: str, stability: float = 5.0, due_in: int = 3) -> Memory:
    noon = datetime.combine(TODAY, datetime.min.time(), UTC) + timedelta(hours=12)
    return Memory(
        card=card,
        phase="review",
        step=None,
        stability=stability,
        difficulty=5.0,
        due=TODAY + timedelta(days=due_in),
        first=TODAY,
        day=TODAY,
        last=noon,
    )


def test_both_curves_are_one_until_something_is_due() -> None:
    found = forecast([fresh(f"c{each}", due_in=9) for each in range(300)], TODAY, TEACHER)
    assert found.reviewed[:9] == pytest.approx(found.left[:9])
    assert all(with_ > without for with_, without in zip(found.reviewed[9:], found.left[9:], strict=True))


def test_with_reviews_about_as_much_stays_as_the_scheduler_aims_at() -> None:
    """Cards come back when the chance has fallen to nine in ten, and are known wholly after each: between the two."""
    found = forecast([fresh(f"c{each}") for each in range(200)], TODAY, TEACHER)
    assert 0.9 < sum(found.reviewed[7:]) / len(found.reviewed[7:]) < 0.99
    assert found.left[-1] < 0.8


def test_many_are_reckoned_by_some_of_them() -> None:
    known = [fresh(f"c{each}", stability=1 + each % 50) for each in range(3 * MOST)]
    exact = sum(curve(each, TODAY, 57, TEACHER)[-1] for each in known) / len(known)
    assert forecast(known, TODAY, TEACHER).left[-1] == pytest.approx(exact, abs=0.02)


@settings(deadline=None, max_examples=20)
@given(st.lists(memories(), min_size=FOLLOWED + 1, max_size=FOLLOWED + 40))
def test_what_is_drawn_between_the_days_that_were_reckoned_is_what_is_left(known: list[Memory]) -> None:
    found = forecast(known, TODAY, TEACHER).left
    exact = zip(*(curve(each, TODAY, AHEAD + 1, TEACHER) for each in known), strict=True)
    assert found == pytest.approx([sum(shares) / len(known) for shares in exact], abs=0.001)


def test_nothing_known_has_no_future() -> None:
    with pytest.raises(ValueError, match="nothing is remembered"):
        forecast([], TODAY, TEACHER)


@given(memories(), st.integers(-5, 90))
def test_a_curve_is_the_chance_on_each_of_its_days(memory: Memory, ahead: int) -> None:
    first = memory.day + timedelta(days=ahead)
    shares = curve(memory, first, 20, TEACHER)
    assert shares == pytest.approx(
        [retrievability(memory, first + timedelta(days=each), TEACHER) for each in range(20)]
    )


@settings(deadline=None)
@given(memories(), st.sampled_from(Rating), st.integers(0, 100))
def test_an_answer_that_is_foreseen_teaches_as_much_as_one_that_is_given(
    memory: Memory, rating: Rating, later: int
) -> None:
    """With the steps of minutes after it answered rightly, as FSRS's scheduler is told them."""
    day = TODAY + timedelta(days=later)
    moment = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=12)
    given_ = memory
    for answer in (rating, *[Rating.GOOD] * 3):
        given_ = review(
            given_,
            memory.card,
            answer,
            moment,
            calendar=UTC_DAYS,
            load={},
            seed=1,
            teacher=replace(TEACHER, fuzz=False),
        )
        if given_.phase == "review":
            break
    seen = foreseen(memory, day, rating, TEACHER)
    assert (seen.stability, seen.difficulty, seen.phase) == (given_.stability, given_.difficulty, "review")
    assert seen.due == max(given_.due, day + timedelta(days=1)) if isinstance(given_.due, date) else False
    assert retrievability(seen, day, TEACHER) == 1.0
