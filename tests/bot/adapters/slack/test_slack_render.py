"""Replies as Slack takes them."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings

from bot.actions import Action
from bot.adapters.slack.parse import Address
from bot.adapters.slack.render import MAX_MESSAGES, modal, render
from bot.reply import Button, Buttons, Form, Reply, Text, plain
from tests.bot.adapters.replies import forms, replies, words
from tests.bot.adapters.slack.blocks import check_blocks, check_message, check_view, walk
from tests.bot.adapters.slack.blocks import words as read

few = settings(max_examples=40, deadline=None)  # a reply takes a while to make up, and to hold against a schema
HERE = Address(channel="C1", user="U1", team="T1", thread="1.2")


@few
@given(replies)
def test_slack_takes_every_reply(reply: Reply) -> None:
    rendered = render(reply)
    assert 1 <= len(rendered.messages) <= MAX_MESSAGES
    for message in rendered.messages:
        check_message({"text": message.text, "blocks": list(message.blocks)})


@few
@given(forms, words)
def test_slack_takes_every_form_with_the_words_above_it(form: Form, text: str) -> None:
    check_view(modal(form, HERE, (Text(text=text),)))


@given(words)
def test_what_was_typed_is_shown_to_the_letter(text: str) -> None:
    (message,) = render(Reply(parts=(Text(text=f"a {text} z"),))).messages
    assert read(list(message.blocks)).replace("`", "") == f"a {text} z".replace("`", "")


def test_nothing_that_was_typed_stands_in_markup() -> None:
    """Slack reads markup in `mrkdwn` alone, and no block has any."""
    (message,) = render(
        Reply(parts=(Text(text="<!channel> *b*", tone="note"), Text(text="<@U1>", tone="heading")))
    ).messages
    assert not [each for each in walk(list(message.blocks)) if each.get("type") == "mrkdwn"]


def test_the_notification_says_the_whole_reply() -> None:
    reply = Reply(parts=(Text(text="a < b"), Text(text="c & d")))
    assert render(reply).messages[0].text == plain(reply).replace("&", "&amp;").replace("<", "&lt;")


def test_two_buttons_that_do_the_same_have_different_ids_since_slack_refuses_one() -> None:
    again = Button(label="Again", action=Action("again"))
    (message,) = render(Reply(parts=(Buttons(buttons=(again, again)),))).messages
    first, second = message.blocks[0]["elements"]
    assert first["action_id"] != second["action_id"]


def test_a_moment_is_shown_to_each_reader_in_their_own_zone() -> None:
    closes = Text(text="It closes", until=datetime(2026, 3, 2, 9, 0, 20, tzinfo=UTC))
    [message] = render(Reply(parts=(closes,))).messages
    check_blocks(list(message.blocks))
    said, date = message.blocks[0]["elements"][0]["elements"]
    assert said["text"] == "It closes at "
    assert date == {"type": "date", "timestamp": 1772442020, "format": "{time_secs}", "fallback": "09:00:20 UTC"}
    assert message.text == "It closes at 09:00:20 UTC"
