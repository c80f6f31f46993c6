"""What comes from a browser is doubted."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions import Action
from bot.adapters.web.parse import Act, Complete, Earlier, FrameError, Rename, Say, channel_name, incoming, parse, place
from bot.command import User
from bot.dispatch import MAX_TEXT

EVENT = "0123456789abcdef" * 2
ALICE = User(id="web:aa", name="Alice")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def read(**frame: object) -> object:
    return parse(json.dumps(frame))


def test_each_kind_of_frame_is_read() -> None:
    assert read(type="say", id=EVENT, text="/help") == Say(event=EVENT, text="/help")
    pressed = read(type="act", id=EVENT, action="1:shape:x", values={"choice": "relu"})
    assert pressed == Act(event=EVENT, action=Action("shape", ("x",)), values={"choice": "relu"})
    assert read(type="complete", number=3, text="/sh") == Complete(number=3, text="/sh")
    assert read(type="earlier", before=40) == Earlier(before=40)
    assert read(type="name", name="Ada") == Rename(name="Ada")


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "[]",
        "null",
        '"say"',
        "{",
        "[" * 100_000,
        '{"type": "say"}',
        '{"type": ["say"]}',
        '{"type": "shutdown"}',
        '{"type": "__class__"}',
        json.dumps({"type": "say", "id": "short", "text": "x"}),
        json.dumps({"type": "say", "id": EVENT + "\n", "text": "x"}),
        json.dumps({"type": "say", "id": EVENT, "text": None}),
        json.dumps({"type": "say", "id": EVENT, "text": " \n"}),
        json.dumps({"type": "act", "id": EVENT, "action": "2:shape"}),
        json.dumps({"type": "act", "id": EVENT, "action": "1:shape", "values": {"a": 1}}),
        json.dumps({"type": "act", "id": EVENT, "action": "1:shape", "values": {str(n): "" for n in range(26)}}),
        json.dumps({"type": "complete", "number": True, "text": ""}),
        json.dumps({"type": "earlier", "before": -1}),
        json.dumps({"type": "earlier", "before": 1e400}),
        json.dumps({"type": "earlier", "before": 2**64}),
    ],
)
def test_a_frame_that_cannot_be_used_is_refused_in_words(raw: str) -> None:
    with pytest.raises(FrameError) as refused:
        parse(raw)
    assert refused.value.words.endswith((".", "?"))


def test_a_message_that_is_too_long_is_refused_with_both_numbers() -> None:
    assert isinstance(read(type="say", id=EVENT, text="x" * MAX_TEXT), Say)
    with pytest.raises(FrameError, match=r"32,001 characters; a message has at most 32,000") as refused:
        read(type="say", id=EVENT, text="x" * (MAX_TEXT + 1))
    assert refused.value.event == EVENT


def test_half_a_character_becomes_a_whole_one() -> None:
    assert read(type="say", id=EVENT, text="a\ud800b") == Say(event=EVENT, text="a\ufffdb")
    assert read(type="say", id=EVENT, text="\U0001f600") == Say(event=EVENT, text="\U0001f600")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_is_a_frame_or_a_frame_error(value: object) -> None:
    with suppress(FrameError):
        parse(json.dumps(value))


def test_a_persons_events_are_their_own() -> None:
    """Nobody can use up an id that another browser will make."""
    frame = Say(event=EVENT, text="/help")
    assert incoming(frame, ALICE, place("general"), NOON).id == f"web:aa:{EVENT}"
    pressed = incoming(Act(event=EVENT, action=Action("x")), ALICE, place("general"), NOON)
    assert pressed.action == Action("x")
    assert pressed.text == ""


@pytest.mark.parametrize("name", ["general", "week-3", "a", "0", "x" * 32])
def test_channel_names(name: str) -> None:
    assert channel_name(name) == name


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "x" * 33, "a/b", "..", "a b", "a\n", "ä", "%61"])
def test_what_is_no_channel_name(name: str) -> None:
    assert channel_name(name) is None
