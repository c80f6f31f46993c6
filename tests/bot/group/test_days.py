"""The days of people who travel."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.group.days import SHORTEST, Day, Move, days
from cards.calendar import calendar

ZONES = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("posix", "right")))
START = datetime(2026, 3, 1, tzinfo=UTC)
LONGEST = timedelta(hours=52)  # from one end of the world to the other, the long way round

moments = st.integers(0, 60 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
moves = st.lists(st.tuples(moments, st.sampled_from(ZONES)), min_size=1, max_size=12).map(
    lambda pairs: [Move(at, zone) for at, zone in sorted(pairs)]
)


def lived(*moved: tuple[str, str], until: str) -> list[Day]:
    found = [Move(datetime.fromisoformat(at), zone) for at, zone in moved]
    return list(days(found, datetime.fromisoformat(until)))


@given(moves)
def test_the_days_follow_each_other_without_a_gap_and_each_is_long_enough(moved: list[Move]) -> None:
    found = list(days(moved, START + timedelta(days=70)))
    assert found[0].begins <= moved[0].at < found[-1].ends
    for day, following in itertools.pairwise(found):
        assert day.ends == following.begins
        assert day.date < following.date
        assert SHORTEST <= following.ends - following.begins <= LONGEST


@given(moves)
def test_nobody_gets_more_days_than_the_calendar_has_where_they_are(moved: list[Move]) -> None:
    found = list(days(moved, START + timedelta(days=70)))
    last = found[-1]
    assert last.date <= calendar(last.zone).day(last.ends) + timedelta(days=1)
    assert len(found) <= (last.date - found[0].date).days + 1


@given(st.sampled_from(ZONES))
def test_without_a_move_the_days_are_those_of_the_calendar(zone: str) -> None:
    here = calendar(zone)
    for day in days([Move(START, zone)], START + timedelta(days=400)):
        assert (here.begins(day.date), here.ends(day.date)) == (day.begins, day.ends)


def test_a_flight_west_makes_one_day_longer() -> None:
    found = lived(
        ("2026-05-01T00:00Z", "Asia/Tokyo"), ("2026-05-02T12:00Z", "America/Los_Angeles"), until="2026-05-04T12:00Z"
    )
    assert [day.date.day for day in found] == [1, 2, 3, 4]
    assert found[2].ends - found[2].begins == timedelta(hours=40)


def test_a_flight_east_leaves_a_date_out_and_no_answer_is_missed_for_it() -> None:
    found = lived(
        ("2026-05-01T12:00Z", "America/Los_Angeles"), ("2026-05-02T00:00Z", "Asia/Tokyo"), until="2026-05-04T12:00Z"
    )
    assert [day.date for day in found] == [date(2026, 5, 1), date(2026, 5, 3), date(2026, 5, 4)]
    assert found[1].ends - found[1].begins == timedelta(hours=32)


def test_a_date_that_a_zone_left_out_is_no_day() -> None:
    found = lived(("2011-12-27T20:00Z", "Pacific/Apia"), until="2012-01-01T20:00Z")
    assert [day.date for day in found] == [
        date(2011, 12, 27), date(2011, 12, 28), date(2011, 12, 29), date(2011, 12, 31), date(2012, 1, 1),
        date(2012, 1, 2),
    ]  # fmt: skip


def test_somebody_who_never_came_has_no_days() -> None:
    with pytest.raises(ValueError, match="first move"):
        list(days([], START))
