"""Channels that do not let Stride do all that it would: what comes all the same, and what organisers are told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import discord
import pytest

from bot.adapters.discord.poster import NO_PERMISSION
from bot.command import Place
from bot.errors import PostRefused
from bot.posting import Poster
from tests.bot.adapters.discord.test_discord_poster import CARD, KEY, WORDS, kept, messages, place, poster, shown

__all__ = ["kept", "place", "poster"]  # fixtures


def closed(discord_env: Any, place: Place, **denied: bool) -> tuple[Any, Place]:
    """A channel in which Stride may not do some things; of files, the simulation lets every one through."""
    overwrites = {discord_env.bot.user: discord.PermissionOverwrite(**denied)}
    channel = discord_env.guild.create_text_channel("closed", overwrites=overwrites)
    return channel, replace(place, channel=str(channel.id))


async def test_without_the_right_to_attach_files_a_picture_comes_in_words(
    poster: Poster, place: Place, discord_env: Any
) -> None:
    def refuse(method: str, path: str) -> None:
        discord_env.inject_error(method, path, status=403, code=NO_PERMISSION)

    channel, there = closed(discord_env, place, attach_files=False)
    assert "Attach Files" in await poster.obstacle(there)
    refuse("POST", "/channels/*/messages")
    ref = await poster.post(there, CARD, key=KEY)
    (message,) = messages(channel)
    assert not message.attachments
    assert "One blue dot" in shown(message)
    assert (await poster.find(there, key=KEY, since=discord_env.now())) == ref
    refuse("PATCH", "/channels/*/messages/*")
    await poster.edit(there, ref, replace(CARD, parts=CARD.parts[1:]))
    (message,) = messages(channel)
    assert "length" not in shown(message)
    assert "One blue dot" in shown(message)


@pytest.mark.parametrize("right", ["send_messages", "view_channel", "read_message_history"])
async def test_organisers_are_told_which_permission_is_missing(
    poster: Poster, place: Place, discord_env: Any, right: str
) -> None:
    _, there = closed(discord_env, place, **{right: False})
    words = {"view_channel": "View Channel", "send_messages": "Send Messages"}
    assert words.get(right, "Read Message History") in await poster.obstacle(there)
    assert await poster.obstacle(place) == ""
    assert await poster.obstacle(replace(there, channel="1")) == ""


async def test_a_refusal_says_in_words_what_is_wrong(poster: Poster, place: Place, discord_env: Any) -> None:
    _, there = closed(discord_env, place, send_messages=False)
    with pytest.raises(PostRefused, match="may not write in the channel"):
        await poster.post(there, WORDS, key=KEY)


async def test_a_guild_is_called_by_its_name(poster: Poster, place: Place, discord_env: Any) -> None:
    assert poster.named(place) == discord_env.guild.name
    assert poster.named(replace(place, community="1")) == ""
