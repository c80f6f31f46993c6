"""Replies as Discord takes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.actions import Action
from bot.adapters.discord.markup import escape, paragraphs
from bot.adapters.discord.render import MAX_MESSAGES, modal, render
from bot.reply import Button, Buttons, Code, Field, File, Form, Reply, Table, Text
from tests.bot.adapters.discord.openapi import DiscordApi, check_sizes
from tests.bot.adapters.replies import forms, replies, words
from tests.bot.adapters.specs import need_spec

few = settings(max_examples=40, deadline=None)  # a reply takes a while to make up, and to hold against a schema
CALLBACK = "/interactions/1/token/callback"


@pytest.fixture(scope="module")
def api() -> DiscordApi:
    return DiscordApi(need_spec("discord-openapi.json"))


@few
@given(replies)
def test_every_reply_fits_into_a_few_messages(reply: Reply) -> None:
    messages = render(reply)
    assert 1 <= len(messages) <= MAX_MESSAGES
    for message in messages:
        check_sizes({"components": message.components})
        names = [each.name for each in message.files]
        assert len(names) == len(set(names)) <= 10


@few
@given(replies)
def test_discord_takes_every_reply(api: DiscordApi, reply: Reply) -> None:
    for message in render(reply):
        api.check("POST", CALLBACK, {"type": 4, "data": {"flags": 1 << 15, "components": list(message.components)}})


@few
@given(forms)
def test_discord_takes_every_form(api: DiscordApi, form: Form) -> None:
    api.check("POST", CALLBACK, {"type": 9, "data": modal(form, [Text(text="Before you send it.")])})


@given(words)
def test_what_is_escaped_is_shown_to_the_letter(text: str) -> None:
    shown = re.sub(r"\\([^0-9A-Za-z\s])", r"\1", escape(text))
    assert shown == text


@given(st.text(alphabet="*_~|`[]<>@\\#-+1.: /hs\n", max_size=60))
def test_no_markup_is_left_in_what_is_escaped(text: str) -> None:
    left = re.sub(r"\\[^0-9A-Za-z\s]", "x", escape(text))
    assert not re.search(r"[*_~|`\[\]<>@\\]|://|^\s*([#+-]|\d+\.)", left, re.MULTILINE)


@pytest.mark.parametrize("code", ["```@everyone```", "`" * 7, "a ``` b"])
def test_code_cannot_break_out_of_its_fence_and_comes_as_a_file_to_the_letter(code: str) -> None:
    (message,) = render(Reply(parts=(Code(code=code),)))
    shown = message.components[0]["components"][0]["content"]
    assert shown.count("```") == 2
    assert shown.replace("\u200b", "") == f"```\n{code}\n```"
    assert [each.data for each in message.files] == [code.encode()]


def test_a_single_mark_in_code_needs_no_file() -> None:
    (message,) = render(Reply(parts=(Code(code="`a` is b"),)))
    assert not message.files


def test_a_file_that_discord_would_refuse_is_named_and_the_rest_arrives() -> None:
    large = File(name="large.bin", data=bytes(11 * 1024 * 1024))
    (message,) = render(Reply(parts=(Text(text="Here."), large)))
    assert not message.files
    assert "11 MiB, more than Discord takes" in message.components[0]["components"][1]["content"]


def test_files_that_are_too_large_together_come_one_after_another() -> None:
    halves = tuple(File(name=f"{number}.bin", data=bytes(6 * 1024 * 1024)) for number in range(2))
    assert [len(message.files) for message in render(Reply(parts=halves))] == [1, 1]


def test_long_code_shows_its_beginning_and_comes_whole_in_a_file() -> None:
    code = "\n".join(f"line {number}" for number in range(1_000))
    (message,) = render(Reply(parts=(Code(code=code, language="python"),)))
    assert message.components[0]["components"][0]["content"].startswith("```python\nline 0\n")
    assert message.files[0].data == code.encode()


def test_the_same_action_twice_is_one_button_since_discord_refuses_two() -> None:
    again = Button(label="Again", action=Action("again"))
    (message,) = render(Reply(parts=(Buttons(buttons=(again, again)),)))
    assert len(message.components[0]["components"][0]["components"]) == 1


@pytest.mark.parametrize(
    ("name", "kept"),
    [("a b/c.py", "a_b_c.py"), ("..", "_-1"), ("é.tar.gz", "__tar.gz"), ("table-1.txt", "table-1-1.txt")],
)
def test_a_file_keeps_a_name_that_discord_keeps(name: str, kept: str) -> None:
    (message,) = render(Reply(parts=(File(name=name, data=b"x"),)))
    assert [each.name for each in message.files] == [kept]


def test_two_files_of_one_name_are_told_apart() -> None:
    twice = File(name="a.csv", data=b"x")
    (message,) = render(Reply(parts=(twice, twice)))
    assert [each.name for each in message.files] == ["a.csv", "a-2.csv"]


def test_a_table_too_wide_for_a_phone_is_read_row_by_row() -> None:
    rows = (("Asia/Kolkata", "Thu 1 Jan, 13:30"), ("Asia/Jerusalem", "Thu 1 Jan, 10:00"))
    (message,) = render(Reply(parts=(Table(headers=("zone", "time there now"), rows=rows),)))
    (text,) = message.components[0]["components"]
    assert text["content"].splitlines() == ["`Asia/Kolkata` Thu 1 Jan, 13:30", "`Asia/Jerusalem` Thu 1 Jan, 10:00"]


def test_a_form_with_more_inputs_than_discord_has_is_refused_here() -> None:
    fields = tuple(Field(name=f"f{number}", label="?") for number in range(6))
    with pytest.raises(ValueError, match="at most 5 inputs"):
        modal(Form(title="Six", fields=fields, action=Action("six")))


def test_a_moment_is_counted_down_to_by_the_clients_themselves() -> None:
    closes = Text(text="The question closes", until=datetime(2026, 3, 2, 9, 0, 20, tzinfo=UTC))
    assert paragraphs(closes) == ["The question closes <t:1772442020:R>"]
