"""From what a person did to what they see: the command or the press is found, its handler runs, a reply comes out.

This is the one error boundary. What a person can put right is said to them; anything else is a bug, of which they see
a reference number and the log sees the traceback.
"""

from __future__ import annotations

import asyncio
import difflib
import time
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from bot.actions import Action
from bot.arguments import SHOWN, read, shorten, split
from bot.command import ActionHandler, Command, Incoming
from bot.errors import NotAllowed, StaleAction, StoreAway, TextTooLong, TooSlow, UnknownCommand, UserError
from bot.logs import Fingerprint, frames
from bot.reply import Fault, Reply, Text

if TYPE_CHECKING:
    from bot.app import Core

MAX_TEXT = 32_000  # characters; the longest chains that anybody pastes have a tenth of it
QUICK_S = 10.0
SLOW_S = 120.0
OWN_NAME = "stride"  # "/stride shape ..." works wherever "/shape" is somebody else's
MARKS = "\ufeff\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069"
ALMOST = 0.6  # how like a command's name a word must be to be taken for it


class Dispatcher:
    """Knows every command and press by name."""

    def __init__(self, commands: Sequence[Command], *, fingerprint: Fingerprint, quick_s: float = QUICK_S) -> None:
        """Raises `ValueError` where two commands, aliases or presses have one name."""
        self._commands: dict[str, Command] = {}
        self._presses: dict[str, tuple[Command, ActionHandler]] = {}
        self._fingerprint = fingerprint
        self._quick_s = quick_s
        self._log = structlog.get_logger("dispatch")
        for command in commands:
            for name in (command.name, *command.aliases):
                if name in self._commands or name != name.casefold():
                    raise ValueError(f"two commands are called {name!r}, or it is not in lower case")
                self._commands[name] = command
            for name, handler in command.actions.items():
                if name in self._presses:
                    raise ValueError(f"two presses are called {name!r}")
                self._presses[name] = (command, handler)

    async def answer(self, core: Core, incoming: Incoming, reference: str) -> Reply:
        """The reply, whatever happens; only cancellation gets through.

        Args:
            core: given to the handler.
            incoming: what the person did.
            reference: names the event in the log, and in the reply if a bug is to be reported.
        """
        began = time.perf_counter()
        command, bug, kept = "", None, True
        try:
            found, run = await self._found(core, incoming)
            command, kept = found.name, found.kept
            async with asyncio.timeout(SLOW_S if found.slow else self._quick_s):
                reply = await run()
            if found.private and not reply.private:
                reply = replace(reply, private=True)
        except UserError as fault:
            reply = fault.reply()
        except TimeoutError:
            reply = TooSlow("That took too long, and was stopped. Something smaller may work.").reply()
        except Exception as fault:  # noqa: BLE001 - the one error boundary
            if core.store.is_away(fault):
                self._log.warning("store.away", error=type(fault).__name__)
                reply = StoreAway().reply()
            else:
                bug, reply = fault, _bug(reference)
        if not kept and reply.kept:
            reply = replace(reply, kept=False)
        self._note(incoming, command, reply, bug, began)
        return reply

    def named(self, word: str) -> Command | None:
        """The command of that name or alias, with or without its slash."""
        return self._commands.get(word.removeprefix("/").casefold())

    def nearest(self, word: str) -> Command | None:
        """The command whose name is most like a word, if any is."""
        near = difflib.get_close_matches(word.removeprefix("/").casefold()[:SHOWN], self._commands, n=1, cutoff=ALMOST)
        return self._commands[near[0]] if near else None

    async def _found(self, core: Core, incoming: Incoming) -> tuple[Command, Callable[[], Awaitable[Reply]]]:
        action = incoming.action
        if action is not None:
            command, press = self._pressed(action)
            run: Callable[[], Awaitable[Reply]] = lambda: press(core, incoming, action)  # noqa: E731 - bound here, run there
        else:
            command, rest = self.typed(incoming.text)
            given = read(command, rest, incoming.values)
            run = lambda: command.handler(core, incoming, given)  # noqa: E731 - bound here, run there
        if command.organisers_only and not await core.organises(incoming):
            raise NotAllowed(f"Only organisers can use `/{command.name}`.")
        return command, run

    def _pressed(self, action: Action) -> tuple[Command, ActionHandler]:
        if action.name not in self._presses:
            raise StaleAction("This button is of another version of Stride. Ask again to get a new one.")
        return self._presses[action.name]

    def typed(self, text: str) -> tuple[Command, str]:
        """The command that a text names, and what follows; raises `UserError` with the nearest one."""
        if len(text) > MAX_TEXT:
            raise TextTooLong(f"That is {len(text):,} characters; I read up to {MAX_TEXT:,}.")
        word, rest = _first_word(text)
        if word.removeprefix("/") == OWN_NAME:
            word, rest = _first_word(rest) if rest else ("help", "")
        if not word:
            raise UnknownCommand("There was nothing to read.", suggestion="/help")
        if (command := self.named(word)) is not None:
            return command, rest
        near = self.nearest(word)
        if near is not None and (word.startswith("/") or len(word) > 3):
            line = f"/{near.name} {rest}".rstrip() if len(rest) <= 10 * SHOWN else f"/{near.name}"
            raise UnknownCommand(
                f"There is no command `{shorten(word)}`; the nearest is `/{near.name}`.", suggestion=line
            )
        if word.startswith("/"):
            raise UnknownCommand(f"There is no command `{shorten(word)}`.", suggestion="/help")
        raise UnknownCommand(f"Commands begin with a slash; `{shorten(word)}` is none.", suggestion="/help")

    def _note(self, incoming: Incoming, command: str, reply: Reply, bug: BaseException | None, began: float) -> None:
        said = incoming.text or " ".join(incoming.values.values())
        facts: dict[str, object] = {
            "command": command,
            "press": incoming.action.name if incoming.action else None,
            "platform": incoming.place.platform,
            "said_length": len(said),
            "said_hash": self._fingerprint(said),
            "fault": reply.fault.kind if reply.fault else None,
            "ms": round((time.perf_counter() - began) * 1e3, 2),
        }
        if bug is not None:
            self._log.error("bug", **facts, traceback=frames(bug, " ".join((incoming.text, *incoming.values.values()))))
        else:
            self._log.info("answered", **facts)


def clean(incoming: Incoming) -> Incoming:
    """The same without what no database and no terminal can carry: lone surrogates and NUL."""
    text = _printable(incoming.text)
    values: Mapping[str, str] = {name: _printable(value) for name, value in incoming.values.items()}
    return (
        incoming if text == incoming.text and values == incoming.values else replace(incoming, text=text, values=values)
    )


def _printable(text: str) -> str:
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _first_word(text: str) -> tuple[str, str]:
    """The first word as a command's name would be written, and the rest as it was typed."""
    first, rest = split(text.lstrip(MARKS + " \t\r\n"))
    return unicodedata.normalize("NFKC", first[: 4 * SHOWN]).strip(MARKS).casefold(), rest


def _bug(reference: str) -> Reply:
    message = f"Something went wrong on my side. If you report it, give this number: {reference}"
    return Reply(parts=(Text(text=message, tone="bad"),), fault=Fault(kind="bug", message=message))
