"""Answers with all that people write round them: what is meant is right, what is not meant stays wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.grade import judge

SHAPE = (32, 16, 100)
OPEN = ("N", 16, 100)
HA = "\N{CYRILLIC SMALL LETTER HA}"
SHAPES = (
    """
[32 16 100]|Size: 32x16x100|shape = (32, 16, 100)|its shape is (32, 16, 100)|x.shape == (32,16,100)|{32,16,100}
<32,16,100>|32-16-100|32/16/100|"(32, 16, 100)"|'32x16x100'|(32,16,100) 🙂|👍🏽 32x16x100|maybe 32x16x100?|~(32,16,100)
tensor of shape (32, 16, 100)|N=32, C=16, L=100|(N=32, C=16, L=100)|B=32 C=16 L=100|32、16、100|output: [32, 16, 100]
the shape is 32x16x100|= (32,16,100)|(032, 16, 100)|torch.Size((32,16,100))|I think (32, 16, 100)|32 by 16 by 100
""".strip()
    .replace("\n", "|")
    .split("|")
)
OPEN_SHAPES = (
    """
(N,16,100)|n x 16 x 100|N 16 100|b,16,100|(B, 16, 100)|(batch, 16, 100)|(batch_size, 16, 100)|(batch size, 16, 100)
?x16x100|(-1, 16, 100)|(None, 16, 100)|(*, 16, 100)|(bs,16,100)
""".strip()
    .replace("\n", "|")
    .split("|")
)
NUMBERS = {
    1792: "≈1792|params: 1792|1792 🎉|1.792k|1.792 thousand|64 x 28|64·28|1792 (incl. bias)|1792?|(1792)|“1792”|1792,"
    "|there are 1792|total 1792|1792 in total|1.792·10^3|1.792x10³|1,792.0 parameters|1792 params|2⁸*7|= 1792",
    1: "one|ONE|a single one|just one|one mean|1.0",
    0.5: "50 %|0,5|½|1/2|one half|half|a half|.5|5e-1|50 percent",
    0.75: "¾|3/4|three quarters|75 %|0,75",
    2.5: "2½|2.5|5/2",
    160: "~160|approx 160|approx. 160|ca. 160|160,0",
    -1: "-1|−1|–1|minus 1|minus one|- 1|(-1)|negative 1",
}
WRONG_SHAPES = (
    """
(16,32,100)|32x16|32x16x10|3216100|32x16x100x1|N,16,100|batch,16,100|32.5x16x100|🙂|-32x16x100|(32,16,-100)
(32, 16 100 1)
""".strip()
    .replace("\n", "|")
    .split("|")
)
WRONG_OPEN = ["(16,N,100)", "(16,100)", "(N,100,16)", "(M,16,100)", "32,16,100", "(L,16,100)", "(16, batch, 100)"]
WRONG_NUMBERS = {
    1792: "1793|179.2|17920|1792e3|-1792|about 1800|1,792,000|1 or 1792|1792 or 1793|1792/2|not 1792|1.793k|minus 1792",
    1: "two|none|ten|zero|0|11|1e1|one hundred|one half|one or two",
    0.5: "50|5%|0.05|5|1/3|0.5.5|half of 3|two halves",
}


@pytest.mark.parametrize("typed", [*SHAPES, f"32{HA}16{HA}100", "\u200f(32, 16, 100)", "\u202b(32,16,100)"])
def test_a_shape_is_found_in_what_is_written_round_it(typed: str) -> None:
    assert judge("shape", typed, SHAPE).correct


@pytest.mark.parametrize("typed", OPEN_SHAPES)
@pytest.mark.parametrize("called", ["N", "B"])
def test_the_batch_may_be_called_as_people_call_it(typed: str, called: str) -> None:
    assert judge("shape", typed, (called, 16, 100)).correct


@pytest.mark.parametrize(("number", "typed"), [(key, each) for key, row in NUMBERS.items() for each in row.split("|")])
def test_a_number_is_found_in_what_is_written_round_it(number: float, typed: str) -> None:
    assert judge("number", typed, number, tolerance=0.006 if isinstance(number, float) else 0).correct


@pytest.mark.parametrize("typed", WRONG_SHAPES)
def test_another_shape_stays_wrong(typed: str) -> None:
    assert not judge("shape", typed, SHAPE).correct


@pytest.mark.parametrize("typed", WRONG_OPEN)
def test_another_shape_with_an_open_batch_stays_wrong(typed: str) -> None:
    assert not judge("shape", typed, OPEN).correct


@pytest.mark.parametrize(
    ("number", "typed"), [(key, each) for key, row in WRONG_NUMBERS.items() for each in row.split("|")]
)
def test_another_number_stays_wrong(number: float, typed: str) -> None:
    assert not judge("number", typed, number, tolerance=0.006 if isinstance(number, float) else 0).correct


ROUND = st.tuples(
    st.sampled_from(["", " ", "🙂 ", "\u200f", "~", "maybe ", "= ", '"']),
    st.sampled_from(["", " ", " 🙂", "?", "!", ".", '"', "\u200b"]),
)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=6).map(tuple), ROUND)
def test_any_shape_is_read_back_whatever_stands_round_it(shape: tuple[int, ...], around: tuple[str, str]) -> None:
    assert judge("shape", around[0] + str(shape) + around[1], shape).correct


@given(st.integers(-(10**9), 10**9), ROUND)
def test_any_number_is_read_back_whatever_stands_round_it(number: int, around: tuple[str, str]) -> None:
    assert judge("number", f"{around[0]}{number}{around[1]}", number).correct


@given(st.sampled_from(["shape", "number", "numbers", "recall", "predict"]), st.text(max_size=60))
def test_nothing_that_is_typed_breaks_it(kind: str, typed: str) -> None:
    verdict = judge(kind, typed, SHAPE if kind in {"shape", "numbers"} else 7 if kind == "number" else "softmax")
    assert verdict.problem or verdict.understood or not typed.strip()
