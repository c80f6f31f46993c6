"""How something is said in a channel without anybody asking: what each adapter gives to the core.

A post must come once. So each carries a key, a platform is asked for the key before anything is sent a second time, and
where it cannot be known whether something was sent, nothing is sent again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.command import Place
from bot.reply import MessageRef, Reply


class Poster(Protocol):
    """Sends to one platform; an adapter puts its own into `Core.posters` while it is connected.

    Attributes:
        platform: as places name it.
    """

    platform: str

    def named(self, place: Place) -> str:
        """What people call the community of a place; empty where this is not known."""

    async def obstacle(self, place: Place) -> str:
        """A sentence about why posts would not come to a channel, or not whole; empty where nothing is known of that.

        Nothing is sent. Raises nothing.
        """

    async def post(self, place: Place, reply: Reply, *, key: str, person: str = "") -> MessageRef:
        """Sends a reply to a channel, or to one person alone.

        Args:
            place: the channel; of a reply to one person, where they belong.
            reply: what is said; its buttons hold after a restart. Nobody is pinged.
            key: names this post, `[a-z0-9]`, at most 25 characters: the platform drops a second one where it can.
            person: to whom alone, by their id; empty: to the channel.

        Returns:
            The message as `edit` takes it.

        Raises:
            PostRefused, PostFailed, PostUnsure: see `bot.errors`.
        """

    async def find(self, place: Place, *, key: str, since: datetime, person: str = "") -> MessageRef | None:
        """The message that a key was sent with since a moment; None where there surely is none.

        Raises:
            PostFailed: it cannot be looked up now.
            PostUnsure: it cannot be known, now or later.
        """

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        """Puts a reply in the place of a message that was posted; raises as `post` does."""
