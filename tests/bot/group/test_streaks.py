"""Streaks, as people would tell them, and what must hold for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.group.days import Move, days
from bot.group.streaks import EARN_BACK, MOST_FREEZES, Happened, Kind, Outage, Streak, streak

BERLIN = "Europe/Berlin"
MONDAY = datetime(2026, 6, 1, 18, tzinfo=UTC)  # in the evening there
DAY = timedelta(days=1)


def evenings(*numbers: int) -> list[datetime]:
    """One answer on each of these days, the first Monday being 0."""
    return [MONDAY + number * DAY for number in numbers]


def told(answers: Sequence[datetime], *, at: datetime, **more: object) -> Streak:
    given_ = Happened(answers=sorted(answers), moves=[Move(MONDAY, BERLIN)])
    return streak(replace(given_, **more), at)  # type: ignore[arg-type]  # fields by name


def kinds(found: Streak) -> str:
    return " ".join(each.kind for each in found.history)


def test_a_day_counts_once_however_much_is_answered_on_it() -> None:
    found = told([MONDAY, MONDAY + timedelta(minutes=1)], at=MONDAY + timedelta(hours=1))
    assert (found.days, found.safe) == (1, True)


def test_a_day_ends_at_four_in_the_morning() -> None:
    late = datetime(2026, 6, 3, 1, 59, tzinfo=UTC)  # 03:59 in Berlin: still Tuesday
    assert told([MONDAY, late], at=late).days == 2
    assert told([MONDAY, late, late + timedelta(minutes=2)], at=late + timedelta(minutes=2)).days == 3


def test_an_answer_that_morning_keeps_the_day_on_which_somebody_says_where_they_are() -> None:
    """Mornings in Tokyo count for the day before while they are taken for UTC's; on Wednesday they say /timezone."""
    mornings = [datetime(2026, 6, each, 23, tzinfo=UTC) for each in (1, 2, 3)]
    moved = [Move(mornings[0], "UTC"), Move(mornings[1] + timedelta(hours=1), "Asia/Tokyo")]
    found = told(mornings, at=mornings[2], moves=moved)
    assert (found.days, kinds(found)) == (3, "answered answered moved answered")
    on_the_day = told(mornings, at=mornings[1] + timedelta(hours=8), moves=moved)
    assert (on_the_day.days, on_the_day.safe, kinds(on_the_day)) == (2, True, "answered answered open")
    late = told([mornings[0], mornings[2]], at=mornings[2], moves=moved)
    assert kinds(late) == "answered missed none answered"


def test_today_is_open_until_it_is_over() -> None:
    found = told(evenings(0), at=MONDAY + DAY)
    assert (found.days, found.safe, kinds(found)) == (1, False, "answered open")


def test_a_missed_day_ends_it() -> None:
    found = told(evenings(0, 1), at=MONDAY + 3 * DAY)
    assert (found.days, found.longest, kinds(found)) == (0, 2, "answered answered missed open")


def test_seven_days_earn_a_freeze_which_is_used_by_itself() -> None:
    found = told(evenings(*range(7), 8), at=MONDAY + 8 * DAY)
    assert found.history[6].earned
    assert kinds(found).split()[7:] == ["frozen", "answered"]
    assert (found.days, found.freezes) == (8, 0)


def test_nobody_holds_more_than_two_freezes() -> None:
    found = told(evenings(*range(40)), at=MONDAY + 40 * DAY)
    assert (found.freezes, found.until_freeze) == (MOST_FREEZES, 0)
    assert sum(each.earned for each in found.history) == MOST_FREEZES


def test_a_lost_streak_is_earned_back_by_a_double_session_within_two_days() -> None:
    lost = told(evenings(0, 1, 2), at=MONDAY + 4 * DAY)
    assert (lost.days, lost.lost, lost.earn_back_answers) == (0, 3, EARN_BACK)
    session = [MONDAY + 4 * DAY + timedelta(minutes=minute) for minute in range(EARN_BACK)]
    almost = told([*evenings(0, 1, 2), *session[:-1]], at=MONDAY + 4 * DAY + timedelta(hours=1))
    assert (almost.days, almost.lost, almost.earn_back_answers) == (1, 3, 1)
    back = told([*evenings(0, 1, 2), *session], at=MONDAY + 4 * DAY + timedelta(hours=1))
    assert (back.days, back.lost, back.history[-1].restored) == (4, 0, 3)


def test_an_answer_of_this_very_moment_is_among_those_that_earn_it_back() -> None:
    session = [MONDAY + 4 * DAY] * 3
    assert told([*evenings(0, 1, 2), *session], at=session[0]).earn_back_answers == EARN_BACK - 3


def test_the_two_days_to_earn_it_back_do_not_pass_while_stride_is_away() -> None:
    lost = datetime(2026, 6, 5, 2, tzinfo=UTC)  # 04:00 in Berlin: Thursday is over without an answer
    away = [Outage(lost, lost + DAY), Outage(lost + 2 * DAY, lost + 3 * DAY)]
    found = told(evenings(0, 1, 2), at=lost + 3 * DAY, outages=away)
    assert (found.lost, found.earn_back_until) == (3, lost + 4 * DAY)
    session = [lost + 4 * DAY - timedelta(minutes=minute) for minute in range(1, EARN_BACK + 1)]
    assert told([*evenings(0, 1, 2), *session], at=lost + 4 * DAY, outages=away).days == 4
    assert told([*evenings(0, 1, 2), *session], at=lost + 4 * DAY).days == 1


def test_after_two_days_it_is_gone() -> None:
    session = [MONDAY + 6 * DAY + timedelta(minutes=minute) for minute in range(EARN_BACK)]
    found = told([*evenings(0, 1, 2), *session], at=MONDAY + 6 * DAY + timedelta(hours=1))
    assert (found.days, found.lost) == (1, 0)


def test_the_groups_holiday_and_strides_own_downtime_excuse_a_day() -> None:
    holiday = told(evenings(0, 2), at=MONDAY + 2 * DAY, holidays={date(2026, 6, 2)})
    assert (holiday.days, kinds(holiday)) == (2, "answered holiday answered")
    away = told(evenings(0, 2), at=MONDAY + 2 * DAY, outages=[Outage(MONDAY + DAY, MONDAY + DAY + timedelta(hours=1))])
    assert (away.days, kinds(away)) == (2, "answered downtime answered")


def test_a_restart_of_a_minute_excuses_the_last_hour_alone() -> None:
    noon, night = MONDAY + DAY, datetime(2026, 6, 3, 1, 50, tzinfo=UTC)
    minute = timedelta(minutes=1)
    assert told(evenings(0, 2), at=MONDAY + 2 * DAY, outages=[Outage(noon, noon + minute)]).days == 1
    assert told(evenings(0, 2), at=MONDAY + 2 * DAY, outages=[Outage(night, night + minute)]).days == 2


def test_a_bot_that_keeps_dying_excuses_the_day_on_which_it_was_away_for_ten_minutes_in_all() -> None:
    away = [
        Outage(noon, noon + timedelta(minutes=4)) for noon in (MONDAY + DAY - timedelta(hours=n) for n in (6, 3, 1))
    ]
    assert told(evenings(0, 2), at=MONDAY + 2 * DAY, outages=away).days == 2
    assert told(evenings(0, 2), at=MONDAY + 2 * DAY, outages=away[1:]).days == 1


# What must hold, whatever happens.

ZONES = ("UTC", BERLIN, "America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Tokyo")
hours = st.integers(0, 24 * 60)
moved = st.lists(st.tuples(hours, st.sampled_from(ZONES)), max_size=8)
answered = st.lists(hours, max_size=80)


def happened(answers: Sequence[int], moves: Sequence[tuple[int, str]]) -> Happened:
    found = [Move(MONDAY, BERLIN), *(Move(MONDAY + timedelta(hours=hour), zone) for hour, zone in sorted(moves))]
    return Happened(answers=[MONDAY + timedelta(hours=hour) for hour in sorted(answers)], moves=found)


@given(moved)
def test_moving_never_breaks_the_streak_of_somebody_who_answers_on_each_of_their_days(
    moves: list[tuple[int, str]],
) -> None:
    end = MONDAY + 60 * DAY
    lived = list(days(happened([], moves).moves, end))
    answers = [min(max(day.begins, MONDAY), end) for day in lived]
    found = streak(replace(happened([], moves), answers=answers), end)
    assert found.days == len(lived)
    assert {each.kind for each in found.history} == {Kind.ANSWERED}


@given(answered, moved)
def test_moving_never_wins_more_days_than_have_passed(answers: list[int], moves: list[tuple[int, str]]) -> None:
    now = MONDAY + timedelta(hours=24 * 60)
    found = streak(happened(answers, moves), now)
    assert found.longest <= 60 + 3
    assert found.longest <= len(answers)


@given(answered, moved, hours, hours)
def test_one_answer_more_never_makes_a_streak_shorter(
    answers: list[int], moves: list[tuple[int, str]], more: int, at: int
) -> None:
    now = MONDAY + timedelta(hours=at)
    fewer, longer = streak(happened(answers, moves), now), streak(happened([*answers, more], moves), now)
    assert longer.longest >= fewer.longest


@given(answered, moved, st.sets(st.integers(0, 60)), hours)
def test_a_holiday_never_makes_a_streak_shorter(
    answers: list[int], moves: list[tuple[int, str]], rests: set[int], at: int
) -> None:
    now, before = MONDAY + timedelta(hours=at), happened(answers, moves)
    rested = replace(before, holidays={MONDAY.date() + rest * DAY for rest in rests})
    assert streak(rested, now).longest >= streak(before, now).longest


@given(answered, moved, hours, hours)
def test_what_comes_later_changes_nothing(
    answers: list[int], moves: list[tuple[int, str]], at: int, later: int
) -> None:
    now = MONDAY + timedelta(hours=at)
    future = [hour for hour in (later, later + 1) if hour > at]
    assert streak(happened(answers, moves), now) == streak(happened([*answers, *future], moves), now)


@given(answered, moved, hours)
def test_a_streak_is_what_its_days_say(answers: list[int], moves: list[tuple[int, str]], at: int) -> None:
    """An independent count: days of answers since the last one missed, and what was earned back."""
    found = streak(happened(answers, moves), MONDAY + timedelta(hours=at))
    counted = 0
    for each in found.history:
        counted = 0 if each.kind is Kind.MISSED else counted + each.restored + (each.kind is Kind.ANSWERED)
        assert each.streak == counted
        assert 0 <= each.freezes <= MOST_FREEZES
    assert found.days == counted
