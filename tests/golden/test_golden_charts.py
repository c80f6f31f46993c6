"""Stride's own charts: each like the picture that somebody looked at, and each with the numbers that its pixels say."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from bot.group.streaks import Kind
from bot.pictures.drawing.bars import NUMBERS
from bot.pictures.drawing.charts import draw_chart
from bot.pictures.drawing.curves import HEIGHT, TOP
from bot.pictures.drawing.sheet import FAINT, LIGHT, RIGHT, ROOM, TRACK, WRONG, Sheet
from bot.pictures.drawing.year import SHADES, SQUARE, shade
from tests.golden.samples import DISTRIBUTION, FORGETTING, MASTERY, MISTAKES, SAMPLES, SEASON, YEAR

HERE = Path(__file__).parent
Pixels = np.ndarray[Any, np.dtype[np.uint8]]
MEAN_OFF = 2.0  # of 255: other fonts' edges
FAR_OFF = 0.01  # the share of pixels that may be another colour altogether


@cache
def drawn(name: str) -> Pixels:
    with Image.open(io.BytesIO(draw_chart(SAMPLES[name]))) as picture:
        return np.asarray(picture.convert("RGB"))


def where(picture: Pixels, colour: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which pixels are exactly so."""
    wanted = np.array([round(255 * each) for each in to_rgb(colour)], np.uint8)
    return np.asarray((picture == wanted).all(axis=2))


def bars(picture: Pixels, colour: str) -> list[int]:
    """The lengths of the bars of a colour, from the top: rows of pixels with a run of it, taken together."""
    lengths = where(picture, colour).sum(axis=1)
    found: list[int] = []
    for before, length in zip([0, *lengths], lengths, strict=False):
        if length > 2 and before <= 2:
            found.append(0)
        if length > 2:
            found[-1] = max(found[-1], int(length))
    return found


@pytest.mark.parametrize("name", SAMPLES)
def test_a_chart_looks_as_it_did_when_somebody_looked_at_it(name: str) -> None:
    """Where it is meant to look otherwise now: `python -m tests.golden`, and look at it."""
    with Image.open(HERE / f"{name}.png") as kept:
        golden = np.asarray(kept.convert("RGB")).astype(int)
    picture = drawn(name).astype(int)
    assert picture.shape == golden.shape
    off = np.abs(picture - golden)
    assert off.mean() < MEAN_OFF
    assert (off.max(axis=2) > 64).mean() < FAR_OFF


def test_the_bars_of_answers_are_as_long_as_their_shares() -> None:
    picture = drawn("distribution")
    track = bars(picture, TRACK)[-1]  # nobody gave the last answer
    shares = [bar.count / DISTRIBUTION.total for bar in DISTRIBUTION.bars]
    assert bars(picture, RIGHT) == [pytest.approx(track * shares[0], abs=1)]
    assert bars(picture, WRONG) == [pytest.approx(track * share, abs=1) for share in shares[1:3]]


def test_a_topics_bar_is_as_long_as_what_is_remembered_of_it_and_before_what_was_begun() -> None:
    """The last of each colour is the legend's."""
    picture = drawn("mastery")
    track = ROOM - NUMBERS
    filled = [topic.remembered * topic.begun / topic.cards for topic in MASTERY.topics if topic.remembered]
    assert bars(picture, RIGHT)[:-1] == [pytest.approx(track * share, abs=1) for share in filled]
    begun = [(1 - topic.remembered) * topic.begun / topic.cards for topic in MASTERY.topics if topic.remembered < 1]
    assert bars(picture, LIGHT)[:-1] == [pytest.approx(track * share, abs=1) for share in begun]


def test_a_mistake_twice_as_common_has_a_bar_twice_as_long() -> None:
    lengths = bars(drawn("mistakes"), WRONG)
    counts = [each.count for each in MISTAKES.mistakes]
    assert [length / lengths[0] for length in lengths] == [
        pytest.approx(count / counts[0], abs=0.01) for count in counts
    ]


def test_each_day_is_a_square_of_its_number_of_answers() -> None:
    """The legend has one more of each colour."""
    picture = drawn("year")
    for least, colour in SHADES:
        days = [day for day in YEAR.days[:-1] if day.answers and shade(day.answers) == colour]
        assert where(picture, colour).sum() == (len(days) + 1) * SQUARE**2, least
    today = YEAR.days[-1]
    assert today.answers == 0
    rested = [day for day in YEAR.days if not day.answers and day.kind is Kind.NONE]
    assert where(picture, TRACK).sum() > (len(rested) + 1) * SQUARE**2


def test_the_curves_fall_as_their_numbers_do() -> None:
    plot = drawn("forgetting")[Sheet.head : Sheet.head + HEIGHT + 6]
    full = HEIGHT / TOP
    rows, columns = np.nonzero(where(plot, WRONG))
    first, last = (rows[columns == end].mean() for end in (columns.min(), columns.max()))
    fell = FORGETTING.left[0] - FORGETTING.left[-1]
    assert (last - first) / full == pytest.approx(fell, abs=0.02)
    reviewed, _ = np.nonzero(where(plot, RIGHT))
    fell = max(FORGETTING.reviewed) - min(FORGETTING.reviewed)
    assert np.ptp(reviewed) / full == pytest.approx(fell, abs=0.02)


def test_the_seasons_bars_are_as_tall_as_their_points_on_one_scale() -> None:
    picture = drawn("season")
    tall = {colour: where(picture, colour) for colour in (RIGHT, FAINT)}
    most = max(max(each.points) for each in SEASON.people)
    columns = np.nonzero(tall[RIGHT].any(axis=0))[0]
    runs = tall[RIGHT][:, columns[len(columns) // 2]]
    heights = np.diff(np.nonzero(np.diff(np.concatenate([[0], runs, [0]])))[0])[::2]
    full = heights[0]
    assert heights.tolist() == [pytest.approx(full * each.points[-1] / most, abs=1) for each in SEASON.people]
    week = np.nonzero(tall[FAINT].any(axis=0))[0]
    assert tall[FAINT][:, week[5]].sum() == pytest.approx(full * (10 + 40) / most, abs=2)
