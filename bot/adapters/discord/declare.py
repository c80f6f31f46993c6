"""Commands -> what Discord is told about them.

Pure, so that the declarations can be compared with what Discord already knows, and sent only when they differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.adapters.layout import shortened
from bot.command import Command, Flag, Option

SLASH_COMMAND = 1
TEXT_OPTION, FLAG_OPTION, FILE_OPTION = 3, 5, 11
MANAGE_GUILD = 1 << 5
MAX_DESCRIPTION = 100
MAX_CHOICES = 25
SERVER, OWN_CHAT = 0, 1  # where commands show: servers, and the private chat with the bot


def declare(commands: Sequence[Command]) -> list[dict[str, Any]]:
    """The slash commands, in Discord's terms."""
    return [_command(command) for command in commands]


def _command(command: Command) -> dict[str, Any]:
    return {
        "name": command.name,
        "type": SLASH_COMMAND,
        "description": shortened(command.says, MAX_DESCRIPTION),
        "options": [*map(_option, command.options), *map(_flag, command.flags)],
        "contexts": [SERVER, OWN_CHAT],
        "default_member_permissions": MANAGE_GUILD if command.organisers_only else None,
    }


def _option(option: Option) -> dict[str, Any]:
    declared: dict[str, Any] = {
        "name": option.name,
        "type": FILE_OPTION if option.file else TEXT_OPTION,
        "description": shortened(option.says, MAX_DESCRIPTION),
        "required": option.required,
    }
    if 0 < len(option.choices) <= MAX_CHOICES:
        declared["choices"] = [{"name": choice, "value": choice} for choice in option.choices]
    elif option.complete:
        declared["autocomplete"] = True
    return declared


def _flag(flag: Flag) -> dict[str, Any]:
    return {
        "name": flag.name,
        "type": FLAG_OPTION,
        "description": shortened(flag.says, MAX_DESCRIPTION),
        "required": False,
    }


def known(declared: object, registered: object) -> bool:
    """Whether Discord's own record says all that is declared; what Discord adds (ids, defaults) is no difference.

    Permissions are declared as a number, and recorded as its digits.
    """
    match declared, registered:
        case Mapping(), Mapping():
            return all(known(value, registered.get(key)) for key, value in declared.items())
        case list(), list():
            return len(declared) == len(registered) and all(map(known, declared, registered))
        case int(), str():
            return str(declared) == registered
        case _:
            return declared == registered or not (declared or registered)


def unchanged(declared: Sequence[Mapping[str, Any]], registered: Sequence[Mapping[str, Any]]) -> bool:
    """Whether nothing need be sent; the order of commands does not matter."""
    by_name = {command["name"]: command for command in registered}
    return len(declared) == len(registered) and all(known(each, by_name.get(each["name"])) for each in declared)
