"""Ways to go on typing, drawn from the commands' declarations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from bot.arguments import usage
from bot.command import Command, Completion, Option

if TYPE_CHECKING:
    from bot.app import Core

MOST = 25  # arguments: what Discord shows, and more than a person reads anyway


def complete(core: Core, text: str) -> list[Completion]:
    """Ways to go on with a whole message, best first.

    An option's own `complete` speaks of its argument alone; what stands before is put in front here.
    """
    word, space, typed = text.lstrip().partition(" ")
    if not space:
        return _names(core, word)
    command = core.dispatcher.named(word)
    if command is None:
        return []
    option, argument = _option_at(command, typed)
    if option is None:
        return []
    before = text[: len(text) - len(argument)]
    return [
        Completion(text=before + each.text, label=each.label, says=each.says)
        for each in _arguments(core, option, argument)[:MOST]
    ]


def _names(core: Core, word: str) -> list[Completion]:
    start = word.removeprefix("/").casefold()
    return [
        Completion(text=f"/{command.name} ", label=usage(command), says=command.says)
        for command in core.commands
        if any(name.startswith(start) for name in (command.name, *command.aliases))
    ]


def _option_at(command: Command, typed: str) -> tuple[Option | None, str]:
    rest = typed.lstrip()
    for option in command.options:
        if option.file:
            continue
        _, space, more = rest.partition(" ")
        if option.rest or not space:
            return option, rest
        rest = more.lstrip()
    return None, ""


def _arguments(core: Core, option: Option, argument: str) -> list[Completion]:
    if option.complete is not None:
        try:
            return option.complete(core, argument)
        except Exception as fault:  # noqa: BLE001 - a bug in a hint must not stop anybody from typing
            structlog.get_logger("completion").error("bug", option=option.name, error=type(fault).__name__)
            return []
    start = argument.casefold()
    return [Completion(text=each, label=each) for each in option.choices if each.casefold().startswith(start)]
