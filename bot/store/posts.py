"""What Stride said unasked on the platforms whose history it keeps itself: the page and the terminal.

A post is a row of the channel's history under a key of its own, so that there is one however often it is sent. Each
post and each edit takes the next number of one counter in the order of the commits, on every database: whoever asks
for what came after a number misses nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from bot import codec
from bot.command import Place
from bot.errors import PostFailed
from bot.reply import Reply
from bot.store.batches import Batches
from bot.store.dialect import insert
from bot.store.exchange_rows import Exchange, exchange, place_row
from bot.store.many import among, listed, many
from bot.store.tables import channels, counters, exchanges

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

Row = dict[str, Any]

COUNTER = "posts"
MOST = 100  # changes that are read at once

_more = insert(counters).values(name=COUNTER, value=bindparam("more"))
_NEXT = _more.on_conflict_do_update(
    index_elements=[counters.c.name], set_={"value": counters.c.value + _more.excluded.value}
).returning(counters.c.value)
_NEWEST = select(counters.c.value).where(counters.c.name == COUNTER)
_KNOWN = select(exchanges.c.post, exchanges.c.id).where(among(exchanges.c.post, "keys"))
_ADD_CHANNELS = (
    insert(channels)
    .from_select([column.name for column in channels.c], listed("channels", channels.c))
    .on_conflict_do_nothing()
)
_POST = [column for column in exchanges.c if column is not exchanges.c.id]
_ADD = (
    insert(exchanges)
    .from_select([column.name for column in _POST], listed("posts", _POST))
    .returning(exchanges.c.post, exchanges.c.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A post as it is now, and where; `exchange.person` is to whom alone, or empty."""

    channel: str
    exchange: Exchange


class Posts:
    """Hangs on the store as `store.posts`. What these verbs have done is on the disk when they return."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Use `open_store`."""
        self._engine = engine
        self._put: Batches[tuple[Row, Row], int] = Batches(self._put_all)

    async def put(self, key: str, place: Place, reply: Reply, at: datetime, *, person: str = "") -> int:
        """Puts a post into a channel's history, once under its key; its number there.

        Args:
            key: names the post.
            place: the channel.
            reply: what is said.
            at: when.
            person: to whom alone; empty: to the channel.

        Raises:
            PostFailed: the store does not answer; trying again with the same key is safe.
        """
        row = place_row(place) | {
            "person": person,
            "name": "",
            "at": at,
            "said": "",
            "action": None,
            "private": int(bool(person)),
            "reply": codec.dumps(reply),
            "post": key,
        }
        channel = place_row(place) | {"private": int(place.private), "first_seen": at}
        with _answering():
            return await self._put((row, channel))

    async def idle(self) -> None:
        """Returns when nothing is being put any more, for whoever closes the database."""
        await self._put.idle()

    async def _put_all(self, asked: Sequence[tuple[Row, Row]]) -> list[int]:
        """Those that come at once share a transaction; the number of each, also of what was there before."""
        keys = [row["post"] for row, _ in asked]
        async with self._engine.begin() as connection:
            # First, since it holds off all others until this is committed.
            upto = await _next(connection, len(asked))
            there = await connection.execute(_KNOWN, {"keys": many(keys)})
            numbers: dict[str, int] = {row.post: row.id for row in there}
            fresh = {key: each for key, each in zip(keys, asked, strict=True) if key not in numbers}
            if fresh:
                places = {tuple(place.values())[:3]: place for _, place in fresh.values()}
                await connection.execute(_ADD_CHANNELS, {"channels": many(places.values())})
                first = upto - len(fresh) + 1
                rows = [row | {"change": first + place} for place, (row, _) in enumerate(fresh.values())]
                numbers |= {row.post: row.id for row in await connection.execute(_ADD, {"posts": many(rows)})}
        return [numbers[key] for key in keys]

    async def find(self, key: str) -> int | None:
        """The number of the post with a key, if it was ever put; raises `PostFailed`."""
        wanted = select(exchanges.c.id).where(exchanges.c.post == key)
        with _answering():
            async with self._engine.connect() as connection:
                found = (await connection.execute(wanted)).scalar()
        return None if found is None else int(found)

    async def edit(self, place: Place, number: int, reply: Reply) -> bool:
        """Puts a reply in the place of a post's; False where there is no such post in the channel.

        Raises:
            PostFailed: the store does not answer.
        """
        wanted = [exchanges.c[name] == value for name, value in place_row(place).items()]
        edit = update(exchanges).where(exchanges.c.id == number, exchanges.c.post.is_not(None), *wanted)
        with _answering():
            async with self._engine.begin() as connection:
                changed = {"reply": codec.dumps(reply), "change": await _next(connection, 1)}
                return (await connection.execute(edit.values(**changed))).rowcount > 0

    async def post(self, place: Place, number: int, viewer: str) -> Exchange | None:
        """The post with a number in a channel, where `viewer` may see it."""
        wanted = [exchanges.c[name] == value for name, value in place_row(place).items()]
        wanted += [exchanges.c.id == number, exchanges.c.post.is_not(None), exchanges.c.person.in_({"", viewer})]
        async with self._engine.connect() as connection:
            row = (await connection.execute(select(exchanges).where(*wanted))).first()
        return None if row is None else exchange(row)

    async def newest(self) -> int:
        """The number of the newest change; it costs next to nothing to ask again and again."""
        async with self._engine.connect() as connection:
            return int((await connection.execute(_NEWEST)).scalar() or 0)

    async def changes(
        self,
        platform: str,
        community: str,
        channels: Collection[str],
        people: Collection[str] = (),
        *,
        after: int,
        upto: int,
    ) -> list[Change]:
        """Posts that came or changed, oldest change first, each as it is now.

        Args:
            platform: theirs.
            community: theirs.
            channels: of those to everybody: in these.
            people: of those to one person alone: to one of these, in whichever channel.
            after: only changes with a greater number.
            upto: and with no greater one than this.

        Returns:
            At most `MOST`: ask again after the last where there are so many.
        """
        to_all = and_(exchanges.c.person == "", exchanges.c.channel.in_(sorted(channels)))
        wanted = (
            select(exchanges)
            .where(
                exchanges.c.change > after,
                exchanges.c.change <= upto,
                exchanges.c.platform == platform,
                exchanges.c.community == community,
                or_(to_all, exchanges.c.person.in_(sorted(people))),
            )
            .order_by(exchanges.c.change)
            .limit(MOST)
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(wanted)).all()
        return [Change(channel=row.channel, exchange=exchange(row)) for row in rows]


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, OSError) as fault:
        raise PostFailed("the store does not answer") from fault


async def _next(connection: AsyncConnection, more: int) -> int:
    """Takes the next numbers; the last of them."""
    return int((await connection.execute(_NEXT, {"more": more})).scalar_one())
