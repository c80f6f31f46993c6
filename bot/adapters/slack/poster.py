"""Says things in Slack that nobody has asked for just now: each once.

Slack drops no second message by itself, so a post carries its key as metadata, which the channel's history gives back,
and a request that may have arrived is not sent again here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.outcome import LOST, of_status, on_its_way
from bot.adapters.slack.exchange import blocks, file_uploads, reason, status
from bot.adapters.slack.haste import RETRIES, ShortWaits
from bot.adapters.slack.render import Rendered, Upload, one_message, picture_uploads
from bot.adapters.turns import Turns
from bot.errors import PostError, PostFailed, PostRefused, PostUnsure
from bot.reply import MessageRef, Reply

if TYPE_CHECKING:
    from bot.command import Place

EVENT = "stride_post"
PREFIX = "slack:"
SKEW = timedelta(minutes=5)  # between this machine's clock and Slack's
PAGE = 200  # messages of a channel's history at a time
PAUSES_S = (1.0, 2.0, 4.0)  # in which Slack gets ready a picture that was just uploaded
WAIT = frozenset({"ratelimited", "rate_limited"})
OPERATOR = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope"}
)  # what its operator can put right
HALF_DONE = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "not_in_channel": "I am not in the channel: type `/invite @Stride` there",
        "channel_not_found": "I do not see the channel: type `/invite @Stride` there",
        "is_archived": "the channel is archived",
        "restricted_action": "the workspace does not let me write in the channel",
        "message_not_found": "the message is no more there",
    }
)  # Slack's words for what people can put right

log = structlog.get_logger(__name__)


class SlackPoster:
    """A `bot.posting.Poster` over the Web API."""

    platform = "slack"

    def __init__(self, client: AsyncWebClient, pauses_s: Sequence[float] = PAUSES_S) -> None:
        """Sends nothing yet. The client may try again what was lost on its way; what posts must not."""
        self._client = client
        self._once = AsyncWebClient(
            token=client.token,
            base_url=client.base_url,
            retry_handlers=[ShortWaits(max_retry_count=RETRIES)],
        )
        self._pauses_s = pauses_s
        self._turns = Turns()

    def named(self, place: Place) -> str:  # noqa: ARG002 - an own chat there belongs to one workspace
        """Nothing: Slack shows everywhere which workspace it is; see `bot.posting.Poster`."""
        return ""

    async def obstacle(self, place: Place) -> str:
        """Whether the app is in a channel; see `bot.posting.Poster`."""
        try:
            with _told(lost=PostFailed):
                await self._client.conversations_history(channel=place.channel, limit=1)
        except PostRefused as fault:
            return f"I could not post here as it is: {fault}."
        except PostFailed:
            return ""
        return ""

    async def post(self, place: Place, reply: Reply, *, key: str, person: str = "") -> MessageRef:
        """One message with all of the reply, its pictures in it; files, and what is too long, come in its thread."""
        channel = await self._channel(place, person)
        pictures = await self._uploaded(reply)
        with _told(lost=PostUnsure):
            rendered, sent = await self._sends(
                reply,
                pictures,
                lambda payload: self._once.chat_postMessage(
                    channel=channel,
                    metadata={"event_type": EVENT, "event_payload": {"key": key}},
                    unfurl_links=False,
                    unfurl_media=False,
                    **payload,
                ),
            )
        ref = MessageRef(channel=channel, message=str(sent["ts"]))
        await self._follow(ref, rendered.uploads)
        return ref

    async def find(self, place: Place, *, key: str, since: datetime, person: str = "") -> MessageRef | None:
        """The message with this key among those that the channel still shows."""
        channel = await self._channel(place, person, gone=PostUnsure)
        cursor: str | None = None
        with _told(lost=PostFailed, refused=PostUnsure):
            while True:
                page = await self._client.conversations_history(
                    channel=channel,
                    oldest=f"{(since - SKEW).timestamp():.6f}",
                    limit=PAGE,
                    include_all_metadata=True,
                    cursor=cursor,
                )
                for message in page["messages"]:
                    if _key(message) == key:
                        return MessageRef(channel=channel, message=str(message["ts"]))
                cursor = (page.get("response_metadata") or {}).get("next_cursor")
                if not cursor:
                    return None

    async def edit(
        self,
        place: Place,  # noqa: ARG002 - other platforms need it; here a message knows its channel
        message: MessageRef,
        reply: Reply,
    ) -> None:
        """Puts a reply in the message's place, unless a newer one waits; Slack keeps the message's metadata."""
        async with self._turns.at(message) as newest:
            if not newest:
                return
            pictures = await self._uploaded(reply)
            with _told(lost=PostUnsure):
                await self._sends(
                    reply,
                    pictures,
                    lambda payload: self._once.chat_update(channel=message.channel, ts=message.message, **payload),
                )

    async def _channel(self, place: Place, person: str, *, gone: type[PostError] = PostRefused) -> str:
        """Where it is said; nothing has been sent yet."""
        if not person:
            return place.channel
        if not person.startswith(PREFIX):
            raise gone("they have no account in Slack")
        with _told(lost=PostFailed, refused=gone):
            opened = await self._client.conversations_open(users=person.rpartition(".")[2])
        return str(opened["channel"]["id"])

    async def _uploaded(self, reply: Reply) -> dict[int, str]:
        """Slack's ids of the reply's pictures, which nobody sees yet; none where Slack does not take them."""
        pictures = picture_uploads(reply)
        if not pictures:
            return {}
        try:
            done = await self._client.files_upload_v2(file_uploads=file_uploads(pictures.values()))
        except _LOST as error:  # their words stand for them
            log.warning("slack.picture_not_uploaded", reason=_why(error))
            return {}
        return {number: str(file["id"]) for number, file in zip(pictures, done["files"], strict=True)}

    async def _sends(self, reply: Reply, pictures: Mapping[int, str], send: _Send) -> tuple[Rendered, Any]:
        """Sends a message; one with pictures once Slack has got them ready, which takes it some seconds."""
        for pause in self._pauses_s if pictures else ():
            rendered = one_message(reply, pictures)
            try:
                return rendered, await send(_payload(rendered))
            except SlackApiError as error:
                if reason(error) != "invalid_blocks":
                    raise
            await asyncio.sleep(pause)
        rendered = one_message(reply)
        return rendered, await send(_payload(rendered))

    async def _follow(self, message: MessageRef, uploads: Sequence[Upload]) -> None:
        """Files go into the thread of a message, which has come and stays whatever becomes of them."""
        if not uploads:
            return
        try:
            await self._client.files_upload_v2(
                channel=message.channel, thread_ts=message.message, file_uploads=file_uploads(uploads)
            )
        except _LOST as error:
            log.warning("slack.file_not_posted", channel=message.channel, reason=_why(error))


_Send = Callable[[dict[str, Any]], Awaitable[Any]]
_LOST = (SlackApiError, SlackClientError, *LOST)


def _payload(rendered: Rendered) -> dict[str, Any]:
    (message,) = rendered.messages
    return {"text": message.text, "blocks": blocks(message)}


def _key(message: Mapping[str, Any]) -> str | None:
    """The key that a message was posted with."""
    metadata = message.get("metadata") or {}
    return str(metadata["event_payload"].get("key")) if metadata.get("event_type") == EVENT else None


def _why(error: Exception) -> str:
    return reason(error) if isinstance(error, SlackApiError) else type(error).__name__


@contextmanager
def _told(*, lost: type[PostError], refused: type[PostError] = PostRefused) -> Iterator[None]:
    """Names what goes wrong: `lost` where the answer did not come, `refused` where it was no."""
    try:
        with on_its_way("Slack", lost=lost):
            yield
    except SlackApiError as error:
        why = reason(error)
        if why in WAIT | OPERATOR:
            kind: type[PostError] = PostFailed
        else:
            kind = lost if why in HALF_DONE else of_status(status(error), lost=lost, refused=refused)
        raise kind(f"{REFUSALS[why]} (Slack says {why})" if why in REFUSALS else f"Slack says {why}") from error
    except SlackClientError as error:
        raise lost(type(error).__name__) from error
