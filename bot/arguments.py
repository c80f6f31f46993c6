"""What was typed after a command's name, read as its options."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from bot.command import Command, Option
from bot.errors import WrongUsage

MARK = "--"
_BLANKS = re.compile(r"\A[^\S\r\n]*(?:\r?\n(?:[^\S\r\n]*\r?\n)*)?")  # to the end of its line, and empty lines below
SHOWN = 40  # characters of a person's word that an error repeats


def usage(command: Command) -> str:
    """How a command is typed, such as `/help [command]`."""
    flags = (f"[{MARK}{flag.name}]" for flag in command.flags)
    return " ".join([f"/{command.name}", *flags, *(_slot(option) for option in command.options)])


def split(text: str) -> tuple[str, str]:
    """The first word and what follows it; of a line below, the indentation stays."""
    word = text.split(maxsplit=1)[0] if text.strip() else ""
    rest = text[text.index(word) + len(word) :].rstrip()
    return word, _BLANKS.sub("", rest, count=1)


def shorten(word: str) -> str:
    """A word to repeat in a sentence: not too long, on one line, and without backticks of its own."""
    calm = " ".join(word.split()).replace("`", "'")
    return calm if len(calm) <= SHOWN else calm[:SHOWN] + "…"


def read(command: Command, rest: str, values: Mapping[str, str]) -> dict[str, str]:
    """The options by name, and every flag that was typed, as "yes".

    Args:
        command: whose options they are.
        rest: what was typed after its name.
        values: options that came by name, from a form or as a program's fields; they win over what was typed.

    Raises:
        WrongUsage: one is missing, unknown, too many, or not one of its choices.
    """
    options = {option.name: option for option in command.options}
    for name in values:
        if name not in options:
            raise WrongUsage(f"`/{command.name}` takes no `{shorten(name)}`.", suggestion=_example(command))
    flags, rest = _flags(command, rest)
    typed = [option for option in command.options if option.name not in values and not option.file]
    given = {**flags, **_positional(command, typed, rest), **values}
    for option in command.options:
        if option.name in given:
            given[option.name] = _chosen(command, option, given[option.name])
        elif option.required and not option.file:
            raise WrongUsage(
                f"`/{command.name}` needs {option.says[0].lower()}{option.says[1:].rstrip('.')}: `{usage(command)}`",
                suggestion=_example(command),
            )
    return given


def _flags(command: Command, rest: str) -> tuple[dict[str, str], str]:
    """The flags before anything else, and what follows them."""
    given: dict[str, str] = {}
    names = {MARK + flag.name: flag.name for flag in command.flags}
    while names:
        word, after = split(rest)
        if word.casefold() not in names:
            break
        given[names[word.casefold()]] = "yes"
        rest = after
    return given, rest


def _positional(command: Command, options: list[Option], rest: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for option in options:
        if not rest:
            return given
        if option.rest:
            return given | {option.name: rest if option.python else rest.lstrip()}
        given[option.name], *more = rest.split(maxsplit=1)
        rest = "".join(more)
    if rest:
        raise WrongUsage(
            f"`/{command.name}` does not know what to do with `{shorten(rest)}`: `{usage(command)}`",
            suggestion=_example(command),
        )
    return given


def _chosen(command: Command, option: Option, value: str) -> str:
    if not option.choices:
        return value
    for choice in option.choices:
        if choice.casefold() == value.casefold():
            return choice
    near = difflib.get_close_matches(value.casefold()[:SHOWN], option.choices, n=1)
    raise WrongUsage(
        f"`{shorten(value)}` is not one of {', '.join(f'`{choice}`' for choice in option.choices)}.",
        suggestion=f"/{command.name} {near[0]}" if near else _example(command),
    )


def _slot(option: Option) -> str:
    if option.file:
        return f"[+ {option.name}]"
    name = "|".join(option.choices) if option.choices else option.name
    name += "..." if option.rest else ""
    return f"<{name}>" if option.required else f"[{name}]"


def _example(command: Command) -> str | None:
    return command.examples[0].text if command.examples else None
