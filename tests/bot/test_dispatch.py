"""From what was typed to what is answered, and what happens when that goes wrong."""

from __future__ import annotations

import asyncio
import string
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.actions import Action
from bot.app import Core
from bot.command import Command, Example, Incoming, Option
from bot.dispatch import MAX_TEXT, Dispatcher
from bot.errors import UserError
from bot.logs import Fingerprint
from bot.reply import Reply, Text, plain
from tests.bot.conversation import Conversation, conversation

SECRET_WORDS = "my password is hunter2"


async def _echo(_core: Core, _incoming: Incoming, given: Mapping[str, str]) -> Reply:
    return Reply(parts=(Text(text=repr(sorted(given.items()))),))


async def _break(_core: Core, _incoming: Incoming, given: Mapping[str, str]) -> Reply:
    raise KeyError(given.get("text", ""))


async def _hang(_core: Core, _incoming: Incoming, _given: Mapping[str, str]) -> Reply:
    await asyncio.Event().wait()
    raise AssertionError("an event that nobody sets")


async def _refuse(_core: Core, _incoming: Incoming, _given: Mapping[str, str]) -> Reply:
    raise UserError("Not today.", column=3, suggestion="/echo a")


async def _pressed(_core: Core, _incoming: Incoming, action: Action) -> Reply:
    return Reply(parts=(Text(text=f"pressed {action.args}"),))


ECHO = Command(
    name="echo",
    says="says it again",
    help="Says it again.",
    options=(
        Option(name="colour", says="which colour", choices=("red", "green")),
        Option(name="text", says="what to say", required=False, rest=True),
    ),
    examples=(Example(text="/echo red hello", says="hello"),),
    handler=_echo,
    actions={"press": _pressed},
    aliases=("say",),
)
TEXT = (Option(name="text", says="anything", required=False, rest=True),)
COMMANDS = (
    ECHO,
    Command(name="break", says="breaks", help="Breaks.", options=TEXT, examples=(), handler=_break),
    Command(name="hang", says="hangs", help="Hangs.", options=(), examples=(), handler=_hang),
    Command(name="refuse", says="refuses", help="Refuses.", options=(), examples=(), handler=_refuse),
    Command(name="whisper", says="whispers", help="Whispers.", options=(), examples=(), handler=_echo, private=True),
    Command(name="close", says="closes", help="Closes.", options=(), examples=(), handler=_echo, organisers_only=True),
)


@asynccontextmanager
async def workshop(folder: Path) -> AsyncIterator[Conversation]:
    """A group whose commands do what these tests need."""
    async with conversation(folder, organisers=frozenset({"olga"})) as group:
        core = Core(
            settings=group.core.settings,
            store=group.core.store,
            sandbox=group.core.sandbox,
            commands=COMMANDS,
            clock=group.clock,
            new_reference=lambda: "c0ffee00",
            quick_s=0.01,
        )
        yield Conversation(core, group.clock, group.place, group.organisers)


@pytest.fixture
async def group(tmp_path: Path) -> AsyncIterator[Conversation]:
    async with workshop(tmp_path) as found:
        yield found


@pytest.mark.parametrize(
    "text",
    [
        "/echo red hello  there",
        "  /ECHO RED hello  there ",
        "echo red hello  there",
        "/say red hello  there",
        "/stride echo red hello  there",
        "／echo red hello  there",  # what a Japanese keyboard types
        "\u200f/echo\u200e red hello  there",
        "/echo\nred\thello  there",
    ],
)
async def test_a_command_is_known_however_it_is_typed(group: Conversation, text: str) -> None:
    said = plain(await group.says("alice", text))
    assert said == "[('colour', 'red'), ('text', 'hello  there')]"


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("/ehco red hi", "/echo red hi"),
        ("/ech", "/echo"),
        ("ehco red", "/echo red"),
        ("/zzzzzz", "/help"),
        ("what is this", "/help"),
        ("", "/help"),
        ("/", "/help"),
        ("/echo", "/echo red hello"),
        ("/echo rde hello", "/echo red"),
        ("/hang now", None),
    ],
)
async def test_a_mistake_is_answered_with_what_to_type(group: Conversation, text: str, suggestion: str | None) -> None:
    reply = await group.says("alice", text)
    assert reply.fault is not None
    assert reply.fault.kind == "usage"
    assert reply.fault.suggestion == suggestion
    assert suggestion is None or suggestion in plain(reply)


async def test_options_that_come_by_name_win_over_what_was_typed(group: Conversation) -> None:
    said = plain(await group.says("alice", "/echo all of this", colour="GREEN"))
    assert said == "[('colour', 'green'), ('text', 'all of this')]"


async def test_an_option_that_the_command_does_not_have_is_named(group: Conversation) -> None:
    reply = await group.says("alice", "/echo red", code="print()")
    assert reply.fault is not None
    assert "`code`" in reply.fault.message


async def test_a_bug_shows_a_number_that_the_log_has_too_and_no_word_of_what_was_said(group: Conversation) -> None:
    with capture_logs() as lines:
        reply = await group.says("alice", f"/break {SECRET_WORDS}")
    assert reply.fault is not None
    assert reply.fault.kind == "bug"
    assert "c0ffee00" in plain(reply)
    assert "KeyError" not in plain(reply)
    [bug] = [line for line in lines if line["event"] == "bug"]
    assert "KeyError" in bug["traceback"]
    assert "in _break" in bug["traceback"]
    assert "hunter2" not in str(lines)


async def test_what_was_said_is_logged_as_a_length_and_a_hash(group: Conversation) -> None:
    with capture_logs() as lines:
        await group.says("alice", f"/echo red {SECRET_WORDS}")
        await group.says("alice", f"/echo red {SECRET_WORDS}")
        await group.says("alice", "/echo red else")
    first, second, third = (line for line in lines if line["event"] == "answered")
    assert first["said_length"] == len(f"/echo red {SECRET_WORDS}")
    assert first["said_hash"] == second["said_hash"] != third["said_hash"]
    assert "hunter2" not in str(lines)


async def test_a_handler_that_takes_too_long_is_stopped(group: Conversation) -> None:
    reply = await group.says("alice", "/hang")
    assert reply.fault is not None
    assert reply.fault.kind == "timeout"


async def test_what_a_handler_refuses_is_said_with_its_way_out(group: Conversation) -> None:
    reply = await group.says("alice", "/refuse")
    assert reply.fault is not None
    assert (reply.fault.message, reply.fault.column, reply.fault.suggestion) == ("Not today.", 3, "/echo a")


async def test_an_organisers_command_is_for_organisers(group: Conversation) -> None:
    refused = await group.says("alice", "/close")
    assert refused.fault is not None
    assert "organisers" in refused.fault.message
    assert (await group.says("olga", "/close")).fault is None
    alice = group.incoming("alice").user
    await group.core.store.make_organiser(alice, group.clock.now())
    assert (await group.says("alice", "/close")).fault is None


async def test_what_a_private_command_answers_is_private_everywhere(group: Conversation) -> None:
    assert (await group.says("alice", "/whisper")).private
    assert await group.core.history(group.place, viewer="test:bob") == []


async def test_a_press_finds_its_handler_and_an_unknown_one_says_so(group: Conversation) -> None:
    assert plain(await group.submits("alice", Action("press", ("7",)))) == "pressed ('7',)"
    reply = await group.submits("alice", Action("gone"))
    assert reply.fault is not None
    assert "another version" in reply.fault.message


async def test_an_event_that_is_delivered_twice_is_answered_once(group: Conversation) -> None:
    event = group.incoming("alice", text="/echo red", id="slack:1")
    assert await group.core.handle(event) is not None
    assert await group.core.handle(event) is None


async def test_an_event_is_not_answered_again_after_a_restart(tmp_path: Path) -> None:
    async with conversation(tmp_path) as before:
        event = before.incoming("alice", text="/help", id="slack:1")
        assert await before.core.handle(event) is not None
    async with conversation(tmp_path) as after:
        assert await after.core.handle(event) is None


async def test_an_event_whose_answer_was_cancelled_is_answered_when_it_comes_again(group: Conversation) -> None:
    event = group.incoming("alice", text="/hang", id="slack:1")
    answering = asyncio.create_task(group.core.handle(event))
    await asyncio.sleep(0)
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering
    assert await group.core.handle(event) is not None


async def test_too_much_text_is_refused_with_the_limit(group: Conversation) -> None:
    reply = await group.says("alice", "/echo red " + "x" * MAX_TEXT)
    assert reply.fault is not None
    assert "32,000" in reply.fault.message
    assert len(plain(reply)) < 200


async def test_what_no_database_can_hold_is_answered_and_kept(group: Conversation) -> None:
    said = plain(await group.says("alice", "/echo red a\x00b\ud800c"))
    assert said == "[('colour', 'red'), ('text', 'a\N{REPLACEMENT CHARACTER}b?c')]"
    [kept] = await group.core.history(group.place)
    assert plain(kept.reply) == said


def test_two_commands_or_presses_of_one_name_are_found_at_start() -> None:
    for commands in ((ECHO, ECHO), (COMMANDS[1], COMMANDS[1])):
        with pytest.raises(ValueError, match="two"):
            Dispatcher(commands, fingerprint=Fingerprint(b"key"))


@given(st.lists(st.text(max_size=60) | st.text(alphabet=string.punctuation + "/echo \n", max_size=60), max_size=20))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_whatever_is_typed_is_answered(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    async def talk() -> None:
        async with workshop(tmp_path_factory.mktemp("talk")) as group:
            for text in [*texts, *(f"/echo {text}" for text in texts)]:
                reply = await group.says("alice", text)
                assert reply.fault is None or reply.fault.kind == "usage"
                assert plain(reply)

    asyncio.run(talk())
