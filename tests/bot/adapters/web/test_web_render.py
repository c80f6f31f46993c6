"""Answers as frames."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from bot.adapters.web import render
from bot.command import Command, Completion, Example, Incoming, Option, User
from bot.commands.help import HELP
from bot.reply import Fault, File, Part, Picture, Reply, Text
from tests.bot.adapters.lab import FORM, PNG, TABLE

ALICE = User(id="web:aa", name="Alice", organiser=True)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVERY: tuple[Part, ...] = (*TABLE, FORM, Picture(data=PNG, alt="A dot"), File(name="a.py", data=b"x = 1"))


def message(reply: Reply, at: datetime = NOON) -> render.Json:
    return render.message(
        user=ALICE, channel="general", at=at, said="/x", action=None, reply=reply, number=7, event=None
    )


def test_every_kind_of_part_becomes_json_with_its_type() -> None:
    parts = json.loads(json.dumps(message(Reply(parts=EVERY))))["parts"]
    kinds = [part["type"] for part in parts]
    assert kinds == ["text", "code", "table", "text", "buttons", "select", "form", "picture", "file"]
    assert parts[-1] == {"type": "file", "name": "a.py", "size": 5, "address": parts[-1]["address"]}
    assert parts[-1]["address"].startswith("/media/general/")
    assert parts[-1]["address"].endswith("/8")
    assert parts[4]["buttons"][0] == {"label": "Why?", "action": "1:lab-more:formula", "style": "primary"}


def test_a_moment_is_sent_for_the_page_to_count_down_to_with_the_words_for_where_nothing_counts() -> None:
    closes = Text(text="The question closes", tone="note", until=NOON)
    assert message(Reply(parts=(closes,)))["parts"][0] == {
        "type": "text",
        "text": "The question closes",
        "tone": "note",
        "until": "2026-03-02T12:00:00+00:00",
        "plain": "The question closes at 12:00:00 UTC",
    }


def test_text_is_sent_as_it_is_for_the_page_to_show_as_text() -> None:
    assert message(Reply(parts=(Text(text="<script>&"),)))["parts"][0]["text"] == "<script>&"


def test_an_exchange_has_one_name_now_and_in_the_history() -> None:
    first, second = message(Reply(parts=())), message(Reply(parts=()), NOON + timedelta(microseconds=1))
    assert first["key"] == message(Reply(parts=(Text(text="x"),)))["key"]
    assert first["key"] != second["key"]


def test_a_private_answer_and_a_fault_say_so() -> None:
    shown = message(Reply(parts=(), private=True, fault=Fault(kind="usage", message="No.")))
    assert shown["private"]
    assert shown["fault"]


def test_an_author_is_shown_without_the_platforms_prefix() -> None:
    assert message(Reply(parts=()))["author"] == {"id": "aa", "name": "Alice"}


async def _quiet(_core: object, _incoming: Incoming, _given: object) -> Reply:
    return Reply(parts=())


def test_commands_for_organisers_are_shown_to_organisers() -> None:
    secret = Command(
        name="close",
        says="Closes.",
        help="",
        options=(Option(name="what", says="Which.", choices=("a", "b")),),
        examples=(Example(text="/close a", says="closes a"),),
        handler=_quiet,
        organisers_only=True,
    )
    assert [each["name"] for each in render.commands((HELP, secret), organiser=False)] == ["help"]
    both = render.commands((HELP, secret), organiser=True)
    assert both[1]["options"] == [{"name": "what", "says": "Which.", "required": True, "choices": ("a", "b")}]


def test_completions_carry_the_number_of_the_question() -> None:
    frame = render.completions(4, [Completion(text="/help ", label="/help", says="what you can type")])
    assert frame["number"] == 4
    assert frame["items"] == [{"text": "/help ", "label": "/help", "says": "what you can type"}]
