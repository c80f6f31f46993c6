"""One answer's way to Slack: a response URL where there is one, else the channel.

A response URL reaches channels that the bot is not in; it lives for 30 minutes and takes five messages. Files and
windows take other roads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.adapters.layout import shortened
from bot.adapters.notices import TOO_LATE
from bot.adapters.slack.parse import Address
from bot.adapters.slack.render import Message, Upload, modal, render
from bot.reply import File, Form, MessageRef, Part, Picture, Reply, Text

IN_OWN_CHAT = "What I name in brackets is in your direct messages with me, since files in a channel are seen by all."
MAX_ALT = 1_000  # characters of the words that stand for a picture
NOT_IN_CHANNEL = frozenset({"not_in_channel", "channel_not_found", "is_archived", "restricted_action"})
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
TOO_LATE_CODES = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"})

log = structlog.get_logger(__name__)


class Exchange:
    """What one person is told about one thing that they did."""

    def __init__(self, client: AsyncWebClient, address: Address) -> None:
        self._client = client
        self._to = address
        self._before: MessageRef | None = None  # what was shown before the answer
        self._refused = False
        self.channel = address.channel

    async def shows(self, reply: Reply) -> None:
        """Something before the answer, in its place; the next, and the answer, take the place of this.

        A response URL cannot say which message it has made, so this goes through the channel; where Stride is not in
        it, or what is said concerns one person, the first is whispered, and the rest left out.
        """
        message = render(reply).messages[0]
        if reply.private and not self.channel.startswith("D"):
            if not self._refused:
                self._refused = True
                await self._posts(message, private=True)
        elif self._before is not None:
            self._refused = not await self._updates(self._before, message)
            self._before = None if self._refused else self._before
        elif not self._refused:
            try:
                posted = await self._says_to_all(message)
            except SlackApiError as error:
                self._refused = True
                if reason(error) not in NOT_IN_CHANNEL:
                    raise
                await self._responds(self._payload(message, private=True))
            else:
                self._before = MessageRef(channel=str(posted["channel"]), message=str(posted["ts"]))

    async def says(self, reply: Reply) -> None:
        """Sends a reply. Errors are seen by the one who made them and by nobody else."""
        form = next((part for part in reply.parts if isinstance(part, Form)), None)
        if form is not None:
            if await self._opens(form, reply.parts):
                await self._place(private=True)
                return
            reply = TOO_LATE
        private = reply.private or reply.fault is not None
        apart = private and not self.channel.startswith("D")
        rendered = render(_with_way_to_files(reply) if apart else reply)
        before = await self._place(private=private or reply.replaces is not None)
        old = reply.replaces or before
        for message in rendered.messages:
            if old is None or not await self._replaces(old, message):
                await self._posts(message, private=private)
            old = None
        if rendered.uploads:
            await self._uploads(rendered.uploads, private=private)

    async def _opens(self, form: Form, said: Sequence[Part]) -> bool:
        if self._to.trigger is None:
            return False
        try:
            await self._client.views_open(trigger_id=self._to.trigger, view=modal(form, self._to, said))
        except SlackApiError as error:
            if reason(error) in TOO_LATE_CODES:
                return False
            raise
        return True

    async def _place(self, *, private: bool) -> MessageRef | None:
        """Where the answer goes in the place of what was shown before it; that goes where the answer is whispered."""
        before, self._before = self._before, None
        if before is None or not private:
            return before
        try:
            await self._client.chat_delete(channel=before.channel, ts=before.message)
        except SlackApiError as error:  # somebody else has taken it away
            log.warning("slack.not_deleted", channel=before.channel, reason=reason(error))
        return None

    async def _posts(self, message: Message, *, private: bool) -> None:
        if await self._responds(self._payload(message, private=private)):
            return
        try:
            if private:
                await self._client.chat_postEphemeral(
                    channel=self._to.channel,
                    user=self._to.user,
                    text=message.text,
                    blocks=blocks(message),
                    thread_ts=self._to.thread,
                )
            else:
                await self._says_to_all(message)
        except SlackApiError as error:
            if reason(error) not in NOT_IN_CHANNEL:
                raise
            # A form has no response URL, and may have been asked for where Stride is not: its answer is not lost.
            opened = await self._client.conversations_open(users=self._to.user)
            await self._client.chat_postMessage(
                channel=str(opened["channel"]["id"]), text=message.text, blocks=blocks(message)
            )

    def _payload(self, message: Message, *, private: bool) -> dict[str, Any]:
        return {
            "response_type": "ephemeral" if private else "in_channel",
            "replace_original": False,
            "text": message.text,
            "blocks": blocks(message),
            **({"thread_ts": self._to.thread} if self._to.thread else {}),
        }

    async def _says_to_all(self, message: Message) -> AsyncSlackResponse:
        return await self._client.chat_postMessage(
            channel=self._to.channel,
            text=message.text,
            blocks=blocks(message),
            thread_ts=self._to.thread,
            unfurl_links=False,
            unfurl_media=False,
        )

    async def _replaces(self, old: MessageRef, message: Message) -> bool:
        """Whether a message is in the place of another, which may be gone."""
        payload = {"replace_original": True, "text": message.text, "blocks": blocks(message)}
        if self._to.metadata:
            payload["metadata"] = dict(self._to.metadata)  # by which a post is found again
        # The response URL also replaces messages that only one person sees; chat.update cannot.
        if old == self._to.pressed and await self._responds(payload):
            return True
        return await self._updates(old, message)

    async def _updates(self, old: MessageRef, message: Message) -> bool:
        """Whether a message could be changed: somebody may have taken it away."""
        try:
            await self._client.chat_update(
                channel=old.channel, ts=old.message, text=message.text, blocks=blocks(message)
            )
        except SlackApiError as error:
            if reason(error) not in GONE:
                raise
            return False
        return True

    async def _responds(self, payload: dict[str, Any]) -> bool:
        """Whether a response URL took the message: there may be none, and it may be used up or have run out."""
        if self._to.response_url is None:
            return False
        webhook = AsyncWebhookClient(self._to.response_url, retry_handlers=self._client.retry_handlers)
        response = await webhook.send_dict(payload)
        return response.status_code == 200

    async def _uploads(self, uploads: Sequence[Upload], *, private: bool) -> None:
        """Files go to the channel, or to the person alone; where Slack refuses, what they are is said instead."""
        try:
            channel = self._to.channel
            if private and not channel.startswith("D"):
                opened = await self._client.conversations_open(users=self._to.user)
                channel = str(opened["channel"]["id"])
            await self._client.files_upload_v2(
                channel=channel,
                thread_ts=self._to.thread if channel == self._to.channel else None,
                file_uploads=file_uploads(uploads),
            )
        except SlackApiError as error:
            names = ", ".join(each.name for each in uploads)
            refused = Text(text=f"I could not send {names} here: {reason(error)}. Invite me with `/invite`.")
            await self._posts(render(Reply(parts=(refused,))).messages[0], private=True)


def _with_way_to_files(reply: Reply) -> Reply:
    """An answer for one person in a channel: its files come beside it, where others cannot see them."""
    if not any(isinstance(part, File | Picture) for part in reply.parts):
        return reply
    return replace(reply, parts=(*reply.parts, Text(text=IN_OWN_CHAT, tone="note")))


def blocks(message: Message) -> list[dict[str, Any]]:
    """A message's blocks, as slack_sdk takes them."""
    return [dict(block) for block in message.blocks]


def file_uploads(uploads: Iterable[Upload]) -> list[dict[str, Any]]:
    """Files, as slack_sdk's `files_upload_v2` takes them."""
    return [
        {
            "filename": each.name,
            "content": each.data,
            "title": shortened(each.alt or each.name, MAX_ALT),
            **({"alt_txt": shortened(each.alt, MAX_ALT)} if each.alt else {}),
        }
        for each in uploads
    ]


def reason(error: SlackApiError) -> str:
    """Slack's own word for a refusal; `status 500` where it gave none."""
    data = getattr(error.response, "data", None)  # slack_sdk gives aiohttp's own response where it cannot be read
    return str(data["error"]) if isinstance(data, dict) and "error" in data else f"status {status(error)}"


def status(error: SlackApiError) -> int:
    """The HTTP status of an answer."""
    answer = error.response
    return int(answer.status_code if hasattr(answer, "status_code") else answer.status)
