"""Tables and long texts on a phone."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.layout import PHONE, Record, lay_out, pieces, shortened, spans
from bot.reply import Table
from tests.bot.adapters.replies import tables, words


def test_a_narrow_table_is_lined_up_with_its_figures_to_the_right() -> None:
    table = Table(headers=("axis", "in", "out"), rows=(("C", "3", "16"), ("L", "100", "")))
    assert lay_out(table) == "axis   in  out\n----  ---  ---\nC       3   16\nL     100"


def test_a_wide_table_becomes_one_record_a_row() -> None:
    row = ("1", "conv2d 3 16 k3 p1 H32 W32", "(N, 16, 32, 32)", "")
    laid = lay_out(Table(headers=("#", "stage", "out", "params"), rows=(row,)))
    assert laid == [Record("1  conv2d 3 16 k3 p1 H32 W32", (("out", "(N, 16, 32, 32)"),))]


def test_what_is_said_of_a_record_names_all_columns_but_the_first() -> None:
    assert Record("/help", (("and get", "help"),)).sentence() == "help"
    assert Record("relu", (("out", "(N, 4)"), ("params", "0"))).sentence() == "(N, 4) · params 0"


@settings(max_examples=40, deadline=None)
@given(tables())
def test_a_table_that_is_lined_up_fits_a_phone(table: Table) -> None:
    laid = lay_out(table)
    if isinstance(laid, str):
        assert all(len(line) <= PHONE for line in laid.split("\n"))
    else:
        assert len(laid) == len(table.rows)


@given(words, st.integers(2, 50))
def test_a_long_text_loses_no_word_in_its_pieces(text: str, limit: int) -> None:
    found = pieces(text, limit)
    assert all(0 < len(piece) <= limit for piece in found if piece.strip())
    assert "".join("".join(found).split()) == "".join(text.split())


@given(words)
def test_spans_are_the_text_without_its_marks(text: str) -> None:
    assert "".join(f"`{piece}`" if code else piece for piece, code in spans(text)) == text


def test_a_label_that_is_cut_shows_it() -> None:
    assert shortened("abcdef", 4) == "abc…"
    assert shortened("abcd", 4) == "abcd"
