"""What is typed after `/quiz start` and `/quiz at`, in the ways in which people write it."""

from __future__ import annotations

from datetime import time

import pytest

from bot.commands.quiz_options import read_wanted, read_when
from bot.errors import WrongUsage

EVERY_DAY = frozenset(range(7))


@pytest.mark.parametrize(
    ("typed", "words", "total", "seconds"),
    [
        ("", "", 5, 30),
        ("conv", "conv", 5, 30),
        ("conv 7", "conv", 7, 30),
        ("conv 7 45", "conv", 7, 45),
        ("conv 7 45s", "conv", 7, 45),
        ("conv 45s", "conv", 5, 45),
        ("conv 45s 7", "conv", 7, 45),
        ("7", "", 7, 30),
        ("7 45", "", 7, 45),
        ("7 conv", "conv", 7, 30),
        ("7 conv 45s", "conv", 7, 45),
        ("receptive field 3 20 seconds", "receptive field", 3, 20),
        ("conv1d", "conv1d", 5, 30),
    ],
)
def test_a_topic_a_number_and_seconds_may_each_be_left_out(typed: str, words: str, total: int, seconds: int) -> None:
    wanted = read_wanted(typed)
    assert (wanted.words, wanted.total, wanted.seconds) == (words, total, seconds)


@pytest.mark.parametrize("typed", ["0", "21", "conv 5 9", "conv 5 301", "conv 99999 30", "5 5 5"])
def test_what_is_out_of_range_is_told_with_a_line_that_works(typed: str) -> None:
    with pytest.raises(WrongUsage, match="1 to 20 questions, of 10 to 300 seconds") as caught:
        read_wanted(typed)
    suggestion = caught.value.suggestion
    assert suggestion is not None
    read_wanted(suggestion.removeprefix("/quiz start"))


@pytest.mark.parametrize(
    ("typed", "at", "weekdays", "zone", "rest"),
    [
        ("daily 17:00 conv 5", time(17), EVERY_DAY, "", "conv 5"),
        ("fri 17:00", time(17), frozenset({4}), "", ""),
        ("17:00 fri conv 5 20", time(17), frozenset({4}), "", "conv 5 20"),
        ("17:30", time(17, 30), EVERY_DAY, "", ""),
        ("5pm weekdays 3", time(17), frozenset(range(5)), "", "3"),
        ("mon,wed 9:05 Europe/Berlin pooling", time(9, 5), frozenset({0, 2}), "Europe/Berlin", "pooling"),
        (
            "mon-fri Asia/Kolkata 17.00 receptive field",
            time(17),
            frozenset(range(5)),
            "Asia/Kolkata",
            "receptive field",
        ),
    ],
)
def test_days_a_time_and_a_zone_come_in_any_order(
    typed: str, at: time, weekdays: frozenset[int], zone: str, rest: str
) -> None:
    when, left = read_when(typed)
    assert (when.at, when.weekdays, when.zone, left) == (at, weekdays, zone, rest)


@pytest.mark.parametrize("typed", ["", "fri", "conv 5", "daily conv", "tomorrow 17:00", "25:00 fri"])
def test_a_moment_that_cannot_be_read_is_told_with_a_line_that_works(typed: str) -> None:
    with pytest.raises(WrongUsage) as caught:
        read_when(typed)
    suggestion = caught.value.suggestion
    assert suggestion is not None
    read_when(suggestion.removeprefix("/quiz at"))


def test_a_day_that_there_is_not_is_named() -> None:
    with pytest.raises(WrongUsage, match="`fry` is neither a day of the week nor a time of day"):
        read_when("fry 17:00 conv")
    with pytest.raises(WrongUsage, match=r"^`25:00` is no time of day"):
        read_when("fri 25:00")
