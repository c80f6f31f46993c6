"""Four ways in, as one study group sees them: something is said or pressed, and something is heard.

A platform joins by one more function in `PLATFORMS` that opens a `Group` over a core.
"""

from __future__ import annotations

import asyncio
import io
import mimetypes
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import simcord
from aiohttp.test_utils import TestServer

from bot.adapters.discord import create_bot
from bot.adapters.slack.client import StrideApp, create_app, socket_mode
from bot.adapters.terminal.chat import chat
from bot.adapters.terminal.parse import Speaker
from bot.app import Core
from bot.reply import Field
from bot.settings import SlackSettings
from tests.bot.adapters.lab import Lab, lab_settings, open_lab
from tests.bot.adapters.slack.blocks import walk, words
from tests.bot.adapters.slack.fake_people import ALICE, Said
from tests.bot.adapters.slack.fake_slack import APP_TOKEN, BOT_TOKEN, FakeSlack
from tests.bot.adapters.web.served import Talk, Visitor, served


@dataclass(frozen=True)
class Heard:
    """An answer as a person gets it: all its words, whether they alone see it, and what comes with it.

    `pictures` have their words with them; `form` are the labels of a form's fields that wait to be filled.
    """

    text: str
    alone: bool
    buttons: tuple[str, ...] = ()
    pictures: tuple[tuple[str, bytes], ...] = ()
    files: tuple[bytes, ...] = ()
    form: tuple[str, ...] = ()


class Group(Protocol):
    """One person in a channel of a platform."""

    async def says(self, text: str) -> Heard:
        """Types a command, and reads the answer."""

    async def presses(self, label: str) -> Heard:
        """Presses a button of the last answer that had any, and reads what follows."""

    async def fills(self, **values: str) -> Heard:
        """Fills the form that is open, sends it, and reads the answer."""

    async def waits(self, text: str) -> Heard:
        """Types a command that says twice how long the line is; what is seen then, before its answer."""

    async def hears(self) -> Heard:
        """The answer that was waited for."""

    async def brings(self, name: str, data: bytes) -> Heard:
        """Sends a file with `/bring`, as one does there, and reads the answer."""


Opener = Callable[[Lab, Path], AbstractAsyncContextManager[Group]]


class OnDiscord:
    def __init__(self, env: Any, core: Core, channel: Any, actor: Any) -> None:
        self._env, self._core = env, core
        self._channel, self._alice = channel, actor
        self._offer: Any = None
        self._last: Any = None

    async def says(self, text: str) -> Heard:
        name, _, rest = text.removeprefix("/").partition(" ")
        declared = next(each for each in self._core.commands if each.name == name)
        typed = [each for each in declared.options if not each.file]
        words = rest.split(maxsplit=len(typed) - 1) if typed else []
        options = {option.name: word for option, word in zip(typed, words, strict=False)}
        return await self._heard(await self._alice.slash(self._channel, name, **options))

    async def presses(self, label: str) -> Heard:
        return await self._heard(await self._alice.click(self._offer, label=label))

    async def fills(self, **values: str) -> Heard:
        return await self._heard(await self._alice.submit_modal(self._last, values))

    async def waits(self, text: str) -> Heard:
        return await self.says(text)

    async def hears(self) -> Heard:
        await self._env.settle()
        return await self._heard(self._last)

    async def brings(self, name: str, data: bytes) -> Heard:
        return await self._heard(await self._alice.slash(self._channel, "bring", file=(name, data)))

    async def _heard(self, result: Any) -> Heard:
        self._last = result
        if result.modal:
            labels = tuple(each["label"] for each in result.modal["components"] if "label" in each)
            return Heard(result.modal["title"], alone=True, form=labels)
        return await self._seen(result.response, result.response.components, alone=result.ephemeral)

    async def _seen(self, message: Any, components: Any, *, alone: bool) -> Heard:
        held = list(walk(components))
        buttons = tuple(each["label"] for each in held if each.get("type") == 2)
        if buttons:
            self._offer = message
        text = "\n".join(each["content"] for each in held if "content" in each)
        sent = {each.filename: await each.read() for each in message.attachments}
        shown = [item for each in held for item in each.get("items", ())]
        pictures = tuple((each["description"], sent.pop(_attached(each["media"]["url"]))) for each in shown)
        return Heard(text.replace("\\", ""), alone, buttons, pictures, tuple(sent.values()))


def _attached(url: str) -> str:
    """The name of an attachment in its address, before and after Discord has given it one of its own."""
    return url.partition("?")[0].rpartition("/")[2]


class InSlack:
    def __init__(self, slack: FakeSlack, app: StrideApp, lab: Lab | None = None, by: str = ALICE) -> None:
        self._slack, self._app, self._lab, self._by = slack, app, lab, by
        self._offer: Any = None

    async def says(self, text: str) -> Heard:
        return await self._sends(self._slack.slash(text, by=self._by))

    async def presses(self, label: str) -> Heard:
        pressed = next(
            each["action_id"]
            for each in walk(self._offer.blocks)
            if each.get("type") == "button" and each["text"]["text"] == label
        )
        return await self._sends(self._slack.press(self._offer, pressed, by=self._by))

    async def fills(self, **values: str) -> Heard:
        return await self._sends(self._slack.submit(self._slack.views.pop(), values, by=self._by))

    async def waits(self, text: str) -> Heard:
        await self._slack.by_socket(self._slack.slash(text))
        assert self._lab is not None
        await self._lab.said_twice()
        return self._heard()

    async def hears(self) -> Heard:
        await self._app.idle()
        return self._heard()

    async def brings(self, name: str, data: bytes) -> Heard:
        shared = self._slack.share(name, data)
        return await self._sends(self._slack.mention("<@U0STRIDE>", files=(shared,)))

    async def _sends(self, payload: dict[str, Any]) -> Heard:
        self._slack.files.clear()
        self._slack.alts.clear()
        await self._slack.by_socket(payload)
        return await self.hears()

    def _heard(self) -> Heard:
        if self._slack.views:
            view = self._slack.views[-1]
            fields = tuple(each["label"]["text"] for each in view["blocks"] if each["type"] == "input")
            return Heard(view["title"]["text"], True, form=fields)
        return self._seen(self._slack.said[-1])

    def _seen(self, said: Said) -> Heard:
        buttons = tuple(each["text"]["text"] for each in walk(said.blocks) if each.get("type") == "button")
        if buttons:
            self._offer = said
        sent = [(alt, data) for alt, (_, _, data) in zip(self._slack.alts, self._slack.files, strict=True)]
        pictures = tuple((alt, data) for alt, data in sent if alt)
        files = tuple(data for alt, data in sent if not alt)
        return Heard(words(said.blocks), said.seen_by is not None, buttons, pictures, files)


class AtTerminal:
    """`stride chat`: buttons are numbers, files lie in a folder, and nobody else is there."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.out = io.StringIO()
        self._lab, self._folder = lab, folder
        self._typed: asyncio.Queue[str | None] = asyncio.Queue()
        self._waiting: asyncio.Queue[Field | None] = asyncio.Queue()
        self._at = 0

    async def read(self, _prompt: str, field: Field | None = None) -> str | None:
        self._waiting.put_nowait(field)
        return await self._typed.get()

    async def says(self, text: str | None) -> Heard:
        await self._types(text)
        return Heard("", alone=True) if text is None else await self.hears()

    async def presses(self, label: str) -> Heard:
        return await self.says({"Why?": "1", "Python": "2"}[label])

    async def fills(self, **values: str) -> Heard:
        (value,) = values.values()
        return await self.says(value)

    async def waits(self, text: str) -> Heard:
        await self._types(text)
        await self._lab.said_twice()
        return Heard(self.out.getvalue()[self._at :], alone=True)

    async def hears(self) -> Heard:
        field = await self._waiting.get()
        self._waiting.put_nowait(field)
        said = self.out.getvalue()[self._at :]
        buttons = tuple(label for label in ("Why?", "Python") if label in said)
        if field is not None:
            return Heard(said, alone=True, form=(field.label,))
        kept = re.findall(r"\[(picture: .*|file: .*)\]\n    (.*)\n", said)
        found = [(words, Path(path).read_bytes()) for words, path in kept]  # noqa: ASYNC240 - a few bytes of a test
        pictures = tuple((words.removeprefix("picture: "), data) for words, data in found if words[0] == "p")
        return Heard(said, True, buttons, pictures, tuple(data for words, data in found if words[0] == "f"))

    async def brings(self, name: str, data: bytes) -> Heard:
        (self._folder / name).write_bytes(data)
        return await self.says(f"/bring {self._folder / name}")

    async def _types(self, text: str | None) -> None:
        await self._waiting.get()
        self._at = len(self.out.getvalue())
        self._typed.put_nowait(text)


class OnThePage:
    """Someone on the web page: what they read is what their browser is sent, and fetches."""

    def __init__(self, talk: Talk, visitor: Visitor) -> None:
        self._talk, self._visitor = talk, visitor
        self._offer: dict[str, str] = {}
        self._form = ""
        self._event = ""

    async def says(self, text: str) -> Heard:
        self._event = await self._talk.sends(type="say", text=text)
        return await self.hears()

    async def presses(self, label: str) -> Heard:
        self._event = await self._talk.sends(type="act", action=self._offer[label])
        return await self.hears()

    async def fills(self, **values: str) -> Heard:
        self._event = await self._talk.sends(type="act", action=self._form, values=values)
        return await self.hears()

    async def waits(self, text: str) -> Heard:
        self._event = await self._talk.sends(type="say", text=text)
        await self._talk.hears("interim")
        return await self._heard(await self._talk.hears("interim"), alone=True)

    async def hears(self) -> Heard:
        while True:
            message = (await self._talk.hears("message"))["message"]
            if message["of"] == self._event:
                return await self._heard(message, alone=message["private"])

    async def brings(self, name: str, data: bytes) -> Heard:
        address, said = f"{self._visitor.url}/upload", {"Origin": self._visitor.url}
        async with self._visitor.session.post(address, params={"name": name}, data=data, headers=said) as answer:
            file = (await answer.json())["id"]
        self._event = await self._talk.sends(type="say", text="/bring", files=[file])
        return await self.hears()

    async def _heard(self, shown: dict[str, Any], *, alone: bool) -> Heard:
        parts = shown["parts"]
        offered = {
            button["label"]: button["action"]
            for part in parts
            if part["type"] == "buttons"
            for button in part["buttons"]
        }
        self._offer = offered or self._offer
        forms = [part for part in parts if part["type"] == "form"]
        self._form = forms[0]["action"] if forms else self._form
        return Heard(
            "\n".join(_page_words(part) for part in parts),
            alone,
            tuple(offered),
            tuple([(part["alt"], await self._fetched(part)) for part in parts if part["type"] == "picture"]),
            tuple([await self._fetched(part) for part in parts if part["type"] == "file"]),
            tuple(field["label"] for form in forms for field in form["fields"]),
        )

    async def _fetched(self, part: dict[str, Any]) -> bytes:
        async with self._visitor.session.get(self._visitor.url + part["address"]) as answer:
            return await answer.read()


def _page_words(part: dict[str, Any]) -> str:
    """What of a part stands on the page."""
    if part["type"] == "table":
        rows = [part["headers"], *part["rows"]]
        return "\n".join([part["title"], *("  ".join(row) for row in rows)])
    return str(part.get("text") or part.get("code") or part.get("label") or "")


@asynccontextmanager
async def page(lab: Lab, folder: Path) -> AsyncIterator[Group]:
    async with served(folder, lab) as found, found.visitor() as visitor:
        talk, _ = await visitor.enters()
        yield OnThePage(talk, visitor)


@asynccontextmanager
async def discord(lab: Lab, folder: Path) -> AsyncIterator[Group]:
    mimetypes.init()  # the simulation's files need them, and reading them blocks
    async with open_lab(lab, lab_settings(folder)) as core:
        env = simcord.Env(create_bot(core.settings, core))
        await env.start()
        lab.outside = lambda waiting: env.external_wait(waiting, reason="the gate")
        try:
            channel = env.create_guild().create_text_channel("study-group")
            yield OnDiscord(env, core, channel, env.guild.add_member(env.create_user("alice")))
        finally:
            await env.shutdown()
        env.raise_errors()


@asynccontextmanager
async def slack(lab: Lab, folder: Path) -> AsyncIterator[Group]:
    fake = FakeSlack()
    async with TestServer(fake.application()) as server:
        fake.base = str(server.make_url("")).rstrip("/")
        settings = {"bot_token": BOT_TOKEN, "app_token": APP_TOKEN, "api_base": f"{fake.base}/api/"}
        async with open_lab(lab, lab_settings(folder, SlackSettings.model_validate(settings))) as core:
            app = create_app(core.settings, core)
            handler = socket_mode(core.settings, app)
            await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt's own
            await fake.connected()
            try:
                yield InSlack(fake, app, lab)
            finally:
                await app.idle()
                await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt's own
    assert not fake.refused


@asynccontextmanager
async def terminal(lab: Lab, folder: Path) -> AsyncIterator[Group]:
    group = AtTerminal(lab, folder)
    async with open_lab(lab, lab_settings(folder)) as core, asyncio.TaskGroup() as tasks:
        tasks.create_task(chat(core, Speaker(name="alice"), read=group.read, out=group.out))
        yield group
        await group.says(None)


PLATFORMS: tuple[Opener, ...] = (discord, page, slack, terminal)
