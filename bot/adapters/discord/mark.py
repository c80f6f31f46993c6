"""How a post's key travels in the message: as the numbers of its first two components, which nobody sees.

Discord keeps them with the message and gives them back with the channel's history, also of a message without buttons;
a nonce is forgotten after some minutes. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import discord

from bot.adapters.discord.render import Message

Mark = tuple[int, int]

LEAST = 1 << 10  # Discord itself numbers components from 1
_ROOM = (1 << 31) - LEAST


def mark_of_key(key: str) -> Mark:
    """The two numbers, each 31 bits wide, that stand for a key."""
    digest = hashlib.sha256(key.encode()).digest()
    first, second = (LEAST + int.from_bytes(digest[at : at + 8]) % _ROOM for at in (0, 8))
    return first, second if second != first else LEAST + (second + 1) % _ROOM


def marked(message: Message, mark: Mark) -> Message:
    """The same message with a mark: a container and the first thing in it have these numbers."""
    container, *others = message.components
    first, *rest = container["components"]
    numbered = {**container, "id": mark[0], "components": [{**first, "id": mark[1]}, *rest]}
    return replace(message, components=(numbered, *others))


def mark_in(components: Sequence[Mapping[str, Any]]) -> Mark | None:
    """The mark of a message, from its components as Discord gives them back; None where it has none."""
    for container in components[:1]:
        for first in container.get("components", ())[:1]:
            mark = int(container.get("id") or 0), int(first.get("id") or 0)
            return mark if min(mark) >= LEAST else None
    return None


def mark_of_message(message: discord.Message) -> Mark | None:
    """The same, of a message as discord.py has read it."""
    return mark_in([dict(component.to_dict()) for component in message.components[:1]])
