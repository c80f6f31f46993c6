"""Time zones, as people name them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import chain
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.group.zones import _CALLED, _OFTEN, _SEVERAL, Found, label, offset, search, several

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


@pytest.mark.parametrize(
    ("words", "zone"),
    [
        ("US/Pacific", "America/Los_Angeles"),
        ("us/eastern", "America/New_York"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Saigon", "Asia/Ho_Chi_Minh"),
        ("istanbul", "Europe/Istanbul"),
        ("buenos aires", "America/Argentina/Buenos_Aires"),
        ("Europe/Amsterdam", "Europe/Amsterdam"),  # a link, and the name that a country has
        ("Etc/GMT-2", "Etc/GMT-2"),
        ("Etc/UTC", "UTC"),
        ("Zürich", "Europe/Zurich"),
        ("São Paulo", "America/Sao_Paulo"),
        ("NZDT", "Pacific/Auckland"),
        ("MSK", "Europe/Moscow"),
    ],
)
def test_a_name_of_a_zone_or_a_city_is_sure_and_an_old_one_becomes_todays(words: str, zone: str) -> None:
    assert search(words, SUMMER) == Found((zone,), sure=True)


@pytest.mark.parametrize(
    ("city", "zone"),
    [
        ("Salt Lake City", "America/Denver"),
        ("Medellín", "America/Bogota"),
        ("Edinburgh", "Europe/London"),
        ("Tübingen", "Europe/Berlin"),
        ("Kraków", "Europe/Warsaw"),
        ("Pune", "Asia/Kolkata"),
        ("Hangzhou", "Asia/Shanghai"),
        ("Kyoto", "Asia/Tokyo"),
    ],
)
def test_a_city_that_no_zone_is_named_for_is_found(city: str, zone: str) -> None:
    assert search(city, SUMMER) == Found((zone,), sure=True)


@pytest.mark.parametrize("words", ["et", "PT", "mt", "ct", "est", "gmt", "utc+2", "-5", "Portland", "san josé"])
def test_what_means_several_zones_is_asked(words: str) -> None:
    assert several(words)
    found = search(words, SUMMER)
    assert not found.sure
    assert len(found.zones) > 1


def test_every_zone_of_the_database_is_found_by_its_name_and_keeps_its_clock() -> None:
    for zone in available_timezones():
        if "/" in zone:
            found = search(zone, SUMMER)
            assert found.sure
            for moment in (SUMMER, WINTER):
                assert moment.astimezone(ZoneInfo(found.zones[0])).utcoffset() == (
                    moment.astimezone(ZoneInfo(zone)).utcoffset()
                )


def test_every_name_that_is_known_leads_to_a_zone() -> None:
    for zone in (*_CALLED.values(), *_OFTEN, *chain.from_iterable(_SEVERAL.values())):
        assert ZoneInfo(zone)


def test_nothing_is_found_for_what_is_no_place() -> None:
    for words in ("", "xqzw", "gmt+15", "utc-99", "+", "gmt+2:75"):
        assert search(words, SUMMER).zones == ()


@settings(deadline=None)  # it counts no time, and a busy machine takes as long as it likes
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


@pytest.mark.parametrize("words", ["localtime", "Factory"])
def test_what_is_a_zone_on_this_computer_alone_is_none(words: str) -> None:
    assert not search(words, SUMMER).zones
