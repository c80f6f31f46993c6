"""What a person did on Discord -> `Incoming`, and what they have typed so far -> text to complete.

Pure: it reads the event and nothing else. What a button means is in its id, so a press outlives the process that
sent the button.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import discord

from bot.actions import Action, from_id
from bot.command import Incoming, Place, User

CHOICE = "choice"


def incoming(interaction: discord.Interaction[Any]) -> Incoming:
    """A command, press, choice or form; raises `bot.actions.ActionError` for a button that is not of this version."""
    data = _data(interaction)
    user = interaction.user
    typed_in = interaction.type is discord.InteractionType.application_command
    text = command_text(data) if typed_in else ""
    action, values = (None, {}) if typed_in else _pressed(data)
    return Incoming(
        id=f"discord:{interaction.id}",
        user=User(
            id=f"discord:{user.id}",
            name=user.display_name,
            organiser=interaction.guild_id is not None and interaction.permissions.manage_guild,
        ),
        place=Place(
            platform="discord",
            community=str(interaction.guild_id or user.id),
            channel=str(interaction.channel_id),
            private=interaction.guild_id is None,
        ),
        at=interaction.created_at,
        text=text,
        action=action,
        values=values,
    )


def command_text(data: Mapping[str, Any]) -> str:
    """The command as one would type it elsewhere: `/shape conv1d 3 16`."""
    return " ".join([f"/{data['name']}", *(str(option["value"]) for option in data.get("options", ()))])


def typed(interaction: discord.Interaction[Any]) -> tuple[str, str]:
    """What was typed before the option that is being completed, and in it: `("/shape ", "conv1d 3")`."""
    data = _data(interaction)
    before = [f"/{data['name']}"]
    for option in data.get("options", ()):
        if option.get("focused"):
            return " ".join(before) + " ", str(option["value"])
        before.append(str(option["value"]))
    return " ".join(before) + " ", ""


def _data(interaction: discord.Interaction[Any]) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", interaction.data or {})


def _pressed(data: Mapping[str, Any]) -> tuple[Action, dict[str, str]]:
    values = {str(field["custom_id"]): str(field.get("value", "")) for field in _fields(data.get("components", ()))}
    if chosen := data.get("values"):
        values[CHOICE] = str(chosen[0])
    return from_id(str(data["custom_id"])), values


def _fields(components: Any) -> Iterator[Mapping[str, Any]]:
    """The inputs of a form, in their labels or rows."""
    for component in components:
        inner = component.get("component")
        held = [inner] if inner else component.get("components", ())
        yield from (each for each in held if "custom_id" in each)
