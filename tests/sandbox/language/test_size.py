"""Symbolic sizes against Python's own integers, which are the oracle."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sandbox.language.size import (
    Expr,
    Size,
    UnboundSizeError,
    evaluate,
    floor_div,
    largest,
    product,
    smallest,
    solve_linear,
    substitute,
    symbol,
    symbols,
)

LETTERS = ("N", "C", "L")
Values = dict[str, int]


@dataclass(frozen=True)
class Twin:
    """A size built by arithmetic, and the same computation on plain numbers."""

    size: Size
    number: Callable[[Values], int]


def leaves() -> st.SearchStrategy[Twin]:
    numbers = st.integers(-6, 12).map(lambda n: Twin(n, lambda _: n))
    letters = st.sampled_from(LETTERS).map(lambda name: Twin(symbol(name), lambda values: values[name]))
    return numbers | letters


def larger(parts: st.SearchStrategy[Twin]) -> st.SearchStrategy[Twin]:
    pairs = st.tuples(parts, parts)
    divisors = st.sampled_from((-3, -1, 1, 2, 3, 4, 6))
    return st.one_of(
        pairs.map(lambda p: Twin(p[0].size + p[1].size, lambda v: p[0].number(v) + p[1].number(v))),
        pairs.map(lambda p: Twin(p[0].size - p[1].size, lambda v: p[0].number(v) - p[1].number(v))),
        pairs.map(lambda p: Twin(p[0].size * p[1].size, lambda v: p[0].number(v) * p[1].number(v))),
        pairs.map(lambda p: Twin(smallest(p[0].size, p[1].size), lambda v: min(p[0].number(v), p[1].number(v)))),
        pairs.map(lambda p: Twin(largest(p[0].size, p[1].size), lambda v: max(p[0].number(v), p[1].number(v)))),
        st.tuples(parts, divisors).map(lambda p: Twin(p[0].size // p[1], lambda v: p[0].number(v) // p[1])),
        st.tuples(parts, divisors).map(lambda p: Twin(p[0].size % p[1], lambda v: p[0].number(v) % p[1])),
        pairs.map(lambda p: Twin(_quotient(p[0].size, p[1].size), lambda v: p[0].number(v) // _whole(p[1].number(v)))),
    )


def _quotient(top: Size, bottom: Size) -> Size:
    return floor_div(top, bottom) if bottom != 0 else 0


def _whole(number: int) -> int:
    assume(number != 0)
    return number


twins = st.recursive(leaves(), larger, max_leaves=8)
values = st.fixed_dictionaries({name: st.integers(1, 60) for name in LETTERS})


def _number(size: Size, at: Values) -> int:
    try:
        return evaluate(size, at)
    except ZeroDivisionError:
        assume(False)
        raise


@given(twins, values)
def test_no_simplification_ever_changes_a_value(twin: Twin, at: Values) -> None:
    assert _number(twin.size, at) == twin.number(at)


@given(twins, values)
def test_the_text_of_a_size_is_python_for_its_value(twin: Twin, at: Values) -> None:
    expected = _number(twin.size, at)
    functions = {"floor": math.floor, "min": min, "max": max, "__builtins__": {}}
    assert eval(str(twin.size), functions, at) == expected  # noqa: S307 - the property is about Python's reading


@given(twins, values)
def test_substituting_numbers_for_all_letters_leaves_the_value(twin: Twin, at: Values) -> None:
    expected = _number(twin.size, at)
    assert substitute(twin.size, at) == expected


@given(twins, twins, values)
def test_substituting_a_size_is_the_same_as_giving_its_value(outer: Twin, inner: Twin, at: Values) -> None:
    number = _number(inner.size, at)
    expected = _number(outer.size, {**at, "L": number})
    assert _number(substitute(outer.size, {"L": inner.size}), at) == expected


@given(twins)
def test_a_size_that_needs_no_letter_is_a_plain_number(twin: Twin) -> None:
    assert isinstance(twin.size, int) == (not symbols(twin.size))


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (symbol("L"), "L"),
        ((symbol("L") - 1) // 2 + 1, "floor((L - 1)/2) + 1"),
        ((symbol("L") - 2) // 2 + 1, "floor(L/2)"),
        ((symbol("L") + 1) // 2, "floor((L - 1)/2) + 1"),
        (((symbol("L") - 2) // 2 - 2) // 2, "floor((L - 2)/4) - 1"),
        ((4 * symbol("L") + 2) // 4, "L"),
        (16 * symbol("N") * symbol("L") // symbol("N"), "16*L"),
        (3 - symbol("L"), "-L + 3"),
        (symbol("N") * symbol("C") * 2 + symbol("N"), "2*C*N + N"),
        (largest(symbol("L"), 3, 2), "max(L, 3)"),
        (product((2, symbol("N"), 3)), "6*N"),
    ],
)
def test_sizes_read_as_one_would_write_them(size: Size, text: str) -> None:
    assert str(size) == text


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((symbol("L") - 3) // 2 + 1, (symbol("L") - 1) // 2),
        ((symbol("L") // 2) // 3, symbol("L") // 6),
        ((2 * symbol("L") + 1) // 4, symbol("L") // 2),
        ((symbol("L") + 1) * (symbol("L") - 1), symbol("L") * symbol("L") - 1),
    ],
)
def test_equal_floors_are_written_in_one_way(left: Size, right: Size) -> None:
    assert left == right


def test_one_unknown_size_is_solved_where_a_whole_positive_number_fits() -> None:
    length = symbol("L")
    assert solve_linear(16 * length, 4096) == ("L", 256)
    assert solve_linear(length - 2, 5) == ("L", 7)
    assert solve_linear(2 * length, 7) is None
    assert solve_linear(length + 9, 9) is None
    assert solve_linear(length * symbol("N"), 4) is None
    assert solve_linear(length // 2, 4) is None
    assert solve_linear(4, 4) is None


def test_a_size_without_a_value_is_named() -> None:
    with pytest.raises(UnboundSizeError) as missing:
        evaluate(symbol("N") * 2, {"L": 3})
    assert missing.value.args == ("N",)


def test_dividing_by_nothing_is_an_error_and_not_a_size() -> None:
    with pytest.raises(ZeroDivisionError):
        floor_div(4, 0)
    with pytest.raises(ZeroDivisionError):
        floor_div(symbol("L"), 0)


def test_only_a_lone_letter_is_bare() -> None:
    assert symbol("L").bare_symbol() == "L"
    for size in (symbol("L") * 2, symbol("L") + 1, symbol("L") // 2):
        assert isinstance(size, Expr)
        assert size.bare_symbol() is None


def test_a_thousand_halvings_stay_one_short_floor() -> None:
    size: Size = symbol("L")
    start = time.perf_counter()
    for _ in range(1000):
        size = (size - 3) // 2 + 1
    elapsed = time.perf_counter() - start
    assert isinstance(size, Expr)
    assert len(size.terms) <= 2
    assert elapsed < 5  # seconds: hangs fail, a busy machine does not
