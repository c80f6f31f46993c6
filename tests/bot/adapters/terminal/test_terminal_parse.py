"""What a line of stdin asks for."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.terminal.parse import MAX_LINE, Speaker, incoming, request
from bot.errors import WrongUsage

OPERATOR = Speaker(name="root")
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_a_line_is_a_command() -> None:
    asked = request(b"/shape linear 5 3\r\n", OPERATOR)
    assert asked.text == "/shape linear 5 3"
    event = incoming(asked, id="1", now=NOW)
    assert (event.id, event.at, event.values) == ("terminal:1", NOW, {})
    assert (event.user.id, event.user.organiser, event.user.operator) == ("terminal:root", True, True)


def test_an_object_says_who_where_and_when() -> None:
    line = {
        "text": "/run",
        "code": "print()",
        "as": "alice",
        "organiser": False,
        "in": "group",
        "at": "2026-03-29T03:30+02:00",
    }
    event = incoming(request(json.dumps(line).encode(), OPERATOR), id="1", now=NOW)
    assert (event.user.id, event.user.name, event.user.organiser) == ("terminal:alice", "alice", False)
    assert event.user.operator
    assert (event.place.channel, event.text, event.values) == ("group", "/run", {"code": "print()"})
    assert event.at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_all_but_the_text_may_be_left_out() -> None:
    speaker = Speaker(name="bob", organiser=False, channel="class", at=NOW)
    assert request(b'{"text": "/help"}', speaker).speaker == speaker


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"text": "/help", "user": "x"}', "`user` is not one of the fields"),
        (b'{"as": "x"}', "`text` is missing"),
        (b'{"text": 5}', "`text` is a text"),
        (b'{"text": "", "organiser": "yes"}', "`organiser` is true or false"),
        (b'{"text": "", "code": null}', "`code` is a text"),
        (b'{"text": "", "at": "2026-03-29T01:30"}', "is not a moment with its zone"),
        (b'{"text": "", "at": "0001-01-01T00:00+14:00"}', "is not a moment with its zone"),
        (b'{"text": ', "not JSON"),
        (b"{" * 100_000, "not JSON"),
        (b'{"text": "", "n": ' + b"9" * 5_000 + b"}", "not JSON that can be read"),
        (b"\xff", "not UTF-8"),
        (b"x" * (MAX_LINE + 1), "longer than"),
    ],
)
def test_a_line_that_cannot_be_read_says_why(line: bytes, words: str) -> None:
    with pytest.raises(WrongUsage) as caught:
        request(line, OPERATOR)
    assert words in caught.value.message


@given(st.binary(max_size=60) | st.text(alphabet='{}[]:," textasinat0', max_size=60).map(str.encode))
def test_any_line_is_a_request_or_a_mistake(line: bytes) -> None:
    with suppress(WrongUsage):
        assert isinstance(request(line, OPERATOR).text, str)
