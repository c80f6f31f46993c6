"""Replies survive being kept."""

from __future__ import annotations

import json
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.actions import Action
from bot.codec import CodecError, dumps, from_json, loads
from bot.reply import (
    Button,
    Buttons,
    Code,
    Fault,
    Field,
    File,
    Form,
    MessageRef,
    Part,
    Picture,
    Reply,
    Select,
    Table,
    Text,
)

Drawn = TypeVar("Drawn")


def few(strategy: st.SearchStrategy[Drawn]) -> st.SearchStrategy[list[Drawn]]:
    return st.lists(strategy, max_size=2)


words = st.text(max_size=5)
actions = st.builds(
    Action,
    st.text(alphabet="abc", min_size=1, max_size=5),
    few(st.text(alphabet="xyz019", max_size=5)).map(tuple),
)
parts: st.SearchStrategy[Part] = st.one_of(
    st.builds(
        Text,
        text=words,
        tone=st.sampled_from(["normal", "heading", "good", "bad", "note"]),
        until=st.none() | st.datetimes(timezones=st.timezones()),
    ),
    st.builds(Code, code=words, language=words),
    st.builds(Table, headers=st.tuples(words, words), rows=few(st.tuples(words, words)).map(tuple), title=words),
    st.builds(Picture, data=st.binary(max_size=5), alt=words, kind=st.sampled_from(["png", "gif"])),
    st.builds(File, name=words, data=st.binary(max_size=5), kind=words),
    st.builds(
        Buttons,
        buttons=few(
            st.builds(Button, label=words, action=actions, style=st.sampled_from(["normal", "primary", "danger"]))
        ).map(tuple),
    ),
    st.builds(Select, label=words, options=few(st.tuples(words, words)).map(tuple), action=actions),
    st.builds(
        Form,
        title=words,
        fields=few(
            st.builds(Field, name=words, label=words, value=words, multiline=st.booleans(), required=st.booleans())
        ).map(tuple),
        action=actions,
    ),
)
replies = st.builds(
    Reply,
    parts=few(parts).map(tuple),
    private=st.booleans(),
    replaces=st.none() | st.builds(MessageRef, channel=words, message=words),
    data=st.dictionaries(words, st.integers() | words | few(st.integers() | st.none()), max_size=2),
    fault=st.none()
    | st.builds(Fault, kind=words, message=words, column=st.none() | st.integers(), suggestion=st.none() | words),
)


@given(replies)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_every_reply_comes_back_as_it_was(reply: Reply) -> None:
    text = dumps(reply)
    assert "\n" not in text
    assert loads(text) == reply


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"v": 2, "parts": []}',
        '{"v": 1}',
        '{"v": 1, "parts": [{"is": "hologram"}]}',
        '{"v": 1, "parts": [{"is": "text"}]}',
        '{"v": 1, "parts": [{"is": "text", "text": "", "tone": "note", "until": "tomorrow"}]}',
        '{"v": 1, "parts": [{"is": "select", "label": "", "options": [], "id": "no"}]}',
        '{"v": 1, "parts": [], "fault": {"oops": 1}}',
        "[" * 100_000,
    ],
)
def test_what_is_no_reply_is_refused(text: str) -> None:
    with pytest.raises(CodecError):
        loads(text)


def test_a_reply_of_an_older_kind_is_told_apart_by_its_version() -> None:
    message = json.loads(dumps(Reply(parts=())))
    assert from_json(message) == Reply(parts=())
    with pytest.raises(CodecError, match="version"):
        from_json(message | {"v": 0})
