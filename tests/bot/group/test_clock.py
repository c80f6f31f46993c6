"""What holds for streaks in any zone of the tz database, with any answers, moves, outages and holidays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.group.days import Day, Move, days
from bot.group.streaks import Happened, Kind, Outage, streak
from bot.group.whereabouts import Belongs, moves
from tests.bot.study.slow_streaks import Life, count

ZONES = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))
BEGINS = datetime(2026, 3, 1, tzinfo=UTC)  # both summer times begin or end in the weeks that follow
LENGTH = 50  # days
ENDS = BEGINS + timedelta(days=LENGTH)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LONGEST_PAUSE = timedelta(hours=22)  # where clocks are put forward by two hours, a day is no longer

minutes = st.integers(0, LENGTH * 24 * 60)
moments = minutes.map(lambda each: BEGINS + each * MINUTE)
zones = st.sampled_from(ZONES)
journeys = st.lists(st.tuples(moments, zones), max_size=6).map(sorted)
spans = st.lists(st.tuples(moments, st.integers(1, 3 * 24 * 60)), max_size=5)
numbers = st.sets(st.integers(0, LENGTH - 1), max_size=LENGTH)


@dataclass
class Lived:
    """Somebody's way, and the days that they had on it."""

    moves: list[Move]
    days: list[Day]


@st.composite
def lives(draw: st.DrawFn) -> Lived:
    way = [Move(BEGINS, draw(zones)), *(Move(at, zone) for at, zone in draw(journeys))]
    return Lived(way, list(days(way, ENDS)))


def apart(found: list[tuple[datetime, int]]) -> list[Outage]:
    """Outages one after the other, as a log has them."""
    outages: list[Outage] = []
    for begins, length in sorted(found):
        if not outages or begins > outages[-1].ends:
            outages.append(Outage(begins, begins + length * MINUTE))
    return outages


def on(lived: Lived, chosen: set[int]) -> list[datetime]:
    """An answer in the middle of each of the days whose numbers are chosen, and one on the first."""
    picked = [day for number, day in enumerate(lived.days) if number in chosen | {0}]
    return [max(BEGINS, day.begins + (day.ends - day.begins) / 2) for day in picked]


@settings(max_examples=50)
@given(lives())
def test_whoever_answers_on_each_of_their_days_has_all_of_them_in_a_row(lived: Lived) -> None:
    answers = on(lived, set(range(len(lived.days))))
    found = streak(Happened(answers=answers, moves=lived.moves), ENDS + DAY)
    assert {each.kind for each in found.history[: len(answers)]} == {Kind.ANSWERED}
    assert found.longest == len(answers)


@settings(max_examples=60)
@given(
    lives(),
    st.lists(st.integers(20 * 60, LONGEST_PAUSE // MINUTE).map(lambda each: each * MINUTE), min_size=55, max_size=60),
)
def test_whoever_answers_again_within_any_day_that_there_is_loses_nothing_by_moves(
    lived: Lived, pauses: list[timedelta]
) -> None:
    answers = [BEGINS + each for each in accumulate(pauses, initial=timedelta())]
    found = streak(Happened(answers=answers, moves=lived.moves), answers[-1])
    assert {each.kind for each in found.history} <= {Kind.ANSWERED, Kind.MOVED, Kind.OPEN}


@settings(max_examples=50)
@given(lives(), st.lists(moments, max_size=60))
def test_an_answer_keeps_at_most_one_day_beside_its_own(lived: Lived, answers: list[datetime]) -> None:
    found = streak(Happened(answers=sorted(answers), moves=lived.moves), ENDS)
    last = Kind.MISSED
    for each in found.history:
        assert each.kind is not Kind.MOVED or last is Kind.ANSWERED
        last = each.kind


@settings(max_examples=50)
@given(lives(), numbers)
def test_days_on_which_stride_was_away_break_nothing_and_count_for_nothing(lived: Lived, there: set[int]) -> None:
    answers = on(lived, there)
    missed = [day for day in lived.days if not any(at in day for at in answers) and day.ends <= ENDS]
    found = streak(
        Happened(answers=answers, moves=lived.moves, outages=[Outage(each.begins, each.ends) for each in missed]), ENDS
    )
    assert found.days == len([at for at in answers if at <= ENDS])
    assert {each.kind for each in found.history} <= {Kind.ANSWERED, Kind.DOWNTIME, Kind.OPEN}


@settings(max_examples=50)
@given(lives(), numbers)
def test_holidays_break_nothing_and_cost_no_freeze(lived: Lived, there: set[int]) -> None:
    answers = on(lived, there)
    free: set[date] = {day.date for day in lived.days if not any(at in day for at in answers)}
    found = streak(Happened(answers=answers, moves=lived.moves, holidays=free), ENDS)
    assert found.days == len([at for at in answers if at <= ENDS])
    assert not {Kind.MISSED, Kind.FROZEN} & {each.kind for each in found.history}


@settings(max_examples=50)
@given(lives(), st.lists(moments, max_size=60), spans)
def test_an_outage_never_makes_a_streak_shorter(
    lived: Lived, answers: list[datetime], away: list[tuple[datetime, int]]
) -> None:
    happened = Happened(answers=sorted(answers), moves=lived.moves)
    with_outages = Happened(answers=sorted(answers), moves=lived.moves, outages=apart(away))
    assert streak(with_outages, ENDS).longest >= streak(happened, ENDS).longest


@settings(max_examples=50)
@given(lives(), st.lists(moments, max_size=60))
def test_moving_wins_no_days(lived: Lived, answers: list[datetime]) -> None:
    """A streak has at most a day for each day of the earth, and one each for where it began and ended."""
    found = streak(Happened(answers=sorted(answers), moves=lived.moves), ENDS)
    assert found.longest <= min(len(answers), LENGTH + 2)


@settings(max_examples=60)
@given(
    zones,
    journeys,
    st.lists(st.tuples(moments, st.integers(1, 12)), min_size=1, max_size=45),
    spans,
    st.sets(st.integers(0, LENGTH), max_size=6),
    moments,
)
def test_a_slow_calculation_from_the_rules_comes_to_the_same(
    home: str,
    way: list[tuple[datetime, str]],
    sittings: list[tuple[datetime, int]],
    away: list[tuple[datetime, int]],
    rests: set[int],
    now: datetime,
) -> None:
    answers = sorted({at + number * MINUTE for at, many in sittings for number in range(many)})
    free = frozenset(BEGINS.date() + number * DAY for number in rests)
    where = moves([Move(at, zone) for at, zone in way], [Belongs(since=BEGINS, zones=[Move(BEGINS, home)])], answers[0])
    now = max(now, answers[0])
    outages = apart(away)
    found = streak(Happened(answers=answers, moves=where, holidays=free, outages=outages), now)
    life = Life(
        answers, [(each.at, each.zone) for each in where], set(free), [(each.begins, each.ends) for each in outages]
    )
    assert (found.days, found.longest, found.freezes) == count(life, now)
