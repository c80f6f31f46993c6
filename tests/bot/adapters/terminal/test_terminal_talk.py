"""Asking and chatting in a terminal."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from bot.actions import Action
from bot.adapters.terminal import ask, chat
from bot.adapters.terminal.album import Album
from bot.adapters.terminal.lines import lines
from bot.adapters.terminal.parse import Speaker
from bot.app import Core
from bot.command import Command, Incoming
from bot.commands.registry import COMMANDS
from bot.reply import Button, Buttons, Field, Form, Reply, Select, Text
from tests.bot.conversation import Conversation

OPERATOR = Speaker(name="root", channel="group")


async def _choices(_core: Core, _incoming: Incoming, _given: Mapping[str, str]) -> Reply:
    button = Button(label="Press", action=Action("did"))
    select = Select(label="Choose", options=(("a", "Alpha"), ("b", "Beta")), action=Action("did"))
    form = Form(title="Fill", fields=(Field(name="name", label="Name", value="nobody"),), action=Action("did"))
    return Reply(parts=(Buttons(buttons=(button,)), select, form))


async def _did(_core: Core, incoming: Incoming, action: Action) -> Reply:
    return Reply(parts=(Text(text=f"did {action.name} {dict(incoming.values)}"),))


async def _write(_core: Core, _incoming: Incoming, _given: Mapping[str, str]) -> Reply:
    field = Field(name="text", label="Text", multiline=True)
    return Reply(parts=(Form(title="Write", fields=(field,), action=Action("did")),))


async def _wait(_core: Core, _incoming: Incoming, _given: Mapping[str, str]) -> Reply:
    os.kill(os.getpid(), signal.SIGINT)  # Ctrl-C at a terminal
    await asyncio.Event().wait()
    raise AssertionError("nobody waits any longer")


WAIT = Command(name="wait", says="takes for ever", help="Waits.", options=(), examples=(), handler=_wait)
WRITE = Command(name="write", says="opens a form", help="Opens.", options=(), examples=(), handler=_write)
CHOICES = Command(
    name="choices",
    says="offers choices",
    help="Offers.",
    options=(),
    examples=(),
    handler=_choices,
    actions={"did": _did},
)


@pytest.fixture
def core(group: Conversation) -> Core:
    """The group's core with a command that offers every kind of choice."""
    return Core(
        settings=group.core.settings,
        store=group.core.store,
        sandbox=group.core.sandbox,
        commands=(*COMMANDS, CHOICES, WRITE, WAIT),
        clock=group.clock,
    )


async def asked(core: Core, text: str, stdin: bytes = b"") -> tuple[int, list[dict[str, object]]]:
    out = io.StringIO()
    status = await ask.ask(core, text, OPERATOR, stdin=io.BytesIO(stdin), say=ask.as_json(out))
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


async def chatted(core: Core, stdin: bytes) -> str:
    out = io.StringIO()
    assert await chat.chat(core, OPERATOR, read=chat.plain_reader(io.BytesIO(stdin)), out=out) == 0
    return out.getvalue()


async def test_one_question_is_answered_and_its_status_told(core: Core) -> None:
    status, [answer] = await asked(core, "/help")
    assert (status, answer["ok"]) == (0, True)
    status, [answer] = await asked(core, "/hlep")
    assert (status, answer["ok"]) == (1, False)


async def test_every_line_is_answered_in_order_and_the_worst_status_told(core: Core) -> None:
    stdin = b'/help help\n{"text": "/help", "as": "alice"}\n{oops\n\n/choices'
    status, answers = await asked(core, "-", stdin)
    assert status == 1
    assert [answer["ok"] for answer in answers] == [True, True, False, False, True]


async def test_who_and_where_are_in_the_history(core: Core, group: Conversation) -> None:
    await asked(core, "-", b'{"text": "/help", "as": "alice", "in": "class", "at": "2026-03-29T01:30Z"}')
    place = group.place.__class__(platform="terminal", community="local", channel="class")
    [kept] = await core.history(place)
    assert (kept.name, kept.at.isoformat()) == ("alice", "2026-03-29T01:30:00+00:00")


async def test_a_person_reads_an_answer_without_buttons(core: Core) -> None:
    out = io.StringIO()
    await ask.ask(core, "/help help", OPERATOR, stdin=io.BytesIO(), say=ask.as_text(out, Album(core.settings.data_dir)))
    assert "what you can type" in out.getvalue()
    assert "[1]" not in out.getvalue()


async def test_each_line_is_answered_as_soon_as_it_is_there(core: Core) -> None:
    reading, writing = os.pipe()
    answers: asyncio.Queue[Reply] = asyncio.Queue()
    with os.fdopen(reading, "rb") as stdin, os.fdopen(writing, "wb", buffering=0) as pipe:
        asking = asyncio.create_task(ask.ask(core, "-", OPERATOR, stdin=stdin, say=answers.put))
        for text in (b"/help\n", b"/choices\n"):
            pipe.write(text)
            assert (await answers.get()).fault is None
        pipe.close()
        assert await asking == 0


async def test_a_line_that_is_too_long_is_cut_and_the_next_one_is_whole() -> None:
    found = [line async for line in lines(io.BytesIO(b"short\n" + b"x" * 50 + b"\nnext"), 10)]
    assert found == [b"short\n", b"x" * 11, b"next"]


async def test_a_chat_presses_buttons_by_their_numbers(core: Core) -> None:
    text = await chatted(core, b"/choices\n1\n/choices\n3\n/choices\n4\nalice\n/choices\n4\n\n/quit\n/choices\n")
    assert "did did {}" in text
    assert "did did {'choice': 'b'}" in text
    assert "did did {'name': 'alice'}" in text
    assert "did did {'name': 'nobody'}" in text
    assert text.count("[1] Press") == 4


async def test_a_number_that_no_button_has_is_just_text(core: Core) -> None:
    text = await chatted(core, b"/choices\n9\n\n" + "²\n".encode())
    assert text.count("Commands begin with a slash") == 2


async def test_a_form_opens_by_itself_and_takes_lines_up_to_an_empty_one(core: Core) -> None:
    text = await chatted(core, b"/write\nfirst\n  second\n\n/write\n\n/help write\n")
    assert "did did {'text': 'first\\n  second'}" in text
    assert text.count("[1] Write") == 1, "sent empty, it waits under its number"


@pytest.fixture
def keyboard() -> Iterator[PipeInput]:
    """A keyboard, and a screen that nobody looks at."""
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        yield keys


async def test_at_a_terminal_code_is_edited_on_several_lines(core: Core, keyboard: PipeInput, tmp_path: Path) -> None:
    read = chat.prompting_reader(core, tmp_path / "history")
    keyboard.send_text("\ry\x1b\r")  # Enter, y, Esc and then Enter
    assert await read("", Field(name="code", label="Code", value="x", multiline=True)) == "x\ny"
    keyboard.send_text("z\r")
    assert await read("Name: ", Field(name="name", label="Name")) == "z"
    assert not (tmp_path / "history").exists(), "a form is no line of the history"


async def test_at_a_terminal_lines_are_kept_for_the_next_time(core: Core, keyboard: PipeInput, tmp_path: Path) -> None:
    read = chat.prompting_reader(core, tmp_path / "history")
    keyboard.send_text("/help\r")
    assert await read(chat.PROMPT) == "/help"
    keyboard.send_text("\x04")  # Ctrl-D
    assert await read(chat.PROMPT) is None
    assert "+/help" in (tmp_path / "history").read_text()


async def test_ctrl_c_at_a_terminal_drops_what_was_typed_and_the_talk_goes_on(
    core: Core, keyboard: PipeInput, tmp_path: Path
) -> None:
    read = chat.prompting_reader(core, tmp_path / "history")
    keyboard.send_text("/run x\x03")
    assert await read(chat.PROMPT) == ""


async def test_ctrl_c_leaves_a_form(core: Core, keyboard: PipeInput, tmp_path: Path) -> None:
    read = chat.prompting_reader(core, tmp_path / "history")
    keyboard.send_text("half a line\x03")
    with pytest.raises(chat.FormLeft):
        await read("", Field(name="code", label="Code", value="x", multiline=True))


async def test_a_form_that_is_left_sends_nothing_and_the_talk_goes_on(core: Core) -> None:
    typed, out = iter(["/write", "/help", None]), io.StringIO()

    async def read(_prompt: str, field: Field | None = None) -> str | None:
        if field is not None:
            raise chat.FormLeft
        return next(typed)

    assert await chat.chat(core, OPERATOR, read=read, out=out) == 0
    assert "did did" not in out.getvalue()
    assert chat.LEFT in out.getvalue()
    assert "what you can type" in out.getvalue()


async def test_ctrl_c_stops_an_answer_and_not_the_talk(core: Core) -> None:
    said = await chatted(core, b"/wait\n/help\n")
    assert chat.STOPPED in said
    assert "what you can type" in said
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_DFL


def test_what_is_being_typed_is_completed(core: Core) -> None:
    [completion] = chat._completer(core).get_completions(Document("/hel"), CompleteEvent())
    assert (completion.text, completion.start_position) == ("/help ", -4)
