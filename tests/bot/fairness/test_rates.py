"""How often somebody may ask."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.fairness.rates import Buckets, Rate

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
RATE = Rate(burst=3, per_minute=6)


def asked(buckets: Buckets, key: str, at: datetime) -> bool:
    if buckets.wait(key, at):
        return False
    buckets.take(key, at)
    return True


def test_a_burst_is_allowed_and_then_one_every_so_often() -> None:
    buckets = Buckets(RATE)
    assert [asked(buckets, "alice", NOW) for _ in range(4)] == [True, True, True, False]
    assert buckets.wait("alice", NOW) == timedelta(seconds=10)
    assert not asked(buckets, "alice", NOW + timedelta(seconds=9))
    assert asked(buckets, "alice", NOW + timedelta(seconds=10))


def test_one_persons_flood_takes_nothing_from_another() -> None:
    buckets = Buckets(RATE)
    while asked(buckets, "alice", NOW):
        pass
    assert asked(buckets, "bob", NOW)


def test_a_clock_that_is_set_back_neither_gives_nor_takes() -> None:
    buckets = Buckets(RATE)
    while asked(buckets, "alice", NOW):
        pass
    assert buckets.wait("alice", NOW - timedelta(hours=1)) == timedelta(seconds=10)


def test_only_so_many_are_remembered_and_the_flooding_one_is_among_them() -> None:
    buckets = Buckets(RATE, remembered=2)
    for name in ("alice", "bob", "carol"):
        while asked(buckets, name, NOW):
            pass
    assert buckets.wait("alice", NOW) == timedelta()
    assert buckets.wait("carol", NOW) > timedelta()


@given(
    burst=st.integers(1, 5),
    per_minute=st.floats(0.5, 60),
    pauses=st.lists(st.floats(0, 100), max_size=60),
)
def test_over_any_time_nobody_gets_more_than_the_burst_and_the_rate(
    burst: int, per_minute: float, pauses: list[float]
) -> None:
    buckets, at, granted = Buckets(Rate(burst=burst, per_minute=per_minute)), NOW, []
    for pause in pauses:
        at += timedelta(seconds=pause)
        if asked(buckets, "alice", at):
            granted.append(at)
    for first in range(len(granted)):
        for last in range(first, len(granted)):
            minutes = (granted[last] - granted[first]).total_seconds() / 60
            assert last - first + 1 <= burst + minutes * per_minute + 1e-3


@given(
    burst=st.integers(1, 5),
    per_minute=st.floats(0.5, 60),
    pauses=st.lists(st.floats(0, 100), max_size=30),
)
def test_whoever_waits_as_long_as_they_are_told_is_let_in(burst: int, per_minute: float, pauses: list[float]) -> None:
    buckets, at = Buckets(Rate(burst=burst, per_minute=per_minute)), NOW
    for pause in pauses:
        at += timedelta(seconds=pause)
        if wait := buckets.wait("alice", at):
            at += wait + timedelta(microseconds=1)
        assert buckets.wait("alice", at) <= timedelta(microseconds=1)
        buckets.take("alice", at)
