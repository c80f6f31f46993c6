"""Stride's own charts: whatever the numbers are, a picture and a sentence come of them."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.group.streaks import Kind
from bot.pictures.chart_wire import read, to_line
from bot.pictures.chart_words import LONGEST, alt, percent
from bot.pictures.charts import (
    MOST_AHEAD,
    MOST_BARS,
    MOST_DAYS,
    MOST_PEOPLE,
    MOST_TOPICS,
    MOST_WEEKS,
    OTHERS,
    Bar,
    Chart,
    DayShown,
    Distribution,
    Forgetting,
    Mastery,
    Mistake,
    Mistakes,
    Scorer,
    Season,
    Topic,
    Year,
    folded,
)
from bot.pictures.drawing.charts import draw_chart
from bot.pictures.drawing.sheet import WIDTH
from bot.pictures.errors import DrawingError
from bot.pictures.raw import decoded
from tests.golden.samples import DISTRIBUTION, SAMPLES

counts = st.integers(0, 10_000)
names = st.text(max_size=300) | st.sampled_from(["$x_1$", r"\frac{", "漢字", "a" * 5000, "\u202eevil\x00\n"])
shares = st.sampled_from([0.0, 1.0]) | st.floats(0, 1)


@st.composite
def years(draw: st.DrawFn) -> Year:
    number = draw(st.sampled_from([1, 2, 180, 189, 190, MOST_DAYS]) | st.integers(1, MOST_DAYS))
    first = draw(st.dates(date(1971, 1, 1), date(2200, 1, 1)))
    kinds = draw(st.lists(st.sampled_from(Kind), min_size=1, max_size=9))
    answers = draw(st.lists(counts, min_size=1, max_size=7))
    return Year(
        days=tuple(
            DayShown(
                date=first + timedelta(days=each), answers=answers[each % len(answers)], kind=kinds[each % len(kinds)]
            )
            for each in range(number)
        ),
        title=draw(names),
    )


@st.composite
def seasons(draw: st.DrawFn) -> Season:
    weeks = draw(st.integers(1, MOST_WEEKS))
    people = draw(
        st.lists(
            st.builds(
                Scorer,
                name=names,
                points=st.lists(counts, min_size=weeks, max_size=weeks).map(tuple),
                place=st.integers(1, 10_000),
            ),
            min_size=1,
            max_size=MOST_PEOPLE,
        )
    )
    first = date(2026, 1, 5)
    return Season(weeks=tuple(first + timedelta(weeks=each) for each in range(weeks)), people=tuple(people))


@st.composite
def forgettings(draw: st.DrawFn) -> Forgetting:
    days = draw(st.sampled_from([1, 2, 15, 57, MOST_AHEAD]))
    curve = st.lists(shares, min_size=days, max_size=days).map(tuple)
    return Forgetting(reviewed=draw(curve), left=draw(curve), cards=draw(counts))


bars = st.builds(Bar, answer=names, count=counts, right=st.booleans(), letter=st.sampled_from("ABCD"), mistake=names)
topics = st.builds(Topic, name=names, remembered=shares, begun=counts, cards=st.integers(10_000, 20_000))
charts: st.SearchStrategy[Chart] = st.one_of(
    years(),
    seasons(),
    forgettings(),
    st.builds(Distribution, title=names, bars=st.lists(bars, min_size=1, max_size=MOST_BARS).map(tuple)),
    st.builds(Mastery, topics=st.lists(topics, min_size=1, max_size=MOST_TOPICS).map(tuple)),
    st.builds(
        Mistakes,
        mistakes=st.lists(st.builds(Mistake, name=names, count=counts), min_size=1, max_size=MOST_BARS).map(tuple),
    ),
)


@settings(max_examples=15, deadline=None)
@given(charts)
def test_whatever_a_chart_holds_its_picture_is_a_card_for_a_phone(chart: Chart) -> None:
    """600 pixels wide, opaque and light on every side, and of bytes that every chat takes."""
    png = draw_chart(chart)
    assert len(png) < 200_000
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.mode == "RGB"
        pixels = np.asarray(picture)
    height, width, _ = pixels.shape
    assert width == WIDTH
    assert 150 <= height <= 1400
    edges = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (edges == 255).all(), "nothing runs over the edge"


@settings(max_examples=60, deadline=None)
@given(charts)
def test_a_chart_travels_to_the_drawing_process_whole_and_says_itself_in_one_line(chart: Chart) -> None:
    assert read(decoded(to_line(chart))) == chart
    said = alt(chart)
    assert len(said) <= LONGEST
    assert not any(unicodedata.category(mark)[0] == "C" for mark in said)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Year(days=()),
        lambda: Year(days=(DayShown(date=date(2026, 1, 2), answers=-1, kind=Kind.NONE),)),
        lambda: Year(
            days=tuple(DayShown(date=date(2026, 1, day), answers=0, kind=Kind.NONE) for day in (2, 1))
        ),
        lambda: Year(days=tuple(DayShown(date=date(year, 1, 1), answers=0, kind=Kind.NONE) for year in (2020, 2026))),
        lambda: Distribution(bars=()),
        lambda: Distribution(bars=DISTRIBUTION.bars * 3),
        lambda: Mastery(topics=(Topic(name="x", remembered=1.1, begun=1, cards=1),)),
        lambda: Mastery(topics=(Topic(name="x", remembered=float("nan"), begun=1, cards=1),)),
        lambda: Mastery(topics=(Topic(name="x", remembered=1.0, begun=2, cards=1),)),
        lambda: Mastery(topics=(Topic(name="x", remembered=1.0, begun=0, cards=0),)),
        lambda: Forgetting(reviewed=(1.0,), left=(1.0, 0.9), cards=1),
        lambda: Season(weeks=(date(2026, 1, 5),), people=(Scorer(name="a", points=(1, 2), place=1),)),
        lambda: Mistakes(mistakes=(Mistake(name="x", count=10**10),)),
    ],
)  # fmt: skip
def test_what_has_no_picture_is_refused_before_anything_draws_it(make: Callable[[], Chart]) -> None:
    with pytest.raises(DrawingError):
        make()


@pytest.mark.parametrize("chart", SAMPLES.values(), ids=SAMPLES)
def test_a_line_that_lacks_something_is_refused(chart: Chart) -> None:
    whole = decoded(to_line(chart))
    for name in whole:
        if name != "title":
            with pytest.raises(DrawingError):
                read({key: value for key, value in whole.items() if key != name})
    with pytest.raises(DrawingError):
        read(whole | {"chart": "Nonsense"})


@given(st.lists(bars, max_size=40), st.integers(2, MOST_BARS))
def test_answers_that_find_no_room_are_counted_together(given_: list[Bar], most: int) -> None:
    found = folded(given_, most)
    assert len(found) <= most
    assert sum(bar.count for bar in found) == sum(bar.count for bar in given_)
    if len(given_) > most:
        assert found[-1].answer == OTHERS
        assert len([bar for bar in found if bar.right]) == min(most - 1, len([bar for bar in given_ if bar.right]))


WORDS = {
    "distribution": """Lengths: bars; 24 answers, 15 right (63 %): A: (16, 98) (right), 15 times (63 %);
        B: (16, 97) (the +1 left out), 6 times (25 %); C: (98, 16) (channels and length swapped), 3 times (13 %);
        D: (3, 100), 0 times (0 %).""",
    "mastery": """What you remember: bars; 67 % of 32 cards begun remembered now: Convolutions 53 %: 75 % of 14 begun,
        20 in all; Pooling 33 %: 50 % of 8 begun, 12 in all; Broadcasting 0 %: 0 % of 3 begun, 9 in all; Losses 100 %:
        100 % of 7 begun, 7 in all.""",
    "forgetting": """What you will remember: two curves; 120 cards, over the next 8 weeks: 95 % now;
        95 % after 28 days and 95 % after 56 days with reviews; 67 % after 28 days and 39 % after 56 days without.""",
    "season": """This season: bars by the week; points in the week of 22 November 2026: 1. Ada 40 points, after 30 the
        week before; 2. Bob 20 points, after 0 the week before; 2. Chen 20 points, after 0 the week before.""",
    "mistakes": """Your commonest mistakes: bars; behind 28 wrong answers: the +1 left out 16;
        channels and length swapped 8; stride left out 4.""",
    "year": """Your days: a calendar, 23 November 2025 to 22 November 2026; 3,796 answers on 292 days, 15 days frozen,
        15 days off, 14 days excused, 14 days missed; most on 25 November 2025, 30 answers.""",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_words_for_a_chart_say_what_one_sees(name: str) -> None:
    assert alt(SAMPLES[name]) == " ".join(WORDS[name].split())


@pytest.mark.parametrize(("share", "said"), [(0, "0 %"), (0.001, "<1 %"), (0.5, "50 %"), (0.999, "99 %"), (1, "100 %")])
def test_a_share_is_all_or_nothing_only_where_it_is(share: float, said: str) -> None:
    assert percent(share) == said
