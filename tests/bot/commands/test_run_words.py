"""The words of a run's answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import run_words as words
from sandbox.limits import named
from sandbox.protocol import Limits


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[31mred", "\\e[31mred"),
        ("a\x00b\x07", "a\\x00b\\x07"),
        ("\u202eevil\u2066", "\\u202eevil\\u2066"),
        (" 10%\r 50%\r100%\n", "100%\n"),
        (" 10%\r 50%\r", " 50%"),
        ("dos\r\nlines\r\n", "dos\nlines\n"),
        ("caf\u00e9 \u2713 \U0001f600", "caf\u00e9 \u2713 \U0001f600"),
    ],
)
def test_what_would_drive_a_terminal_is_shown_instead(given_: str, shown: str) -> None:
    assert words.visible(given_) == shown


@given(st.text(max_size=200))
def test_nothing_that_is_shown_can_drive_a_terminal_or_turn_a_line_round(text: str) -> None:
    shown = words.visible(text)
    assert all(character.isprintable() or character not in "\x1b\x07\x08\r\x00\x9b\u202e\u2066" for character in shown)
    assert words.visible(shown) == shown


def test_one_stream_alone_is_not_marked() -> None:
    assert words.written([{"stream": "stderr", "text": "a\nb\n"}]) == ("a\nb", False)
    assert words.written([]) == ("", False)


def test_lines_of_stderr_are_marked_where_both_were_written_to() -> None:
    pieces = [
        {"stream": "stdout", "text": "half a line"},
        {"stream": "stderr", "text": "one\ntwo\n"},
        {"stream": "stdout", "text": "rest\n"},
    ]
    assert words.written(pieces) == ("half a line\n! one\n! two\nrest", True)


@given(st.lists(st.integers(0, 400), max_size=80), st.integers(10, 40), st.integers(100, 2_000))
def test_what_is_cut_is_short_and_says_so_and_nothing_else_is_touched(
    lengths: list[int], lines: int, characters: int
) -> None:
    text = "\n".join("x" * length for length in lengths)
    shown, note = words.cut(text, lines, characters)
    assert len(shown) <= characters + 60
    assert shown.count("\n") <= lines + 2
    assert bool(note) == (shown != text)


def test_the_failing_line_is_marked_with_its_neighbours_and_the_place() -> None:
    code = "a = 1\nb = 2\n\tc = a + b\nd = 4\ne = 5\nf = 6"
    assert words.marked(code, 3, 6).splitlines() == [
        "  1 | a = 1",
        "  2 | b = 2",
        "> 3 |     c = a + b",
        "    |         ^",
        "  4 | d = 4",
        "  5 | e = 5",
    ]
    assert words.marked(code, 99, 1) == ""
    assert "^" not in words.marked(code, 1, 500)


@pytest.mark.parametrize("name", ["wall", "cpu", "memory", "threads", "files", "output"])
def test_every_limit_says_its_value_and_what_to_do(name: str) -> None:
    limit = named(name, Limits(wall_s=7, cpu_s=7, memory_mb=7, threads=7, files_mb=7, output_kb=7))
    says, way_out = words.limit(limit["name"], limit["value"], limit["unit"])
    assert f"7 {limit['unit']}" in says
    assert "over a limit" not in says, "it has words of its own"
    assert way_out


@pytest.mark.parametrize(
    ("row", "what", "shape"),
    [
        ({"kind": "Tensor", "dtype": "int64", "shape": []}, "int64", "()"),
        ({"kind": "Tensor", "dtype": "int64", "shape": [3]}, "int64", "(3,)"),
        ({"kind": "Parameter", "dtype": "float32", "shape": [3, 4]}, "Parameter float32", "(3, 4)"),
        ({"kind": "Linear", "dtype": "float32", "shape": None, "params": 1}, "Linear, 1 parameter", ""),
        ({"kind": "int", "shape": None, "text": "3"}, "int 3", ""),
        ({"kind": "list", "shape": None}, "list", ""),
    ],
)
def test_what_a_name_holds(row: dict[str, object], what: str, shape: str) -> None:
    assert (words.what(row), words.shape(row)) == (what, shape)
