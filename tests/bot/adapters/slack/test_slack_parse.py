"""What people do in Slack, as the core gets it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions import Action, ActionError
from bot.adapters.slack import parse
from tests.bot.adapters.slack.fake_people import ALICE, CHANNEL, OWN_CHAT, TEAM, Said
from tests.bot.adapters.slack.fake_slack import FakeSlack

AT = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("/shape conv1d 3 16", "/shape conv1d 3 16"),
        ("/shape", "/shape"),
        ("/stride shape conv1d 3 16", "/shape conv1d 3 16"),
        ("/stride /shape x", "/shape x"),
        ("/stride", "/help"),
        ("/shape einsum “ij,jk-&gt;ik”", '/shape einsum "ij,jk->ik"'),
        ("/echo <https://e.org|e.org> &amp; x", "/echo e.org & x"),
    ],
)
def test_a_command_is_read_as_it_was_typed(typed: str, text: str) -> None:
    assert parse.slash(FakeSlack(base="http://x").slash(typed), AT).text == text


def test_people_are_told_apart_by_workspace_and_places_by_channel() -> None:
    incoming = parse.slash(FakeSlack(base="http://x").slash("/shape", channel=OWN_CHAT), AT)
    assert incoming.user.id == f"slack:{TEAM}.{ALICE}"
    assert (incoming.place.platform, incoming.place.community, incoming.place.private) == ("slack", TEAM, True)


@pytest.mark.parametrize("text", ["<@U0STRIDE> shape relu", "<@U0STRIDE|stride>  /shape relu", "shape relu"])
def test_a_mention_is_a_command(text: str) -> None:
    body = FakeSlack().mention(text)
    incoming = parse.event(body)
    assert (incoming.text, incoming.id) == ("/shape relu", f"slack:{body['event_id']}")
    assert incoming.at == datetime.fromtimestamp(float(body["event"]["ts"]), UTC)


def test_a_press_carries_its_action_and_its_choice() -> None:
    message = Said(CHANNEL, "", [], "chat.postMessage", ts="1.5", thread="1.2")
    body = FakeSlack(base="http://x").press(message, "stride:3:1:answer:7", "relu")
    incoming = parse.press(body, AT)
    assert (incoming.action, dict(incoming.values)) == (Action("answer", ("7",)), {"choice": "relu"})
    assert parse.press_address(body).thread == "1.2"


@pytest.mark.parametrize("action_id", ["", "stride", "stride:0:2:later:version", "other:0:1:x", "stride:1"])
def test_a_press_that_is_not_of_this_version_is_refused(action_id: str) -> None:
    message = Said(CHANNEL, "", [], "chat.postMessage", ts="1.5")
    with pytest.raises(ActionError):
        parse.press(FakeSlack(base="http://x").press(message, action_id), AT)


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"action": "9:x"}'])
def test_a_form_that_is_not_of_this_version_is_refused(kept: str) -> None:
    view: dict[str, Any] = {"private_metadata": kept}
    with pytest.raises(ActionError):
        parse.form(FakeSlack().submit(view, {}), AT)


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    parse.typed_text(text)
