"""Time zones, as people name them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.group.zones import _CALLED, search


@pytest.mark.parametrize(
    ("words", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("berlin", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("new_york", "America/New_York"),
        ("los ang", "America/Los_Angeles"),
        ("nyc", "America/New_York"),
        ("PST", "America/Los_Angeles"),
        ("india", "Asia/Kolkata"),
        ("berln", "Europe/Berlin"),
        ("sydny", "Australia/Sydney"),
        ("utc", "UTC"),
        ("Buenos Aires", "America/Argentina/Buenos_Aires"),
        ("london", "Europe/London"),
    ],
)
def test_a_zone_is_found_as_people_call_it(words: str, zone: str) -> None:
    assert search(words)[0] == zone


def test_every_name_that_is_known_leads_to_a_zone() -> None:
    for zone in _CALLED.values():
        assert ZoneInfo(zone)


def test_nothing_is_found_for_what_is_no_place() -> None:
    assert search("") == []
    assert search("xqzw") == []


@given(st.text(max_size=80))
def test_whatever_is_typed_only_zones_are_offered(words: str) -> None:
    assert all(ZoneInfo(zone) for zone in search(words))
