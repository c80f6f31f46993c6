"""Time zones, as people name them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.group.zones import _CALLED, _OFTEN, _SEVERAL, label, offset, search

SUMMER = datetime(2026, 7, 1, 12, tzinfo=UTC)
WINTER = datetime(2026, 1, 1, 12, tzinfo=UTC)


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
        ("germany", "Europe/Berlin"),
        ("japan", "Asia/Tokyo"),
        ("uk", "Europe/London"),
        ("south korea", "Asia/Seoul"),
        ("in", "Asia/Kolkata"),
        ("indai", "Asia/Kolkata"),
    ],
)
def test_a_zone_is_found_as_people_call_it(words: str, zone: str) -> None:
    assert search(words, SUMMER).zones[0] == zone


def test_every_name_that_is_known_leads_to_a_zone() -> None:
    for zone in (*_CALLED.values(), *_OFTEN, *(each for several in _SEVERAL.values() for each in several)):
        assert ZoneInfo(zone)


def test_nothing_is_found_for_what_is_no_place() -> None:
    for words in ("", "xqzw", "gmt+15", "utc-99", "+", "gmt+2:75"):
        assert search(words, SUMMER).zones == ()


@given(st.text(max_size=80))
def test_whatever_is_typed_only_zones_are_offered(words: str) -> None:
    assert all(ZoneInfo(zone) for zone in search(words, SUMMER).zones)


@pytest.mark.parametrize(
    "words", ["berlin", "india", "germany", "japan", "Europe/Paris", "nyc", "PST", "los ang", "in"]
)
def test_what_can_mean_one_zone_alone_is_sure(words: str) -> None:
    assert search(words, SUMMER).sure


@pytest.mark.parametrize(
    "words", ["ist", "cst", "gmt", "usa", "brazil", "gmt+2", "berln", "america/indiana", "australia"]
)
def test_what_can_mean_several_is_asked_about(words: str) -> None:
    found = search(words, SUMMER)
    assert found.zones
    assert not found.sure


def test_a_distance_from_utc_finds_the_zones_that_are_so_far_now() -> None:
    assert search("gmt+2", SUMMER).zones[0] == "Europe/Berlin"
    assert search("GMT+2", WINTER).zones[0] == "Europe/Athens"
    assert search("utc +5:30", SUMMER).zones[0] == "Asia/Kolkata"
    assert search("-03:30", WINTER).zones == ("America/St_Johns",)
    assert search("utc+0", WINTER).zones[0] == "Europe/London"
    assert "Etc/GMT-2" in search("utc+2", SUMMER).zones
    assert search("utc+14", SUMMER).zones == ("Pacific/Kiritimati", "Etc/GMT-14")


def test_of_a_countrys_zones_those_with_the_same_clock_are_offered_once() -> None:
    found = search("usa", SUMMER).zones
    assert found[:2] == ("America/New_York", "America/Chicago")
    assert {"America/Los_Angeles", "Pacific/Honolulu"} < set(found)
    assert "America/Detroit" not in found


def test_zones_are_read_as_people_count() -> None:
    assert label("Etc/GMT-2") == "UTC+2 all year"
    assert label("Etc/GMT+11") == "UTC-11 all year"
    assert label("America/New_York") == "America/New York"
    assert [offset(zone, SUMMER) for zone in ("Asia/Kolkata", "America/St_Johns", "UTC", "Asia/Tokyo")] == [
        "UTC+5:30",
        "UTC-2:30",
        "UTC",
        "UTC+9",
    ]
