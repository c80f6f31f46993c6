"""How replies look to programs and in a terminal."""

from __future__ import annotations

import io
import json
import re
from datetime import datetime, timedelta, timezone

import pytest
from rich.console import Console

from bot.actions import Action
from bot.adapters.terminal import render
from bot.reply import Button, Buttons, Code, Fault, Field, File, Form, Part, Picture, Reply, Select, Table, Text

PRESS = Action("press", ("1",))
EVERY_PART: tuple[Part, ...] = (
    Text(text="A `code` word", tone="heading"),
    Code(code="nn.Linear(5, 3)\n", language="python"),
    Table(headers=("size", "value"), rows=(("N", "[bold]5[/bold]"),), title="Sizes"),
    Picture(data=b"", alt="a rising curve"),
    File(name="notes.txt", data=b"abc"),
    Buttons(buttons=(Button(label="Explain", action=PRESS), Button(label="Show that", action=PRESS))),
    Select(label="Choose", options=(("a", "Alpha"), ("b", "Beta")), action=PRESS),
    Form(title="Your name", fields=(Field(name="name", label="Name"),), action=PRESS),
)


def printed(reply: Reply) -> tuple[str, list[render.Choice]]:
    out = io.StringIO()
    offered = render.show(reply, Console(file=out, width=100), {})
    return out.getvalue(), offered


def test_a_moment_is_said_as_a_time_of_day() -> None:
    closes = Text(
        text="The question closes", until=datetime(2026, 3, 2, 10, 0, 20, tzinfo=timezone(timedelta(hours=1)))
    )
    assert "The question closes at 09:00:20 UTC" in printed(Reply(parts=(closes,)))[0]


def test_every_part_is_shown_and_choices_are_numbered_through() -> None:
    text, offered = printed(Reply(parts=EVERY_PART))
    for words in ("A code word", "    nn.Linear(5, 3)", "[bold]5[/bold]", "Sizes", "a rising curve", "notes.txt"):
        assert words in text
    for words in ("[1] Explain", "[2] Show that", "Choose", "[3] Alpha", "[4] Beta", "[5] Your name"):
        assert words in text
    assert len(offered) == 5


def test_in_a_terminal_words_stay_whole_and_what_may_be_copied_is_as_it_was() -> None:
    said = "A card of the day comes here on Mondays and Wednesdays at 09:00, about conv."
    code = "nn.Sequential(nn.Conv1d(3, 16, 3), nn.ReLU(), nn.Conv1d(16, 8, 3))"
    reply = Reply(parts=(Text(text=said), Code(code=code)))
    shown = {}
    for terminal in (True, False):
        out = io.StringIO()
        render.show(reply, Console(file=out, width=40, force_terminal=terminal, no_color=True), {})
        lines = re.sub(r"\x1b\[[\d;]*m", "", out.getvalue()).splitlines()
        shown[terminal] = [line.rstrip() for line in lines]
    wrapped = ["A card of the day comes here on Mondays", "and Wednesdays at 09:00, about conv."]
    assert shown[True] == [*wrapped, f"    {code}"]
    assert shown[False] == [said, f"    {code}"]  # a program reads a line as a line


def test_where_nothing_can_be_pressed_no_buttons_are_shown() -> None:
    out = io.StringIO()
    render.show(Reply(parts=EVERY_PART[:6]), Console(file=out), {}, choices=False)
    assert "Explain" not in out.getvalue()


def test_what_was_typed_cannot_drive_the_terminal() -> None:
    bad = "\x1b]0;owned\x07\x9b2J\x08"
    parts = (Text(text=bad), Code(code=bad), Table(headers=(bad,), rows=((bad,),), title=bad))
    text, _ = printed(Reply(parts=parts))
    assert not set("\x1b\x07\x9b\x08") & set(text)
    assert "owned" in text


def test_an_answer_as_json() -> None:
    line = render.to_json(Reply(parts=(Text(text="(N, 3)"),), data={"torch": "2.13.0"}))
    assert "\n" not in line
    assert json.loads(line) == {"ok": True, "text": "(N, 3)", "data": {"torch": "2.13.0"}, "error": None}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(kind="usage", message="No."), {"kind": "usage", "message": "No."}),
        (
            Fault(kind="language", message="No.", column=0, suggestion="yes"),
            {"kind": "language", "message": "No.", "column": 0, "suggestion": "yes"},
        ),
    ],
)
def test_a_fault_as_json_has_only_what_it_knows(fault: Fault, error: dict[str, object]) -> None:
    message = json.loads(render.to_json(Reply(parts=(), fault=fault)))
    assert message == {"ok": False, "text": "", "data": {}, "error": error}


@pytest.mark.parametrize(
    ("kind", "status"),
    [("usage", 1), ("language", 1), ("shape", 1), ("timeout", 1), ("bug", 2), ("unavailable", 2), ("killed", 1)],
)
def test_the_exit_status_tells_the_askers_mistakes_from_ours(kind: str, status: int) -> None:
    assert render.status(Fault(kind=kind, message="")) == status
    assert render.status(None) == 0
