"""What Stride said unasked on the platforms whose history it keeps itself: the page and the terminal.

A post is a row of the channel's history under a key of its own, so that there is one however often it is sent. Each
post and each edit takes the next number of one counter in the order of the commits, on every database: whoever asks
for what came after a number misses nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from bot import codec
from bot.command import Place
from bot.errors import PostFailed
from bot.reply import Reply
from bot.store.dialect import insert
from bot.store.exchange_rows import Exchange, exchange, place_row
from bot.store.tables import channels, counters, exchanges

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

Row = dict[str, Any]

COUNTER = "posts"
MOST = 100  # changes that are read at once

_first = insert(counters).values(name=COUNTER, value=1)
_NEXT = _first.on_conflict_do_update(index_elements=[counters.c.name], set_={"value": counters.c.value + 1}).returning(
    counters.c.value
)
_NEWEST = select(counters.c.value).where(counters.c.name == COUNTER)


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
            return await self._put(key, channel, row)

    async def _put(self, key: str, channel: Row, row: Row) -> int:
        async with self._engine.begin() as connection:
            change = await _next(connection)  # first, since it holds off all others until this is committed
            known = (await connection.execute(select(exchanges.c.id).where(exchanges.c.post == key))).scalar()
            if known is not None:
                return int(known)
            await connection.execute(insert(channels).on_conflict_do_nothing(), channel)
            put = insert(exchanges).values(**row, change=change).returning(exchanges.c.id)
            return int((await connection.execute(put)).scalar_one())

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
                changed = {"reply": codec.dumps(reply), "change": await _next(connection)}
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


async def _next(connection: AsyncConnection) -> int:
    return int((await connection.execute(_NEXT)).scalar_one())
