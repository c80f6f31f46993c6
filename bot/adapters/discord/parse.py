"""What a person did on Discord -> `Incoming`, and what they have typed so far -> text to complete.

Pure: it reads the event and nothing else. What a button means is in its id, so a press outlives the process that
sent the button.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import discord

from bot.actions import Action, from_id
from bot.command import Incoming, Place, User

CHOICE = "choice"
ANSWERED_WITHIN = timedelta(seconds=5)  # Discord takes a first answer for three: older is only what a clock makes so
FLAG_OPTION, FILE_OPTION, FILE_INPUT = 5, 11, 19  # Discord's numbers for their kinds


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that came with an interaction, and where its bytes are."""

    name: str
    size: int
    url: str


def incoming(interaction: discord.Interaction[Any], now: datetime, order: Sequence[str] = ()) -> Incoming:
    """A command, press, choice or form; raises `bot.actions.ActionError` for a button that is not of this version.

    Its files are named, and have no bytes yet: `attached` says where they are.

    Args:
        interaction: what Discord told.
        now: by Stride's clock.
        order: the names of the command's options, as they would be typed.
    """
    data = _data(interaction)
    user = interaction.user
    typed_in = interaction.type is discord.InteractionType.application_command
    text = command_text(data, order) if typed_in else ""
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
            community=str(interaction.guild_id or ""),
            channel=str(interaction.channel_id),
            private=interaction.guild_id is None,
        ),
        at=happened(interaction.created_at, now),
        text=text,
        action=action,
        values=values,
        files={each.name: b"" for each in attached(interaction)},
    )


def happened(said: datetime, now: datetime) -> datetime:
    """When something was done by Stride's clock, where Discord's may be another: `now`, or shortly before."""
    return said if now - ANSWERED_WITHIN <= said <= now else now


def attached(interaction: discord.Interaction[Any]) -> list[Attached]:
    """The files that came with it: as a command's option, or in a form."""
    data = _data(interaction)
    found = data.get("resolved", {}).get("attachments", {})
    named = [str(option["value"]) for option in data.get("options", ()) if option.get("type") == FILE_OPTION]
    for field in _fields(data.get("components", ())):
        if field.get("type") == FILE_INPUT:
            named += [str(each) for each in field.get("values", ())]
    rows = [found[each] for each in named if each in found]
    return [Attached(str(row["filename"]), int(row["size"]), str(row["url"])) for row in rows]


def command_text(data: Mapping[str, Any], order: Sequence[str] = ()) -> str:
    """The command as one would type it elsewhere: `/shape conv1d 3 16`, `/run --cuda x = 1`."""
    return " ".join([f"/{data['name']}", *(words for _, words in _typed(data, order))])


def _typed(data: Mapping[str, Any], order: Sequence[str]) -> list[tuple[Mapping[str, Any], str]]:
    """The options as words, in the order in which they would be typed: flags first, and no files."""
    place = {name: number for number, name in enumerate(order)}
    flags, words = [], []
    for option in sorted(data.get("options", ()), key=lambda each: place.get(str(each["name"]), len(place))):
        kind = option.get("type")
        if kind == FLAG_OPTION:
            flags += [(option, f"--{option['name']}")] if option["value"] else []
        elif kind != FILE_OPTION:
            words.append((option, str(option["value"])))
    return flags + words


def command_name(interaction: discord.Interaction[Any]) -> str:
    """The name of the command that was given; empty for a press or a form."""
    return str(_data(interaction).get("name", ""))


def typed(interaction: discord.Interaction[Any], order: Sequence[str] = ()) -> tuple[str, str]:
    """What was typed before the option that is being completed, and in it: `("/shape ", "conv1d 3")`."""
    data = _data(interaction)
    before = [f"/{data['name']}"]
    for option, words in _typed(data, order):
        if option.get("focused"):
            return " ".join(before) + " ", words
        before.append(words)
    return " ".join(before) + " ", ""


def _data(interaction: discord.Interaction[Any]) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", interaction.data or {})


def _pressed(data: Mapping[str, Any]) -> tuple[Action, dict[str, str]]:
    fields = [field for field in _fields(data.get("components", ())) if field.get("type") != FILE_INPUT]
    values = {str(field["custom_id"]): str(field.get("value", "")) for field in fields}
    if chosen := data.get("values"):
        values[CHOICE] = str(chosen[0])
    return from_id(str(data["custom_id"])), values


def _fields(components: Any) -> Iterator[Mapping[str, Any]]:
    """The inputs of a form, in their labels or rows."""
    for component in components:
        inner = component.get("component")
        held = [inner] if inner else component.get("components", ())
        yield from (each for each in held if "custom_id" in each)
