"""Who is active in a group is whoever answered on one of the last seven dates."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.group.together import ACTIVE_DAYS, active_on

FIRST = date(2026, 3, 2)
DAYS = st.dictionaries(
    st.integers(0, 30).map(lambda number: FIRST + timedelta(days=number)), st.lists(st.sampled_from("abcdef"))
)


@given(answered=DAYS, data=st.data())
def test_active_is_who_answered_on_one_of_seven_dates_whatever_days_are_left_out(
    answered: dict[date, list[str]], data: st.DataObject
) -> None:
    dates = data.draw(st.sets(st.sampled_from(sorted(answered)))) if answered else set()
    back = [timedelta(days=number) for number in range(ACTIVE_DAYS)]
    slow = {day: len(set[str]().union(*(answered.get(day - gap, []) for gap in back))) for day in dates}
    assert active_on(answered, dates) == slow
