"""`stride chat`: a conversation, with history, completion, and numbers to press buttons with."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TextIO

from bot.adapters.sent import NotTaken
from bot.adapters.terminal import parse, render
from bot.adapters.terminal.album import Album
from bot.adapters.terminal.lines import lines
from bot.adapters.terminal.parse import Request, Speaker
from bot.adapters.terminal.paths import open_file
from bot.adapters.terminal.posts import Above, directly, posts
from bot.command import Incoming
from bot.reply import Button, Field, Form, Reply, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document
    from rich.console import Console

    from bot.app import Core
    from bot.store.exchange_rows import Exchange

PROMPT = "stride> "
WELCOME = "Type /help, or a number to press a button; Ctrl-C stops what you wait for, Ctrl-D ends."
STOPPED = "Stopped."
LEFT = "Nothing was sent."
SENDS = "Esc and then Enter sends it"
ENDINGS = frozenset({"/quit", "/exit"})
MOST_OFFERED = 40  # choices that are there at once, before numbers begin anew
Tell = Callable[[Reply], Awaitable[None]]  # shows what there is to say before the answer


class FormLeft(Exception):  # noqa: N818 - it is no fault
    """Somebody left a form without sending it."""


class Stopped(Exception):  # noqa: N818 - it is no fault
    """Somebody did not want to wait for an answer any longer."""


class Read(Protocol):
    """Reads what somebody types."""

    async def __call__(self, prompt: str, field: Field | None = None, /) -> str | None:
        """A line, or what a form's field is filled with; None at the end. Raises `FormLeft`."""


class Screen:
    """What has been printed, and what can be pressed in it by its number.

    Attributes:
        offered: the choices, the first of which is number 1.
    """

    def __init__(self, console: Console, album: Album, above: Above) -> None:
        """Prints to a console, with pictures in an album; `above` prints while somebody is typing."""
        self.offered: list[render.Choice] = []
        self._console = console
        self._album = album
        self._above = above
        self._posted = 0  # the last number of a choice in a post

    def note(self, text: str) -> None:
        """Says something about the chat itself."""
        self._console.print(text, style="dim", highlight=False)

    async def tell(self, reply: Reply) -> None:
        """Shows something before the answer; nothing in it can be pressed yet."""
        render.show(reply, self._console, {}, choices=False)

    async def answer(self, reply: Reply) -> None:
        """Shows an answer; its numbers begin anew, unless those of a post are still to be pressed."""
        kept = await asyncio.to_thread(self._album.keep, reply)
        if len(self.offered) > MOST_OFFERED:
            self._posted = 0
        self.offered = render.show(reply, self._console, kept, before=self.offered[: self._posted])

    async def post(self, post: Exchange) -> None:
        """Shows what is said unasked, above the line that is being typed; all numbers before it hold."""
        kept = await asyncio.to_thread(self._album.keep, post.reply)

        def printed() -> None:
            self.note(f"\nStride, {post.at.astimezone():%H:%M}{' (to you alone)' if post.person else ''}")
            before = len(self.offered)
            self.offered = render.show(post.reply, self._console, kept, before=self.offered)
            if len(self.offered) > before:
                self._posted = len(self.offered)

        await self._above(printed)


async def chat(core: Core, speaker: Speaker, *, read: Read, out: TextIO, above: Above = directly) -> int:
    """Talks until the input ends; 0. What is said unasked meanwhile is printed with `above`."""
    from rich.console import Console

    await core.oracle()  # completion speaks the language from the first key on
    await core.sandbox.warm()  # which comes back at once
    screen = Screen(Console(file=out), Album(core.settings.data_dir), above)
    screen.note(WELCOME)
    async with posts(core, speaker, screen.post):
        await _talk(core, speaker, read, screen)
    return render.ANSWERED


async def _talk(core: Core, speaker: Speaker, read: Read, screen: Screen) -> None:
    while (line := await read(PROMPT)) is not None and line.strip() not in ENDINGS:
        if not line.strip():
            continue
        try:
            incoming = await _incoming(core, speaker, line, screen.offered, read)
            reply = await _stoppable(core.handle(replace(incoming, progress=screen.tell)))
            if reply is not None and (form := _only_form(reply)) is not None:
                await screen.tell(replace(reply, parts=reply.parts[:-1]))
                reply = await _filled(core, speaker, form, read, screen.tell)
        except (FormLeft, Stopped) as ended:
            screen.note(LEFT if isinstance(ended, FormLeft) else STOPPED)
            continue
        except NotTaken as fault:
            reply = fault.reply()
        if reply is not None:
            await screen.answer(reply)


async def _stoppable(answering: Coroutine[Any, Any, Reply | None]) -> Reply | None:
    """The answer; raises `Stopped` where Ctrl-C is pressed before it is there."""
    task = asyncio.ensure_future(answering)
    pressed = False

    def press() -> None:
        nonlocal pressed
        pressed = True
        task.cancel()

    loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGINT)
    loop.add_signal_handler(signal.SIGINT, press)
    try:
        return await task
    except asyncio.CancelledError:
        if pressed:
            raise Stopped from None
        raise
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)  # asyncio's own, which ends everything


def _only_form(reply: Reply) -> Form | None:
    """The form of a reply that has nothing else to do: it opens by itself, as it does elsewhere, below what it says."""
    *said, last = reply.parts or (None,)
    return last if isinstance(last, Form) and all(isinstance(part, Text) for part in said) else None


async def _filled(core: Core, speaker: Speaker, form: Form, read: Read, tell: Tell) -> Reply | None:
    """What comes of a form; the form itself, to be opened by its number, where it is sent empty."""
    values, files = await _values(form, read)
    if not any(values.values()) and not files:
        return Reply(parts=(form,))
    sent = parse.incoming(Request(text="", code=None, speaker=speaker), id=core.new_event(), now=core.clock.now())
    sent = replace(sent, action=form.action, values=values, files=files, progress=tell)
    return await _stoppable(core.handle(sent))


async def _values(form: Form, read: Read) -> tuple[dict[str, str], dict[str, bytes]]:
    """What a form is filled with, and the files that were named in it; raises `NotTaken`."""
    values: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for field in form.fields:
        if not field.file:
            values[field.name] = await read(f"{field.label}: ", field) or field.value
        elif path := (await read(f"{field.label}; its path: ", field) or "").strip():
            name, data = await open_file(path)
            files[name] = data
    return values, files


async def _incoming(core: Core, speaker: Speaker, line: str, offered: list[render.Choice], read: Read) -> Incoming:
    typed = parse.incoming(Request(text=line, code=None, speaker=speaker), id=core.new_event(), now=core.clock.now())
    number = line.strip()
    if not (number.isascii() and number.isdecimal() and 0 < int(number[:6]) <= len(offered)):
        return typed
    choice = offered[int(number[:6]) - 1]
    if isinstance(choice, Button):
        return replace(typed, text="", action=choice.action)
    if isinstance(choice, Form):
        values, files = await _values(choice, read)
        return replace(typed, text="", action=choice.action, values=values, files=files)
    select, value = choice
    return replace(typed, text="", action=select.action, values={"choice": value})


def plain_reader(stdin: BinaryIO) -> Read:
    """Reads lines from a pipe or a file, where there is nobody to prompt."""
    arriving: AsyncIterator[bytes] = lines(stdin, parse.MAX_LINE)

    async def line() -> str | None:
        found = await anext(arriving, None)
        return None if found is None else found.decode("utf-8", "replace").rstrip("\r\n")

    async def read(_prompt: str, field: Field | None = None) -> str | None:
        if field is None or not field.multiline:
            return await line()
        several = []
        while typed := await line():  # up to an empty line, or the end
            several.append(typed)
        return "\n".join(several)

    return read


def prompting_reader(core: Core, history: Path) -> Read:
    """Reads lines from a terminal, with completion, and a history that is kept in a file."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import DummyCompleter, PathCompleter
    from prompt_toolkit.history import FileHistory, ThreadedHistory

    session: PromptSession[str] = PromptSession(
        history=ThreadedHistory(FileHistory(str(history))), completer=_completer(core), complete_while_typing=True
    )

    form: PromptSession[str] = PromptSession()  # what is sent by a form is no line of the history

    async def read(prompt: str, field: Field | None = None) -> str | None:
        try:
            if field is None:
                return await session.prompt_async(prompt)
            if not field.multiline:
                # A session goes on with what it was given last, so that each time something is given.
                paths = PathCompleter(expanduser=True) if field.file else DummyCompleter()
                return await form.prompt_async(prompt, default=field.value, multiline=False, completer=paths)
            return await form.prompt_async(
                f"{prompt}({SENDS})\n", default=field.value, multiline=True, completer=DummyCompleter()
            )
        except (EOFError, KeyboardInterrupt) as key:
            if field is not None:
                raise FormLeft from None
            return None if isinstance(key, EOFError) else ""

    return read


def _completer(core: Core) -> Completer:
    from prompt_toolkit.completion import Completer, Completion

    class FromCore(Completer):
        """The core's completions, as prompt_toolkit takes them."""

        def get_completions(self, document: Document, _event: CompleteEvent) -> Iterable[Completion]:
            """Ways to go on with what stands before the cursor."""
            typed = document.text_before_cursor
            for each in core.complete(typed):
                yield Completion(each.text, start_position=-len(typed), display=each.label, display_meta=each.says)

    return FromCore()
