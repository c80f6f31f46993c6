"""`/help`: written from the commands' own declarations, so that it cannot promise what does not exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.arguments import MARK, shorten, usage
from bot.command import Command, Completion, Example, Incoming, Option
from bot.errors import StaleAction, UnknownCommand
from bot.reply import Button, Buttons, Code, Part, Reply, Table, Text

if TYPE_CHECKING:
    from bot.app import Core

MOST_BUTTONS = 5  # in one row everywhere
LABEL = 60


async def _help(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    if "command" not in given:
        organiser = await core.organises(incoming)
        return _all([command for command in core.commands if organiser or not command.organisers_only])
    word = given["command"]
    command = core.dispatcher.named(word)
    if command is None:
        near = core.dispatcher.nearest(word)
        if near is None:
            raise UnknownCommand(f"There is no command `{shorten(word)}`.", suggestion="/help")
        raise UnknownCommand(
            f"There is no command `{shorten(word)}`; the nearest is `/{near.name}`.", suggestion=f"/help {near.name}"
        )
    return _one(core, command)


async def _example(core: Core, incoming: Incoming, action: Action) -> Reply:
    """A pressed example is answered as if it had been typed, with the line that was typed above it."""
    command = core.dispatcher.named(action.args[0]) if len(action.args) == 2 else None
    number = action.args[1] if command else ""
    if command is None or not number.isdecimal() or int(number) >= len(command.examples):
        raise StaleAction("This example is of another version of Stride.", suggestion="/help")
    text = command.examples[int(number)].text
    reply = await core.again(incoming, text)
    return replace(reply, parts=(Code(code=text), *reply.parts))


def _all(commands: Sequence[Command]) -> Reply:
    """What somebody can type, of whom these are the commands."""
    rows = tuple((usage(command), command.says) for command in commands)
    parts: list[Part] = [
        Text(text="Stride teaches PyTorch. Everything it says, torch has run.", tone="heading"),
        Table(headers=("type", "and get"), rows=rows),
    ]
    firsts = [button for command in commands for button in _buttons(command)[:2] if command is not HELP]
    if firsts:
        parts += [Text(text="Try one:"), Buttons(buttons=tuple(firsts[:MOST_BUTTONS]))]
    parts.append(Text(text=f"`/help {_first(commands)}` says more about one command.", tone="note"))
    return Reply(parts=tuple(parts), data={"commands": [_described(command) for command in commands]})


def _one(core: Core, command: Command) -> Reply:
    parts: list[Part] = [
        Text(text=f"/{command.name}: {command.says}", tone="heading"),
        Code(code=usage(command)),
        Text(text=command.help),
    ]
    if command.options:
        flags = tuple((MARK + flag.name, flag.says, "may be left out") for flag in command.flags)
        rows = flags + tuple((option.name, option.says, _needed(option)) for option in command.options)
        parts.append(Table(headers=("option", "what it is", ""), rows=rows))
    if command.examples:
        shown = tuple((example.text, example.says) for example in command.examples)
        parts.append(Table(headers=("type this", "to see"), rows=shown))
        parts.append(Buttons(buttons=_buttons(command)))
    if command.more is not None:
        parts += [Text(text=words) for words in command.more(core)]
    if command.aliases:
        parts.append(Text(text="Also called " + ", ".join(f"`/{name}`" for name in command.aliases), tone="note"))
    if command.organisers_only:
        parts.append(Text(text="For organisers only.", tone="note"))
    return Reply(parts=tuple(parts), data={"commands": [_described(command)]})


def _first(commands: Sequence[Command]) -> str:
    return next((command.name for command in commands if command is not HELP), HELP.name)


def _needed(option: Option) -> str:
    return "needed" if option.required else "may be left out"


def _buttons(command: Command) -> tuple[Button, ...]:
    return tuple(
        Button(label=_label(example), action=Action("example", (command.name, str(number))))
        for number, example in enumerate(command.examples[:MOST_BUTTONS])
    )


def _label(example: Example) -> str:
    text = " ".join(example.text.split())
    return text if len(text) <= LABEL else text[: LABEL - 1] + "…"


def _described(command: Command) -> dict[str, object]:
    return {
        "name": command.name,
        "usage": usage(command),
        "says": command.says,
        "examples": [{"text": example.text, "says": example.says} for example in command.examples],
    }


def _names(core: Core, typed: str) -> list[Completion]:
    start = typed.removeprefix("/").casefold()
    return [
        Completion(text=command.name, label=command.name, says=command.says)
        for command in core.commands
        if command.name.startswith(start)
    ]


HELP = Command(
    name="help",
    says="what you can type",
    help="Lists the commands, or says all about one of them: its options, and examples to press.",
    options=(Option(name="command", says="The command to explain", required=False, complete=_names),),
    examples=(Example(text="/help", says="every command"), Example(text="/help help", says="all about one command")),
    handler=_help,
    actions={"example": _example},
    aliases=("commands", "h"),
)
