"""`stride ask`: one question, or one a line on stdin, answered in order and each as soon as it is known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, BinaryIO, TextIO

from bot.adapters.terminal import parse, render
from bot.adapters.terminal.album import Album
from bot.adapters.terminal.lines import lines
from bot.errors import UserError
from bot.reply import Reply

if TYPE_CHECKING:
    from bot.app import Core

FROM_STDIN = "-"

Say = Callable[[Reply], Awaitable[None]]


async def ask(core: Core, text: str, speaker: parse.Speaker, *, stdin: BinaryIO, say: Say) -> int:
    """Answers `text`, or every line of `stdin` where it is `-`; the worst of the exit statuses (0, 1 or 2)."""
    worst = render.ANSWERED
    async for line in lines(stdin, parse.MAX_LINE) if text == FROM_STDIN else _once(text):
        reply = await answer(core, line, speaker)
        await say(reply)
        worst = max(worst, render.status(reply.fault))
    return worst


async def answer(core: Core, line: bytes, speaker: parse.Speaker) -> Reply:
    """The reply to one line."""
    try:
        asked = parse.request(line, speaker)
    except UserError as fault:
        return fault.reply()
    reply = await core.handle(parse.incoming(asked, id=core.new_event(), now=core.clock.now()))
    if reply is None:
        raise AssertionError("an event with a new id is answered")
    return reply


def as_json(out: TextIO) -> Say:
    """Says a reply as one line of JSON."""

    async def say(reply: Reply) -> None:
        out.write(render.to_json(reply) + "\n")
        out.flush()

    return say


def as_text(out: TextIO, album: Album) -> Say:
    """Says a reply as a person reads it; in colour on a terminal, with its pictures in an album."""
    from rich.console import Console

    console = Console(file=out)

    async def say(reply: Reply) -> None:
        render.show(reply, console, await asyncio.to_thread(album.keep, reply), choices=False)
        out.flush()

    return say


async def _once(text: str) -> AsyncIterator[bytes]:
    yield text.encode("utf-8", "replace")
