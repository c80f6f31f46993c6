"""What a program wrote is shown without anything that could act on who reads it."""

from __future__ import annotations

import time

import pytest

from sandbox.language.plain import plain


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b[2J\x1b[Hclean", "clean"),
        ("\x1bcreset", "reset"),
        ("\x9b31mred", "red"),
        ("nul\x00 bell\x07 back\x08", "nul bell back"),
        ("abc\u202edef\u2066", "abcdef"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("10%\r50%\r100%\n", "100%\n"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("done\r", "done"),
        ("Z" + "\u0300" * 50, "Z" + "\u0300" * 4),
        ("tag\U000e0041", "tag"),
        ("\x1b", ""),
        ("\x1b[", ""),
    ],
)
def test_what_acts_is_taken_out(written: str, shown: str) -> None:
    assert plain(written) == (shown, True)


@pytest.mark.parametrize("text", ["", "plain\ttext\n", "größer 日本語 \u2713 e\u0301", "\U0001f468\U0001f3fd"])
def test_what_is_text_stays(text: str) -> None:
    assert plain(text) == (text, False)


def test_hostile_text_is_cleaned_in_a_moment() -> None:
    started = time.perf_counter()
    for text in (
        "\x1b]" * 32_000,
        "\x1b[" + "1;" * 32_000,
        "\r" * 65_000,
        "a\r" * 32_000,
        "\u0300" * 32_000,
        "\x1b" * 65_000,
    ):
        assert "\x1b" not in plain(text).text
    assert time.perf_counter() - started < 2
