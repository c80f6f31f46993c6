"""When a group is told the answer, and how its answers were spread."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import islice
from zoneinfo import available_timezones

from hypothesis import given
from hypothesis import strategies as st

from bot.group.reveals import commonest, revealed_at, spread
from bot.group.schedule import Schedule

ZONES = sorted(zone for zone in available_timezones() if "/" in zone)
schedules = st.builds(
    Schedule,
    at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
)
moments = st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds UTC


@given(schedule=schedules, start=moments)
def test_a_card_is_open_for_about_a_day_and_never_longer_than_to_the_next(schedule: Schedule, start: datetime) -> None:
    """In any zone, also where clocks jump or a date is left out: the reveal comes with the next card at the latest."""
    came, following = islice(schedule.after(start), 2)
    told = revealed_at(schedule, came)
    assert timedelta(hours=20) < told - came < timedelta(hours=50)
    assert told <= following


def test_a_card_of_friday_is_told_on_saturday() -> None:
    schedule = Schedule(at=time(9), zone="Europe/Berlin", weekdays=frozenset(range(5)))
    friday = datetime(2026, 3, 27, 8, tzinfo=UTC)
    assert revealed_at(schedule, friday) == datetime(2026, 3, 28, 8, tzinfo=UTC)


def test_choices_keep_their_order_and_those_nobody_took_are_shown() -> None:
    found = spread([("b", False, "M1"), ("a", True, ""), ("b", False, "M1"), ("", False, "")], ["c", "b", "a"], "a")
    assert [(each.answer, each.count, each.right, each.mistake) for each in found] == [
        ("c", 0, False, ""),
        ("b", 2, False, "M1"),
        ("a", 1, True, ""),
        ("", 1, False, ""),
    ]


def test_typed_answers_begin_with_the_right_one_then_the_commonest() -> None:
    found = spread([("4", False, ""), ("7", True, ""), ("5", False, "M2"), ("5", False, "M2")], [], "7")
    assert [(each.answer, each.count) for each in found] == [("7", 1), ("5", 2), ("4", 1)]


@given(given_=st.lists(st.tuples(st.sampled_from("abcd"), st.booleans(), st.just("")), max_size=40))
def test_everybody_is_counted_once(given_: list[tuple[str, bool, str]]) -> None:
    assert sum(each.count for each in spread(given_, "abc", "a")) == len(given_)


def test_the_commonest_mistake_is_the_one_that_most_made() -> None:
    assert commonest(["M10", "", "M2", "M2"]) == ("M2", 2)
    assert commonest(["M10", "M2"]) == ("M2", 1)
    assert commonest(["", ""]) is None
