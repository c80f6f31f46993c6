"""One answer's way to Slack: a response URL where there is one, else the channel.

A response URL reaches channels that the bot is not in; it lives for 30 minutes and takes five messages. Files and
windows take other roads.
"""

from __future__ import annotations

from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.adapters.notices import TOO_LATE
from bot.adapters.slack.parse import Address
from bot.adapters.slack.render import Message, Upload, modal, render
from bot.reply import Form, MessageRef, Reply, Text

TOO_LATE_CODES = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"})


class Exchange:
    """What one person is told about one thing that they did."""

    def __init__(self, client: AsyncWebClient, address: Address) -> None:
        self._client = client
        self._to = address
        self.channel = address.channel

    async def says(self, reply: Reply) -> None:
        """Sends a reply. Errors are seen by the one who made them and by nobody else."""
        form = next((part for part in reply.parts if isinstance(part, Form)), None)
        if form is not None:
            if await self._opens(form):
                return
            reply = TOO_LATE
        private = reply.private or reply.fault is not None
        rendered = render(reply)
        old = reply.replaces
        for message in rendered.messages:
            if old is not None:
                await self._replaces(old, message)
                old = None
            else:
                await self._posts(message, private=private)
        for upload in rendered.uploads:
            await self._uploads(upload, private=private)

    async def _opens(self, form: Form) -> bool:
        if self._to.trigger is None:
            return False
        try:
            await self._client.views_open(trigger_id=self._to.trigger, view=modal(form, self._to))
        except SlackApiError as error:
            if reason(error) in TOO_LATE_CODES:
                return False
            raise
        return True

    async def _posts(self, message: Message, *, private: bool) -> None:
        blocks = [dict(block) for block in message.blocks]
        if await self._responds(
            {
                "response_type": "ephemeral" if private else "in_channel",
                "replace_original": False,
                "text": message.text,
                "blocks": blocks,
                **({"thread_ts": self._to.thread} if self._to.thread else {}),
            }
        ):
            return
        if private:
            await self._client.chat_postEphemeral(
                channel=self._to.channel,
                user=self._to.user,
                text=message.text,
                blocks=blocks,
                thread_ts=self._to.thread,
            )
        else:
            await self._client.chat_postMessage(
                channel=self._to.channel,
                text=message.text,
                blocks=blocks,
                thread_ts=self._to.thread,
                unfurl_links=False,
                unfurl_media=False,
            )

    async def _replaces(self, old: MessageRef, message: Message) -> None:
        blocks = [dict(block) for block in message.blocks]
        payload = {"replace_original": True, "text": message.text, "blocks": blocks}
        # The response URL also replaces messages that only one person sees; chat.update cannot.
        if old == self._to.pressed and await self._responds(payload):
            return
        await self._client.chat_update(channel=old.channel, ts=old.message, text=message.text, blocks=blocks)

    async def _responds(self, payload: dict[str, Any]) -> bool:
        """Whether a response URL took the message: there may be none, and it may be used up or have run out."""
        if self._to.response_url is None:
            return False
        webhook = AsyncWebhookClient(self._to.response_url, retry_handlers=self._client.retry_handlers)
        response = await webhook.send_dict(payload)
        return response.status_code == 200

    async def _uploads(self, upload: Upload, *, private: bool) -> None:
        """A file goes to the channel, or to the person alone; where Slack refuses, its text is said instead."""
        try:
            channel = self._to.channel
            if private and not channel.startswith("D"):
                opened = await self._client.conversations_open(users=self._to.user)
                channel = str(opened["channel"]["id"])
            await self._client.files_upload_v2(
                channel=channel,
                thread_ts=self._to.thread if channel == self._to.channel else None,
                filename=upload.name,
                content=upload.data,
                alt_txt=upload.alt or None,
                title=upload.alt or upload.name,
            )
        except SlackApiError as error:
            refused = Text(
                text=f"I could not send {upload.name} here: {error.response['error']}. Invite me with `/invite`."
            )
            await self._posts(render(Reply(parts=(refused,))).messages[0], private=True)


def reason(error: SlackApiError) -> str:
    """Slack's own word for a refusal; `status 500` where it gave none."""
    data = error.response.data
    return str(data["error"]) if isinstance(data, dict) and "error" in data else f"status {error.response.status_code}"
