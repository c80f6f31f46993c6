"""What was rendered, in the terms in which discord.py sends it."""

from __future__ import annotations

import io
from typing import Any

import discord

from bot.adapters.discord.render import Message
from bot.adapters.layout import shortened

MAX_ALT = 1_024


class Layout(discord.ui.LayoutView):
    """Components that were rendered elsewhere. discord.py sends them and keeps nothing."""

    def __init__(self, message: Message) -> None:
        super().__init__(timeout=None)
        self._message = message

    def to_components(self) -> list[dict[str, Any]]:
        """As Discord takes them."""
        return [dict(component) for component in self._message.components]

    def has_components_v2(self) -> bool:
        """They are of the second kind, which excludes content and embeds."""
        return True

    def is_finished(self) -> bool:
        """There is nothing to wait for: presses come by their ids."""
        return True


class Window(discord.ui.Modal):
    """A form that was rendered elsewhere. discord.py sends it and keeps nothing."""

    def __init__(self, payload: dict[str, Any]) -> None:
        super().__init__(title=payload["title"], custom_id=payload["custom_id"], timeout=None)
        self._payload = payload

    def to_dict(self) -> dict[str, Any]:
        """As Discord takes it."""
        return self._payload

    def is_finished(self) -> bool:
        """There is nothing to wait for: forms come by their ids."""
        return True


def files(message: Message) -> list[discord.File]:
    """The files of a message, to be sent once."""
    return [
        discord.File(io.BytesIO(each.data), filename=each.name, description=shortened(each.alt, MAX_ALT) or None)
        for each in message.files
    ]
