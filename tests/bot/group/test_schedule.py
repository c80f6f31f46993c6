"""When a group's daily things come."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.group.schedule import LATEST, Schedule, due, read_time, read_weekdays, weekdays_in_words, weekdays_spoken

BERLIN = "Europe/Berlin"
ZONES = sorted(zone for zone in available_timezones() if "/" in zone)
schedules = st.builds(
    Schedule,
    at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
)
moments = st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds UTC


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def daily(when: str, **more: object) -> Schedule:
    return Schedule(at=time.fromisoformat(when), zone=BERLIN, **more)  # type: ignore[arg-type]  # fields by name


def first(schedule: Schedule, after: str, count: int = 3) -> list[str]:
    return [f"{moment:%d %H:%M}" for moment in islice(schedule.after(at(after)), count)]


def test_nine_stays_nine_when_the_clocks_change() -> None:
    assert first(daily("09:00"), "2026-03-28T00:00Z") == ["28 08:00", "29 07:00", "30 07:00"]
    assert first(daily("09:00"), "2026-10-24T00:00Z") == ["24 07:00", "25 08:00", "26 08:00"]


def test_a_time_that_a_day_leaves_out_comes_an_hour_later() -> None:
    assert first(daily("02:30"), "2026-03-28T12:00Z") == ["29 01:30", "30 00:30", "31 00:30"]  # 03:30 that day


def test_a_time_that_a_day_has_twice_comes_once() -> None:
    assert first(daily("02:30"), "2026-10-24T12:00Z") == ["25 00:30", "26 01:30", "27 01:30"]


def test_a_date_that_a_zone_left_out_has_nothing_and_no_other_day_has_it_instead() -> None:
    """Samoa went over the date line: after Thursday, 29 December 2011, came Saturday."""
    fridays = Schedule(at=time(9), zone="Pacific/Apia", weekdays=frozenset({4}))
    assert first(fridays, "2011-12-20T00:00Z") == ["23 19:00", "05 19:00", "12 19:00"]
    every_day = Schedule(at=time(9), zone="Pacific/Apia")
    assert first(every_day, "2011-12-28T20:00Z", 2) == ["29 19:00", "30 19:00"]
    rests = replace(every_day, skipped=frozenset({date(2011, 12, 31)}))
    assert first(rests, "2011-12-28T20:00Z", 2) == ["29 19:00", "31 19:00"]


def test_what_comes_after_midnight_because_the_clocks_jumped_is_still_the_evenings() -> None:
    """In Nuuk there is no 23:30 on Saturday, 28 March 2026: its card comes at half past midnight."""
    evenings = Schedule(at=time(23, 30), zone="America/Nuuk")
    coming = list(islice(evenings.after(at("2026-03-28T02:00Z")), 2))
    assert [evenings.date_of(each).day for each in coming] == [28, 29]
    rests = replace(evenings, skipped=frozenset({evenings.date_of(coming[0])}))
    assert next(rests.after(at("2026-03-28T02:00Z"))) == coming[1]


def test_it_rests_on_other_days_while_paused_and_where_one_is_skipped() -> None:
    weekdays = frozenset(range(5))
    assert first(daily("09:00", weekdays=weekdays), "2026-06-05T12:00Z", 1) == ["08 07:00"]
    assert first(daily("09:00", paused_until=date(2026, 6, 20)), "2026-06-05T12:00Z", 1) == ["20 07:00"]
    assert first(daily("09:00", skipped=frozenset({date(2026, 6, 6)})), "2026-06-05T12:00Z", 1) == ["07 07:00"]


def test_what_was_missed_comes_once_if_it_is_not_too_late() -> None:
    last = at("2026-06-01T07:00Z")
    in_time = due(daily("09:00"), last, at("2026-06-04T09:59Z"))
    assert (in_time.moment, in_time.missed) == (at("2026-06-04T07:00Z"), 2)
    late = due(daily("09:00"), last, at("2026-06-04T10:00Z"))
    assert (late.moment, late.missed, late.following) == (None, 3, at("2026-06-05T07:00Z"))


def test_what_never_comes_again_says_so() -> None:
    found = due(daily("09:00", weekdays=frozenset()), at("2026-06-01T07:00Z"), at("2026-06-01T08:00Z"))
    assert (found.moment, found.missed, found.following) == (None, 0, None)


@given(schedules, moments)
def test_it_comes_once_on_each_of_its_dates_and_at_its_time_where_there_is_one(
    schedule: Schedule, start: datetime
) -> None:
    zone = ZoneInfo(schedule.zone)
    found = list(islice(schedule.after(start), 30))
    assert len(found) == 30
    assert found[0] > start
    for moment, following in pairwise(found):
        assert moment < following
    for moment in found:
        local = moment.astimezone(zone)
        there = datetime.combine(local.date(), schedule.at, zone)
        exists = there.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == there.replace(tzinfo=None)
        assert not exists or (local.hour, local.minute) == (schedule.at.hour, schedule.at.minute)


@given(schedules, moments, st.lists(st.integers(1, 60 * 24 * 3), max_size=30))
def test_looking_often_or_seldom_nothing_comes_twice_and_nothing_is_late(
    schedule: Schedule, start: datetime, pauses: list[int]
) -> None:
    now, last, came, left_out = start, start, [], 0
    for pause in pauses:
        now += timedelta(minutes=pause)
        found = due(schedule, last, now)
        left_out += found.missed
        if found.moment is not None:
            assert timedelta(0) <= now - found.moment < LATEST
            came.append(found.moment)
        last = now
        assert found.following is None or found.following > now
    assert len(came) == len(set(came))
    passed = [moment for moment in islice(schedule.after(start), 200) if moment <= now]
    assert len(came) + left_out == len(passed)


@pytest.mark.parametrize(
    ("words", "meant"),
    [("09:00", "09:00"), ("9", "09:00"), ("9.30", "09:30"), ("9h30", "09:30"), ("9pm", "21:00"), ("12 am", "00:00")],
)
def test_a_time_is_read_as_people_write_it(words: str, meant: str) -> None:
    assert read_time(words) == time.fromisoformat(meant)


@pytest.mark.parametrize("words", ["", "24:00", "9:60", "13pm", "nine", "-1", "0pm", "9:5"])
def test_no_time_is_refused_with_how_to_write_one(words: str) -> None:
    with pytest.raises(ValueError, match="09:00"):
        read_time(words)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("weekdays", "weekdays"),
        ("daily", "every day"),
        ("mon,wed", "mon, wed"),
        ("Mon-Fri", "weekdays"),
        ("sat-sun", "weekends"),
        ("fri-mon", "mon, fri, sat, sun"),
        ("Mondays", "mon"),
        ("thurs", "thu"),
    ],
)
def test_days_are_read_as_people_write_them(words: str, meant: str) -> None:
    found = read_weekdays(words)
    assert found is not None
    assert weekdays_in_words(found) == meant


@pytest.mark.parametrize(
    ("words", "spoken"),
    [
        ("daily", "every day"),
        ("mon-fri", "on weekdays"),
        ("fri", "on Fridays"),
        ("sat-sun", "on Saturdays and Sundays"),
        ("fri,mon,wed", "on Mondays, Wednesdays and Fridays"),
    ],
)
def test_days_are_told_in_a_sentence(words: str, spoken: str) -> None:
    assert weekdays_spoken(read_weekdays(words) or frozenset()) == spoken


def test_what_cannot_be_read_is_repeated_marked_and_short() -> None:
    with pytest.raises(ValueError, match=r"^`nine 'o' clock` is no time of day"):
        read_time("nine  `o`\nclock")
    with pytest.raises(ValueError, match=f"^`{'9' * 40}` is"):
        read_time("9" * 500)


@pytest.mark.parametrize("words", ["", "conv", "m", "mon,", "mon-xyz", "monkey"])
def test_other_words_are_no_days(words: str) -> None:
    assert read_weekdays(words) is None
