"""Somebody's own chat with Stride, beside the channel of their group: on Discord, and in Slack."""

from __future__ import annotations

from typing import Any

from tests.bot.adapters.slack.fake_people import ALICE, OWN_CHAT
from tests.contracts.platforms import Heard, InSlack, OnDiscord
from tests.contracts.study_rooms import DiscordRoom, SlackRoom


class OwnChatOnDiscord(OnDiscord):
    """A direct message channel. The same people as in the guild, who are no members here."""

    def __init__(self, room: DiscordRoom, name: str) -> None:
        self._user = room[name]._alice.user  # type: ignore[attr-defined]  # whoever that is
        super().__init__(room._env, room.core, self._user.dm_channel, _NoMember(self._user))

    async def reads(self, words: str) -> Heard:
        """The newest message there that Stride has sent by itself with these words in it."""
        for message in reversed(self._channel.history(viewer=self._user)):
            heard = await self._seen(message, [each.to_dict() for each in message.components], alone=True)
            if message.interaction_metadata is None and words in heard.text:
                return heard
        raise AssertionError(f"nothing in the chat says {words!r}")


class _NoMember:
    def __init__(self, user: Any) -> None:
        self.slash = lambda _channel, name, **options: user.slash(name, **options)
        self.click, self.submit_modal = user.click, user.submit_modal


class OwnChatInSlack(InSlack):
    """Alice's chat with the app, which is one of her workspace's."""

    def __init__(self, room: SlackRoom, name: str) -> None:
        assert name == "alice"
        super().__init__(room._slack, room[name]._app)  # type: ignore[attr-defined]  # which is connected

    async def says(self, text: str) -> Heard:
        return await self._sends(self._slack.slash(text, channel=OWN_CHAT, by=ALICE))

    async def reads(self, words: str) -> Heard:
        """The newest message there that Stride has sent by itself with these words in it."""
        for said in reversed(self._slack.said):
            heard = self._seen(said)
            if said.channel == OWN_CHAT and said.metadata and words in heard.text:
                return heard
        raise AssertionError(f"nothing in the chat says {words!r}")


class DiscordWithChats(DiscordRoom):
    def own_chat(self, name: str) -> OwnChatOnDiscord:
        return OwnChatOnDiscord(self, name)


class SlackWithChats(SlackRoom):
    def own_chat(self, name: str) -> OwnChatInSlack:
        return OwnChatInSlack(self, name)


CHATS: tuple[type[DiscordWithChats | SlackWithChats], ...] = (DiscordWithChats, SlackWithChats)
