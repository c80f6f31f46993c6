"""Says things in Slack that nobody has asked for just now: each once.

Slack drops no second message by itself, so a post carries its key as metadata, which the channel's history gives back,
and a request that may have arrived is not sent again here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.exchange import blocks, file_uploads, reason, status
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
RETRIES = 3  # where Slack asks to wait
PAUSES_S = (1.0, 2.0, 4.0)  # in which Slack gets ready a picture that was just uploaded
WAIT = frozenset({"ratelimited", "rate_limited"})
OPERATOR = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope"}
)  # what its operator can put right
HALF_DONE = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})

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
            retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=RETRIES)],
        )
        self._pauses_s = pauses_s
        self._turns = Turns()

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
_LOST = (SlackApiError, SlackClientError, aiohttp.ClientError, TimeoutError, OSError)


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
        yield
    except SlackApiError as error:
        why = reason(error)
        if why in WAIT | OPERATOR or status(error) == 429:
            raise PostFailed(f"Slack says {why}") from error
        if why in HALF_DONE or status(error) >= 500:
            raise lost(f"Slack says {why}") from error
        raise refused(f"Slack says {why}") from error
    except aiohttp.ClientConnectorError as error:
        raise PostFailed("Slack cannot be reached") from error
    except _LOST as error:
        raise lost(type(error).__name__) from error
