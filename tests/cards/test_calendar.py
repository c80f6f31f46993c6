"""The learner's own days, in every zone and over every change of the clocks."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.calendar import calendar, named_zone

ZONES = st.sampled_from(sorted(zoneinfo.available_timezones() - {"localtime"}))
MOMENTS = st.datetimes(datetime(1980, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        ("Europe/Berlin", "2026-03-02T02:59:59+00:00", "2026-03-01"),  # 03:59:59 there
        ("Europe/Berlin", "2026-03-02T03:00:00+00:00", "2026-03-02"),
        ("America/New_York", "2026-03-02T03:00:00+00:00", "2026-03-01"),
        ("Europe/Berlin", "2026-03-29T01:59:59+00:00", "2026-03-28"),  # the night in which an hour is left out
        ("Europe/Berlin", "2026-03-29T02:00:00+00:00", "2026-03-29"),
        ("Europe/Berlin", "2026-10-25T02:30:00+00:00", "2026-10-24"),  # the night in which an hour comes twice
        ("Europe/Berlin", "2026-10-25T03:00:00+00:00", "2026-10-25"),
        ("Pacific/Apia", "2011-12-30T13:59:00+00:00", "2011-12-29"),  # then Samoa went on with the 31st
        ("Pacific/Apia", "2011-12-30T14:00:00+00:00", "2011-12-31"),
        ("Asia/Kathmandu", "2026-03-01T22:15:00+00:00", "2026-03-02"),
    ],
)
def test_a_day_begins_at_four_where_the_learner_is(zone: str, moment: str, day: str) -> None:
    assert calendar(zone).day(datetime.fromisoformat(moment)) == date.fromisoformat(day)


@given(ZONES, MOMENTS)
def test_every_moment_is_on_one_day_and_days_follow_each_other(zone: str, moment: datetime) -> None:
    days = calendar(zone)
    day = days.day(moment)
    assert days.begins(day) <= moment < days.ends(day)
    assert days.ends(day) == days.begins(day + timedelta(days=1))
    assert days.day(days.begins(day)) == day
    assert days.day(days.ends(day) - timedelta(microseconds=1)) == day
    assert days.day(days.ends(day)) > day


@given(ZONES, MOMENTS, st.integers(0, 10**6))
def test_time_never_goes_back_to_the_day_before(zone: str, moment: datetime, seconds: int) -> None:
    days = calendar(zone)
    assert days.day(moment + timedelta(seconds=seconds)) >= days.day(moment)


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "../../etc/passwd", "/etc/localtime", "a\0b"])
def test_a_zone_that_is_none_is_said_so(zone: str) -> None:
    with pytest.raises(ValueError, match="look like Europe/Berlin"):
        named_zone(zone)


def test_who_lives_in_a_zone_that_this_computer_knows_no_more_has_the_days_of_utc() -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    here = calendar("Mars/Olympus")
    assert (here.zone, here.begins(here.day(noon))) == ("Mars/Olympus", datetime(2026, 6, 1, 4, tzinfo=UTC))
