"""What Discord is told about the commands."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from bot.adapters.discord.declare import MAX_DESCRIPTION, declare, unchanged
from bot.command import Command
from bot.commands.registry import COMMANDS
from tests.bot.adapters.discord.openapi import DiscordApi
from tests.bot.adapters.lab import Lab
from tests.bot.adapters.specs import need_spec

MOST_OPTIONS = 25
MOST_CHARACTERS = 8_000


def registered(commands: tuple[Command, ...]) -> list[dict[str, Any]]:
    """As Discord gives them back: with ids and versions, without what is empty or false."""
    kept = []
    for number, command in enumerate(copy.deepcopy(declare(commands))):
        options = [{key: value for key, value in option.items() if value} for option in command.pop("options")]
        kept.append(
            command | {"id": str(number), "version": "1", "nsfw": False} | ({"options": options} if options else {})
        )
    return kept


async def test_nothing_is_sent_when_discord_knows_it_already() -> None:
    lab = Lab()
    assert unchanged(declare(lab.commands), registered(lab.commands)[::-1])


@pytest.mark.parametrize(
    "change",
    [
        lambda known: known[1].update(description="Something else."),
        lambda known: known[2]["options"].pop() if known[2].get("options") else known.pop(),
        lambda known: known.pop(),
        lambda known: known[0]["options"][0].update(description="Something else."),
        lambda known: known.append({"name": "gone", "options": []}),
    ],
)
async def test_any_difference_is_sent(change: Callable[[list[dict[str, Any]]], object]) -> None:
    lab = Lab()
    known = registered(lab.commands)
    change(known)
    assert not unchanged(declare(lab.commands), known)


def test_discord_takes_the_declarations() -> None:
    api = DiscordApi(need_spec("discord-openapi.json"))
    api.check("PUT", "/applications/1/commands", declare(COMMANDS))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: str(each.name))
def test_discord_offers_all_that_a_command_declares(command: Command) -> None:
    """Its options in their order, required ones first, with their choices or completions; its flags; and its files."""
    (declared,) = declare([command])
    offered = {each["name"]: each for each in declared["options"]}
    assert list(offered) == [*(each.name for each in command.options), *(each.name for each in command.flags)]
    assert sorted(declared["options"], key=lambda each: not each["required"]) == declared["options"]
    assert len(offered) <= MOST_OPTIONS
    for option in command.options:
        found = offered[option.name]
        assert found["required"] is option.required
        assert found["type"] == (11 if option.file else 3)
        assert [each["value"] for each in found.get("choices", ())] == list(option.choices)
        assert bool(found.get("autocomplete")) is (option.complete is not None and not option.choices)
        assert len(option.says) <= MAX_DESCRIPTION, "Discord would show it cut"
    assert all(offered[flag.name]["type"] == 5 and not offered[flag.name]["required"] for flag in command.flags)
    assert len(command.says) <= MAX_DESCRIPTION, "Discord would show it cut"
    assert sum(map(len, _words(declared))) <= MOST_CHARACTERS


def _words(declared: Any) -> list[str]:
    """The names, descriptions and values that Discord counts."""
    if isinstance(declared, dict):
        said = [str(value) for key, value in declared.items() if key in {"name", "description", "value"}]
        return said + [word for value in declared.values() for word in _words(value)]
    return [word for each in declared for word in _words(each)] if isinstance(declared, list) else []


async def test_completion_is_offered_where_an_option_declares_it() -> None:
    layer = next(each for each in declare(Lab().commands) if each["name"] == "layer")
    assert layer["options"][0]["autocomplete"]
