"""What Discord is told about the commands."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from bot.adapters.discord.declare import declare, unchanged
from bot.command import Command
from bot.commands.registry import COMMANDS
from tests.bot.adapters.discord.openapi import DiscordApi
from tests.bot.adapters.lab import Lab
from tests.bot.adapters.specs import need_spec


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


async def test_completion_is_offered_where_an_option_declares_it() -> None:
    layer = next(each for each in declare(Lab().commands) if each["name"] == "layer")
    assert layer["options"][0]["autocomplete"]
