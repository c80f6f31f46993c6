"""Says things on Discord that nobody has asked for just now: each once.

While Discord remembers a nonce it drops a second message with it; later the channel's history says whether the first
has come. Only messages of Stride's own are read there, which needs no privileged intent.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from math import inf
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import discord

from bot.adapters.discord.mark import Mark, mark_in, mark_of_key, marked
from bot.adapters.discord.payload import Layout, files
from bot.adapters.discord.render import Message, one_message
from bot.adapters.layout import in_words
from bot.adapters.outcome import of_status, on_its_way
from bot.adapters.turns import Turns
from bot.errors import PostError, PostFailed, PostRefused, PostUnsure
from bot.reply import MessageRef

if TYPE_CHECKING:
    from bot.command import Place
    from bot.reply import Reply

REMEMBERED_S = 60.0  # Discord says "a few minutes" of how long it knows a nonce
SKEW = timedelta(minutes=5)  # between this machine's clock and Discord's
PAGE = 100  # messages of a channel's history at a time
MOST = 1_000  # marks of messages, and keys, that were used last
PREFIX = "discord:"
NEEDED: Mapping[str, str] = MappingProxyType(
    {
        "view_channel": "View Channel",
        "send_messages": "Send Messages",
        "read_message_history": "Read Message History",  # else nobody can know whether a post has come
    }
)  # permissions, and how Discord calls them
NO_PERMISSION = 50013
REFUSALS: Mapping[int, str] = MappingProxyType(
    {
        10003: "the channel is no more there",
        10008: "the message is no more there",
        50001: "I cannot see the channel",
        50007: "Discord lets me write no direct messages to them: their settings for the server say so",
        NO_PERMISSION: "I may not write in the channel",
    }
)  # Discord's numbers for what people can put right
K = TypeVar("K")
V = TypeVar("V")


class DiscordPoster:
    """A `bot.posting.Poster` over a client that is connected."""

    platform = "discord"

    def __init__(self, client: discord.Client, now: Callable[[], float] = time.monotonic) -> None:
        """Sends nothing yet. `now` is a clock in seconds that never goes back."""
        self._client = client
        self._now = now
        self._turns = Turns()
        self._marks: OrderedDict[int, Mark | None] = OrderedDict()
        self._tried: OrderedDict[str, float] = OrderedDict()

    def named(self, place: Place) -> str:
        """The guild's name; see `bot.posting.Poster`."""
        guild = self._client.get_guild(int(place.community))
        return "" if guild is None else guild.name

    async def obstacle(self, place: Place) -> str:
        """Which permissions are missing in a channel; see `bot.posting.Poster`."""
        guild = self._client.get_guild(int(place.community))
        channel = None if guild is None else guild.get_channel(int(place.channel))
        if guild is None or channel is None:  # such as a thread, of which not all are known
            return ""
        may = channel.permissions_for(guild.me)
        missing = [f"`{words}`" for name, words in NEEDED.items() if not getattr(may, name)]
        if missing:
            return f"I could not post in this channel as it is: it has to give me {' and '.join(missing)}."
        return "" if may.attach_files else "Without `Attach Files` in this channel, I say pictures in words."

    async def post(self, place: Place, reply: Reply, *, key: str, person: str = "") -> MessageRef:
        """One message with all of the reply; what is too long for it comes with it as a file."""
        mark = mark_of_key(key)
        message = marked(one_message(reply), mark)
        channel = await self._channel(place, person)
        _keep(self._tried, key, self._now())
        with _told(lost=PostUnsure):
            try:
                sent = await channel.send(view=Layout(message), files=files(message), nonce=key)
            except discord.Forbidden as error:
                if not _keeps_files_out(error, message):
                    raise
                message = marked(one_message(in_words(reply)), mark)
                sent = await channel.send(view=Layout(message), files=files(message), nonce=key)
        _keep(self._marks, sent.id, mark)
        return _ref(channel.id, sent.id)

    async def find(self, place: Place, *, key: str, since: datetime, person: str = "") -> MessageRef | None:
        """The message with this key among those that the channel still shows."""
        channel = await self._channel(place, person, gone=PostUnsure)
        with _told(lost=PostFailed, refused=PostUnsure):
            if not await self._reads(channel.id):
                if self._now() - self._tried.get(key, -inf) < REMEMBERED_S:
                    return None  # Discord itself would drop a second one
                raise PostUnsure("Stride may not read the channel's history")
            found = await self._marked(channel.id, mark_of_key(key), since - SKEW)
        return None if found is None else _ref(channel.id, found)

    async def edit(
        self,
        place: Place,  # noqa: ARG002 - other platforms need it; here a message knows its channel
        message: MessageRef,
        reply: Reply,
    ) -> None:
        """Puts a reply in the message's place, unless a newer one waits to be put there."""
        async with self._turns.at(message) as newest:
            if not newest:
                return
            with _told(lost=PostUnsure):
                try:
                    await self._puts(one_message(reply), message)
                except discord.Forbidden as error:
                    if not _keeps_files_out(error, one_message(reply)):
                        raise
                    await self._puts(one_message(in_words(reply)), message)

    async def _puts(self, message: Message, old: MessageRef) -> None:
        shown = await self._keeping_its_mark(message, old)
        channel = self._client.get_partial_messageable(int(old.channel))
        await channel.get_partial_message(int(old.message)).edit(view=Layout(shown), attachments=files(shown))

    async def _channel(
        self, place: Place, person: str, *, gone: type[PostError] = PostRefused
    ) -> discord.PartialMessageable | discord.DMChannel:
        """Where it is said; nothing has been sent yet."""
        if self._client.is_closed():
            raise PostFailed("the connection to Discord is closed")
        if not person:
            return self._client.get_partial_messageable(int(place.channel))
        if not person.startswith(PREFIX):
            raise gone("they have no account on Discord")
        with _told(lost=PostFailed, refused=gone):
            return await self._client.create_dm(discord.Object(int(person.removeprefix(PREFIX))))

    async def _reads(self, channel_id: int) -> bool:
        """Whether the channel's history is there to be read: without the permission, Discord shows an empty one."""
        channel = self._client.get_channel(channel_id) or await self._client.fetch_channel(channel_id)
        if isinstance(channel, discord.abc.PrivateChannel):
            return True
        user = self._client.user
        me = channel.guild.get_member(user.id) if user else None
        return me is not None and channel.permissions_for(me).read_message_history

    async def _marked(self, channel_id: int, mark: Mark, since: datetime) -> int | None:
        """The id of a message of Stride's own with a mark, from the newest back to a moment."""
        first = discord.utils.time_snowflake(since)
        me = str(self._client.user.id) if self._client.user else ""
        before: int | None = None
        while True:
            page: list[Any] = list(await self._client.http.logs_from(channel_id, PAGE, before=before))
            for message in page:
                if message["author"]["id"] == me and mark_in(message.get("components", ())) == mark:
                    return int(message["id"])
            before = min((int(message["id"]) for message in page), default=0)
            if len(page) < PAGE or before <= first:
                return None

    async def _keeping_its_mark(self, message: Message, old: MessageRef) -> Message:
        """A message with the mark of the one whose place it takes, by which that is found again."""
        number = int(old.message)
        if number not in self._marks:
            try:
                before = await self._client.http.get_message(int(old.channel), number)
            except discord.Forbidden:  # which also keeps everybody from looking for the mark
                _keep(self._marks, number, None)
            else:
                _keep(self._marks, number, mark_in(before.get("components", ())))
        mark = self._marks[number]
        return message if mark is None else marked(message, mark)


def _keeps_files_out(error: discord.Forbidden, message: Message) -> bool:
    """Whether it may be that the files alone are not wanted."""
    return error.code == NO_PERMISSION and bool(message.files)


def _keep(kept: OrderedDict[K, V], name: K, value: V) -> None:
    kept[name] = value
    kept.move_to_end(name)
    if len(kept) > MOST:
        kept.popitem(last=False)


def _ref(channel_id: int, message_id: int) -> MessageRef:
    return MessageRef(channel=str(channel_id), message=str(message_id))


@contextmanager
def _told(*, lost: type[PostError], refused: type[PostError] = PostRefused) -> Iterator[None]:
    """Names what goes wrong: `lost` where the answer did not come, `refused` where it was no."""
    try:
        with on_its_way("Discord", lost=lost):
            yield
    except discord.RateLimited as error:
        raise PostFailed("Discord asks to wait") from error
    except discord.HTTPException as error:
        said = REFUSALS.get(error.code, error.text)
        why = f"{said} (Discord answers {error.status}, {error.code})" if said else f"Discord answers {error.status}"
        raise of_status(error.status, lost=lost, refused=refused)(why) from error
