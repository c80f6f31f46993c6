"""What is said unasked while somebody chats in a terminal."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from bot.actions import Action
from bot.adapters.terminal import chat, posts
from bot.adapters.terminal.parse import Speaker
from bot.app import Core
from bot.command import Command, Incoming, Place
from bot.commands.help import HELP
from bot.reply import Button, Buttons, Field, Reply, Text
from bot.store.store import open_store
from tests.bot.conversation import Conversation

GROUP = Place(platform="terminal", community="local", channel="group")
ASIDE = Place(platform="terminal", community="local", channel="aside")


async def _offer(_core: Core, _incoming: Incoming, _given: Mapping[str, str]) -> Reply:
    return offers("An offer", "offered")


async def _did(_core: Core, _incoming: Incoming, action: Action) -> Reply:
    return Reply(parts=(Text(text=f"did {action.args[0]}"),))


OFFER = Command(
    name="offer", says="offers", help="Offers.", options=(), examples=(), handler=_offer, actions={"did": _did}
)


def says(text: str) -> Reply:
    return Reply(parts=(Text(text=text),))


def offers(text: str, what: str) -> Reply:
    return Reply(parts=(Text(text=text), Buttons(buttons=(Button(label="Press", action=Action("did", (what,))),))))


class Chatting:
    """Somebody at a terminal: what they type, and what has been printed."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.out = io.StringIO()
        self._typed: asyncio.Queue[str] = asyncio.Queue()
        self._asked: asyncio.Queue[None] = asyncio.Queue()
        self._posted: asyncio.Queue[str] = asyncio.Queue()

    async def read(self, _prompt: str, _field: Field | None = None) -> str | None:
        self._asked.put_nowait(None)
        return await self._typed.get() or None

    async def above(self, show: Callable[[], None]) -> None:
        before = len(self.out.getvalue())
        show()
        self._posted.put_nowait(self.out.getvalue()[before:])

    async def is_asked(self) -> None:
        """Returns when everything before has been answered."""
        await self._asked.get()

    async def says(self, text: str) -> str:
        """What is printed in answer to a line; nothing more to type is an empty one."""
        before = len(self.out.getvalue())
        self._typed.put_nowait(text)
        await self._asked.get()
        return self.out.getvalue()[before:]

    async def hears(self) -> str:
        """What is printed of the next post."""
        return await self._posted.get()

    def leave(self) -> None:
        self._typed.put_nowait("")


@pytest.fixture
async def alice(group: Conversation) -> AsyncIterator[Chatting]:
    core = Core(
        settings=group.core.settings,
        store=group.core.store,
        sandbox=group.core.sandbox,
        commands=(HELP, OFFER),
        clock=group.clock,
    )
    chatting = Chatting(core)
    speaker = Speaker(name="alice", channel="group")
    task = asyncio.create_task(chat.chat(core, speaker, read=chatting.read, out=chatting.out, above=chatting.above))
    await chatting.is_asked()
    yield chatting
    chatting.leave()
    assert await task == 0
    assert not core.posters


async def test_what_is_said_in_the_channel_is_printed_as_it_comes_and_nothing_of_other_channels(
    alice: Chatting,
) -> None:
    poster = alice.core.posters["terminal"]
    await poster.post(ASIDE, says("elsewhere"), key="a")
    await poster.post(GROUP, says("good morning"), key="b")
    shown = await alice.hears()
    assert "good morning" in shown
    assert "Stride, " in shown


async def test_what_another_bot_says_is_printed_too(alice: Chatting, tmp_path: Path) -> None:
    async with open_store(tmp_path / "stride.sqlite3") as store:
        await store.posts.put("a", GROUP, says("from afar"), alice.core.clock.now())
        assert "from afar" in await alice.hears()


async def test_what_is_for_one_person_is_printed_for_them_alone(alice: Chatting) -> None:
    poster = alice.core.posters["terminal"]
    await poster.post(GROUP, says("for bob"), key="a", person="terminal:bob")
    await poster.post(GROUP, says("for alice"), key="b", person="terminal:alice")
    shown = await alice.hears()
    assert "for alice" in shown
    assert "to you alone" in shown
    assert "for bob" not in alice.out.getvalue()


async def test_an_edit_is_printed_where_it_says_something_else(alice: Chatting) -> None:
    poster = alice.core.posters["terminal"]
    sent = await poster.post(GROUP, says("Question 1"), key="a")
    assert "Question 1" in await alice.hears()
    await poster.edit(GROUP, sent, says("Question 1\nTwo have answered."))
    await poster.edit(GROUP, sent, says("Question 1 is closed"))
    assert "Question 1 is closed" in await alice.hears()
    assert "Two have answered" not in alice.out.getvalue()


async def test_the_numbers_of_a_post_hold_whatever_is_asked_after_it(alice: Chatting) -> None:
    assert "[1] Press" in await alice.says("/offer")
    await alice.core.posters["terminal"].post(GROUP, offers("A question", "the question"), key="a")
    assert "[2] Press" in await alice.hears()
    assert "did offered" in await alice.says("1")
    assert "[3] Press" in await alice.says("/offer")
    assert "did the question" in await alice.says("2")


async def test_numbers_begin_anew_before_there_are_too_many(alice: Chatting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "MOST_OFFERED", 1)
    await alice.core.posters["terminal"].post(GROUP, offers("A question", "the question"), key="a")
    assert "[1] Press" in await alice.hears()
    assert "[2] Press" in await alice.says("/offer")
    assert "[1] Press" in await alice.says("/offer")
    assert "did offered" in await alice.says("1")


async def test_a_post_is_printed_above_the_line_that_is_typed(alice: Chatting, tmp_path: Path) -> None:
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        reading = asyncio.create_task(chat.prompting_reader(alice.core, tmp_path / "history")(chat.PROMPT))
        keys.send_text("half a li")
        printed: list[str] = []
        await posts.above_prompt(lambda: printed.append("a post"))
        keys.send_text("ne\r")
        assert await reading == "half a line"
        assert printed == ["a post"]
