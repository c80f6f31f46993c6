"""Dates as people write them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.group.dates import MOST_DAYS, read_date

FRIDAY = date(2026, 3, 27)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("2026-12-24", date(2026, 12, 24)),
        ("until 24 Dec", date(2026, 12, 24)),
        ("24. December 2027", date(2027, 12, 24)),
        ("Dec 24, 2026", date(2026, 12, 24)),
        ("Jan 2nd", date(2027, 1, 2)),
        ("27 mar", FRIDAY),
        ("29 feb", date(2028, 2, 29)),
        ("tomorrow", date(2026, 3, 28)),
        ("friday", date(2026, 4, 3)),
        ("next mon", date(2026, 3, 30)),
        ("for 2 weeks", date(2026, 4, 10)),
        ("in 3 days", date(2026, 3, 30)),
    ],
)
def test_a_date_is_read_as_people_write_it(words: str, found: date) -> None:
    assert read_date(words, FRIDAY) == found


@pytest.mark.parametrize(
    "words", ["", "soon", "2026-02-30", "31 feb", "24.12.", "9999-01-01", "weekdays", "5 foo", "0001-01-01"]
)
def test_what_is_no_date_is_refused_with_a_sentence(words: str) -> None:
    with pytest.raises(ValueError, match=r"is no date; write it like|is too far away"):
        read_date(words, FRIDAY)


@given(day=st.dates(date(2020, 1, 1), date(2040, 1, 1)), ahead=st.integers(0, 3000))
def test_whatever_is_written_out_comes_back(day: date, ahead: int) -> None:
    wanted = day + timedelta(days=ahead)
    assert read_date(wanted.isoformat(), day) == wanted
    assert read_date(f"{wanted.day} {wanted:%B} {wanted.year}", day) == wanted
    assert read_date(f"{wanted:%b} {wanted.day} {wanted.year}", day) == wanted


@given(words=st.text(max_size=30), day=st.dates(date(1970, 1, 1), date(2100, 1, 1)))
def test_any_words_are_a_date_or_refused(words: str, day: date) -> None:
    with suppress(ValueError):
        assert abs((read_date(words, day) - day).days) <= MOST_DAYS
