"""What may be drawn, and what is turned away before anything draws it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pictures.errors import DrawingError
from bot.pictures.raw import MAX_SIDE, decoded, read
from bot.pictures.words import Odd, alt
from tests.bot.pictures.numbers import INF, NAN, raw

HEAT = raw("heat", [2, 2], [1, 2, 3, 4])


def test_what_is_drawn_travels_to_the_drawing_process_whole() -> None:
    drawing = read(raw("heat", [3, 4], [*range(11), NAN], title="scores", of=[1, 3, 4]))
    assert read(decoded(drawing.to_line())) == drawing


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "png"},
        {"kind": ["heat"]},
        {"kind": None},
        {"shape": [2]},
        {"shape": [4, 2]},
        {"shape": [-2, -2]},
        {"shape": [2.0, 2.0]},
        {"shape": [True, 4]},
        {"shape": "22"},
        {"shape": [MAX_SIDE + 1, 1]},
        {"shape": [2**70, 2]},
        {"shape": None},
        {"values": ""},
        {"values": "A" * 23 + "\n"},
        {"values": "é" * 24},
        {"values": b"AAAA"},
        {"values": "A" * 10_000},
        {"low": NAN},
        {"high": INF},
        {"low": 5, "high": 1},
        {"low": None},
        {"low": True},
        {"low": "1"},
        {"high": 1e39},
        {"high": 10**400},
        {"of": [1] * 65},
        {"of": [2**63]},
        {"of": "shape"},
        {"of": [[2]]},
        {"dtype": 5},
        {"dtype": "float32\n"},
        {"dtype": "$x$"},
        {"title": 5},
    ],
    ids=str,
)
def test_what_is_out_of_bounds_is_turned_away(fields: dict[str, Any]) -> None:
    with pytest.raises(DrawingError):
        read(HEAT | fields)


def test_no_numbers_at_all_say_so() -> None:
    with pytest.raises(DrawingError, match="nothing to draw"):
        read(raw("heat", [0, 4], []))


@pytest.mark.parametrize("shape", [[2, 2, 2], [2, 2, 4], [4], [1, 2, 2, 3]])
def test_an_image_has_one_colour_or_three(shape: list[int]) -> None:
    numbers = 1
    for length in shape:
        numbers *= length
    with pytest.raises(DrawingError):
        read(raw("image", shape, [0.5] * numbers))


def test_a_title_is_one_line_of_what_can_be_seen() -> None:
    assert read(HEAT | {"title": "a\n\tb\u202ec\x00\x1b[31m d"}).title == "a bc[31m d"
    assert len(read(HEAT | {"title": "x" * 200}).title) == 100


@given(
    st.dictionaries(
        st.sampled_from(sorted(HEAT)), st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists)
    )
)
def test_whatever_comes_is_read_or_turned_away(fields: dict[str, Any]) -> None:
    try:
        read(HEAT | fields)
    except DrawingError:
        return


@pytest.mark.parametrize(
    ("given", "odd", "words"),
    [
        (raw("heat", [3, 4], [-1.2, 3.4] * 6), Odd(), "heat map of a 3x4 float32 tensor, values from -1.2 to 3.4"),
        (raw("heat", [2, 2], [7] * 4), Odd(), "heat map of a 2x2 float32 tensor, all values 7"),
        (
            raw("heat", [2, 2], [NAN, 0, INF, 1]),
            Odd(1, 1),
            "heat map of a 2x2 float32 tensor, values from 0 to 1, besides 1 NaN and 1 infinite",
        ),
        (raw("heat", [1, 2], [NAN, NAN]), Odd(2), "heat map of a 1x2 float32 tensor, no finite value, besides 2 NaN"),
        (raw("line", [1], [3.0], dtype=None), Odd(), "line chart of a 1 tensor, value 3"),
        (raw("line", [2], [1, 2], title="loss"), Odd(), "loss: line chart of a 2 float32 tensor, values from 1 to 2"),
        (
            raw("line", [4], [1, 2, 3, 4], of=[5000]),
            Odd(),
            "line chart of a 5000 float32 tensor, values from 1 to 4; drawn by the ends of 2 stretches",
        ),
        (
            raw("image", [1, 1, 3], [0, 1, 0.5], of=[3, 8, 8]),
            Odd(),
            "RGB image from a 3x8x8 float32 tensor, values from 0 to 1; drawn as 1x1 means",
        ),
        (
            raw("image", [1, 2], [0, 1], of=[8, 2]),
            Odd(),
            "grey image from an 8x2 float32 tensor, values from 0 to 1; drawn as 1x2 means",
        ),
    ],
    ids=lambda each: str(each)[:20],
)
def test_the_words_for_a_picture_say_what_it_shows(given: dict[str, Any], odd: Odd, words: str) -> None:
    assert alt(read(given), odd) == words
