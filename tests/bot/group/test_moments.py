"""Moments kept as numbers are the same moments."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from bot.group.moments import Moments

BEGINS = datetime(1960, 1, 1, tzinfo=UTC)
some = st.integers(0, 10**16).map(lambda number: BEGINS + timedelta(microseconds=number))


@given(st.lists(some).map(sorted), some)
def test_they_are_counted_and_given_back_to_the_microsecond(given_: list[datetime], moment: datetime) -> None:
    found = Moments.of(given_)
    assert list(found) == given_
    assert found.before(moment) == bisect_left(given_, moment)
    assert list(found[: found.before(moment)]) == [each for each in given_ if each < moment]
    assert Moments.of(found) is found


def test_a_moment_in_any_zone_is_the_same_moment_in_utc() -> None:
    east = datetime(2026, 3, 2, 14, tzinfo=timezone(timedelta(hours=14)))
    assert list(Moments.of([east])) == [datetime(2026, 3, 2, tzinfo=UTC)]
    assert Moments.of([east]).before(east) == 0
