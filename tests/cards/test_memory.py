"""What is remembered of one card: FSRS's own numbers, on the learner's own days."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import fsrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.calendar import calendar
from cards.grade import Rating
from cards.memory import LEARNING_STEPS, Memory, Teacher, fuzz_range, retrievability, review
from tests.cards.test_calendar import MOMENTS, ZONES

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
BERLIN = calendar("Europe/Berlin")
RATINGS = st.sampled_from(Rating)
PLAIN = Teacher(fuzz=False)


def answered(
    *ratings: Rating, teacher: Teacher = PLAIN, load: Mapping[date, int] | None = None, seed: int = 1
) -> Memory:
    """A card that was answered so, each time when it was due."""
    memory, now = None, NOW
    for rating in ratings:
        memory = review(memory, "c", rating, now, calendar=BERLIN, load=load or {}, seed=seed, teacher=teacher)
        now = memory.due if isinstance(memory.due, datetime) else BERLIN.begins(memory.due) + timedelta(hours=9)
    assert memory is not None
    return memory


def test_a_new_card_goes_through_its_minutes_and_then_by_days() -> None:
    once = answered(Rating.GOOD)
    assert (once.phase, once.due, once.first) == ("learning", NOW + LEARNING_STEPS[1], date(2026, 3, 2))
    twice = answered(Rating.GOOD, Rating.GOOD)
    assert (twice.phase, twice.due) == ("review", date(2026, 3, 4))
    assert answered(Rating.EASY).phase == "review"


def test_what_was_forgotten_is_learnt_again_within_the_day_and_counted() -> None:
    memory = answered(Rating.EASY, Rating.GOOD, Rating.AGAIN)
    assert (memory.phase, memory.lapses) == ("relearning", 1)
    assert isinstance(memory.due, datetime)
    assert memory.due - memory.last == timedelta(minutes=10)
    assert answered(Rating.AGAIN, Rating.AGAIN).lapses == 0  # what was never learnt cannot be forgotten


def test_a_step_of_minutes_ends_with_the_day() -> None:
    late = datetime(2026, 3, 2, 2, 55, tzinfo=UTC)  # 03:55 in Berlin
    memory = review(None, "c", Rating.GOOD, late, calendar=BERLIN, load={}, seed=1, teacher=PLAIN)
    assert memory.due == datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


@given(st.lists(RATINGS, min_size=1, max_size=12), st.integers(0, 40))
def test_stability_difficulty_and_interval_are_those_of_fsrs(ratings: list[Rating], late: int) -> None:
    """With answers at one hour of the day, where FSRS's days and the learner's are the same."""
    scheduler = fsrs.Scheduler(enable_fuzzing=False, maximum_interval=3650)
    days = calendar("UTC")
    theirs, ours, now = fsrs.Card(card_id=1, due=NOW), None, NOW
    for rating in ratings:
        theirs, _ = scheduler.review_card(theirs, fsrs.Rating(int(rating)), now)
        ours = review(ours, "c", rating, now, calendar=days, load={}, seed=1, teacher=PLAIN)
        assert (ours.stability, ours.difficulty, ours.step) == (theirs.stability, theirs.difficulty, theirs.step)
        if not isinstance(ours.due, datetime):
            assert ours.due - days.day(now) == theirs.due - now
            assert retrievability(ours, days.day(now) + timedelta(days=late), PLAIN) == pytest.approx(
                scheduler.get_card_retrievability(theirs, now + timedelta(days=late))
            )
            now += theirs.due - now + timedelta(days=late)


@given(ZONES, MOMENTS, st.lists(st.tuples(RATINGS, st.integers(0, 10**7)), min_size=1, max_size=8), st.integers())
def test_in_every_zone_steps_stay_within_the_day_and_days_lie_ahead(
    zone: str, moment: datetime, answers: list[tuple[Rating, int]], seed: int
) -> None:
    days, memory = calendar(zone), None
    for rating, seconds in answers:
        moment += timedelta(seconds=seconds)
        memory = review(memory, "c", rating, moment, calendar=days, load={}, seed=seed, teacher=Teacher())
        today = days.day(moment)
        if isinstance(memory.due, datetime):
            assert moment <= memory.due <= days.ends(today)
        else:
            assert memory.due > today
        assert memory.stability > 0
        assert 1 <= memory.difficulty <= 10
        assert 0 <= retrievability(memory, today, Teacher()) <= 1
        assert Memory.from_data(json.loads(json.dumps(memory.to_data()))) == memory


def test_a_night_between_two_answers_is_a_day_for_fsrs_too() -> None:
    """FSRS by itself counts spans of 24 hours, and would take the next morning for the same day."""
    evening, morning = NOW, NOW + timedelta(hours=13)
    first = review(None, "c", Rating.EASY, evening, calendar=BERLIN, load={}, seed=1, teacher=PLAIN)
    next_day = review(first, "c", Rating.GOOD, morning, calendar=BERLIN, load={}, seed=1, teacher=PLAIN)
    same_day = review(first, "c", Rating.GOOD, evening, calendar=BERLIN, load={}, seed=1, teacher=PLAIN)
    assert next_day.stability > same_day.stability


@given(st.integers(1, 3650))
def test_the_range_of_days_is_that_of_fsrs(days: int) -> None:
    first, last = fuzz_range(days)
    assert first <= days <= last
    drawn = {
        fsrs.Scheduler(maximum_interval=3650)._get_fuzzed_interval(interval=timedelta(days=days)).days
        for _ in range(60)
    }
    assert all(first <= each <= last + 1 for each in drawn)  # FSRS rounds up past its own range now and then


def test_the_seed_alone_decides_among_days_that_are_alike() -> None:
    good = (Rating.GOOD,) * 5
    dues = {answered(*good, teacher=Teacher(), seed=seed).due for seed in range(40)}
    assert len(dues) > 5
    assert answered(*good, teacher=Teacher(), seed=7) == answered(*good, teacher=Teacher(), seed=7)


def test_of_the_days_in_range_the_least_loaded_is_taken() -> None:
    before = answered(*(Rating.GOOD,) * 4)
    assert not isinstance(before.due, datetime)
    now = BERLIN.begins(before.due) + timedelta(hours=9)
    plain = review(before, "c", Rating.GOOD, now, calendar=BERLIN, load={}, seed=1, teacher=PLAIN)
    assert not isinstance(plain.due, datetime)
    today = BERLIN.day(now)
    first, last = fuzz_range((plain.due - today).days)
    load = Counter({today + timedelta(days=each): 9 for each in range(first, last + 1)})
    quiet = today + timedelta(days=last - 1)
    load[quiet] = 8
    for seed in range(5):
        taught = review(before, "c", Rating.GOOD, now, calendar=BERLIN, load=load, seed=seed, teacher=Teacher())
        assert taught.due == quiet


def test_weights_of_ones_own_change_what_comes() -> None:
    weights = list(fsrs.scheduler.DEFAULT_PARAMETERS)
    weights[3] = 30.0
    assert answered(Rating.EASY, teacher=Teacher(weights=tuple(weights), fuzz=False)).due == date(2026, 4, 1)
