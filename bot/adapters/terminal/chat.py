"""`stride chat`: a conversation, with history, completion, and numbers to press buttons with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

from bot.adapters.terminal import parse, render
from bot.adapters.terminal.lines import lines
from bot.adapters.terminal.parse import Request, Speaker
from bot.command import Incoming
from bot.reply import Button, Form, Reply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document

    from bot.app import Core

PROMPT = "stride> "
WELCOME = "Type /help, or a number to press a button; Ctrl-D ends."
ENDINGS = frozenset({"/quit", "/exit"})

Read = Callable[[str], Awaitable[str | None]]  # a prompt -> a line, or None at the end


async def chat(core: Core, speaker: Speaker, *, read: Read, out: TextIO) -> int:
    """Talks until the input ends; 0."""
    from rich.console import Console

    await core.oracle()  # completion speaks the language from the first key on
    await core.sandbox.warm()  # which comes back at once
    console = Console(file=out)
    console.print(WELCOME, style="dim", highlight=False)
    offered: list[render.Choice] = []
    while (line := await read(PROMPT)) is not None and line.strip() not in ENDINGS:
        if not line.strip():
            continue
        incoming = await _incoming(core, speaker, line, offered, read)
        reply = await core.handle(incoming)
        if isinstance(reply, Reply):
            offered = render.show(reply, console)
    return render.ANSWERED


async def _incoming(core: Core, speaker: Speaker, line: str, offered: list[render.Choice], read: Read) -> Incoming:
    typed = parse.incoming(Request(text=line, code=None, speaker=speaker), id=core.new_event(), now=core.clock.now())
    number = line.strip()
    if not (number.isascii() and number.isdecimal() and 0 < int(number[:6]) <= len(offered)):
        return typed
    choice = offered[int(number[:6]) - 1]
    if isinstance(choice, Button):
        return replace(typed, text="", action=choice.action)
    if isinstance(choice, Form):
        values = {field.name: await read(f"{field.label}: ") or field.value for field in choice.fields}
        return replace(typed, text="", action=choice.action, values=values)
    select, value = choice
    return replace(typed, text="", action=select.action, values={"choice": value})


def plain_reader(stdin: BinaryIO) -> Read:
    """Reads lines from a pipe or a file, where there is nobody to prompt."""
    arriving: AsyncIterator[bytes] = lines(stdin, parse.MAX_LINE)

    async def read(_prompt: str) -> str | None:
        line = await anext(arriving, None)
        return None if line is None else line.decode("utf-8", "replace").rstrip("\r\n")

    return read


def prompting_reader(core: Core, history: Path) -> Read:
    """Reads lines from a terminal, with completion, and a history that is kept in a file."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory, ThreadedHistory

    session: PromptSession[str] = PromptSession(
        history=ThreadedHistory(FileHistory(str(history))), completer=_completer(core), complete_while_typing=True
    )

    async def read(prompt: str) -> str | None:
        try:
            return await session.prompt_async(prompt)
        except (EOFError, KeyboardInterrupt):
            return None

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
