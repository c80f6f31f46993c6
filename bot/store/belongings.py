"""What is somebody's own in the store: to see how much there is, to take out, and to have forgotten."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select, text

from bot.store.changes import change, changes, unchanged
from bot.store.forgetting import Leaving, forget
from bot.store.group_tables import links, members, quiz_players
from bot.store.scrub import Scrub
from bot.store.tables import answers, deck_cards, decks, exchanges, memories, people
from bot.store.takeout import taken_out
from bot.store.tallying import RIGHT

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from bot.command import Place
    from bot.store.links import Links
    from bot.store.writer import Writer

GONE = "gone:"  # begins an id that leads to nobody
RECENT = 1_000  # people who were forgotten here, whose running answers are not to be written down


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """How much there is of somebody's."""

    accounts: tuple[str, ...]
    answers: int
    memories: int
    decks: int
    cards: int
    exchanges: int
    groups: int
    organises: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What a member did in their group; `last` is None for whoever has not answered there yet."""

    person: str
    name: str
    since: datetime
    answers: int
    right: int
    last: datetime | None


class Belongings:
    """The verbs; `Store.belongings` is one. What is awaited here has happened when it returns.

    Attributes:
        turn: grows whenever somebody is forgotten here.
    """

    def __init__(self, engine: AsyncEngine, writer: Writer, links_: Links) -> None:
        """All of them stay the store's."""
        self._engine = engine
        self._writer = writer
        self._links = links_
        self._forgotten: OrderedDict[str, int] = OrderedDict()
        self.turn = 0

    async def holdings(self, person: str) -> Holdings:
        """How much there is of a person's, with all their accounts."""
        await self._writer.drain()
        async with self._engine.connect() as connection:
            ids = await _ids(connection, person)
            counts = [
                select(func.count()).where(answers.c.person.in_(ids), answers.c.kind == "answer"),
                select(func.count()).where(memories.c.person.in_(ids)),
                select(func.count()).where(decks.c.owner.in_(ids)),
                select(func.count()).join_from(deck_cards, decks).where(decks.c.owner.in_(ids)),
                select(func.count()).where(exchanges.c.person.in_(ids)),
                select(func.count()).where(members.c.person.in_(ids)),
                select(func.count()).where(people.c.id.in_(ids), people.c.role == "organiser"),
            ]
            found = [int((await connection.execute(each)).scalar_one()) for each in counts]
        return Holdings(
            accounts=ids,
            answers=found[0],
            memories=found[1],
            decks=found[2],
            cards=found[3],
            exchanges=found[4],
            groups=found[5],
            organises=bool(found[6]),
        )

    async def take_out(self, person: str) -> dict[str, list[dict[str, Any]]]:
        """All rows that belong to a person and their accounts, by table; see `bot.store.takeout`."""
        await self._writer.drain()
        async with self._engine.connect() as connection:
            return await taken_out(connection, await _ids(connection, person))

    async def members_of(self, place: Place) -> tuple[list[Member], int]:
        """A group's members, those who answered last first; and how many more there are who hide."""
        there = (answers.c.platform == place.platform, answers.c.community == place.community)
        did = (
            select(
                answers.c.person,
                func.count(case((answers.c.kind == "answer", 1))).label("answers"),
                func.count(case((RIGHT, 1))).label("right"),
                func.max(case((answers.c.kind == "answer", answers.c.at))).label("last"),
            )
            .where(*there)
            .group_by(answers.c.person)
        ).subquery()
        wanted = (
            select(members.c.person, members.c.since, members.c.hidden, people.c.name, did)
            .outerjoin(people, people.c.id == members.c.person)
            .outerjoin(did, did.c.person == members.c.person)
            .where(members.c.platform == place.platform, members.c.community == place.community)
            .order_by(did.c.last.desc().nulls_last(), members.c.since, members.c.person)
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(wanted)).all()
        found = [
            Member(
                person=row.person,
                name=row.name or "",
                since=row.since,
                answers=row.answers or 0,
                right=row.right or 0,
                last=row.last,
            )
            for row in rows
            if not row.hidden
        ]
        nobody = sum(row.person.startswith(GONE) for row in rows)
        return found, len(rows) - len(found) - nobody

    async def forget(self, person: str, gone: str) -> tuple[str, ...]:
        """Takes a person out of every table, with all their accounts, whose ids come back.

        Args:
            person: their id.
            gone: an id that leads to nobody, for what stays of them: that something was answered, and when.
        """
        await self._writer.drain()
        async with self._engine.begin() as connection:
            await change(connection)
            leaving = await _leaving(connection, person, gone)
            await forget(connection, leaving)
        self.turn += 1
        for each in leaving.ids:
            self._forgotten[each] = self.turn
            if len(self._forgotten) > RECENT:
                self._forgotten.popitem(last=False)
        self._links.changed()
        await self.wipe()
        return leaving.ids

    async def changes(self) -> int:
        """Grows whenever people are linked or forgotten, by any bot; waits for whoever is just being so."""
        async with self._engine.begin() as connection:
            await unchanged(connection)
            return await changes(connection)

    def forgotten_since(self, account: str, turn: int) -> bool:
        """Whether an account was forgotten here after `turn`: what was begun before is not to be written down."""
        return self._forgotten.get(account, 0) > turn

    async def wipe(self) -> None:
        """Leaves no trace of what was deleted in SQLite's log; in its file, each page is overwritten at once.

        While somebody reads, the log stays as it is until the next time.
        """
        if self._engine.dialect.name == "sqlite":
            async with self._engine.connect() as connection:
                alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
                await alone.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


async def _ids(connection: AsyncConnection, person: str) -> tuple[str, ...]:
    linked = select(links.c.account).where(links.c.person == person).order_by(links.c.account)
    return (person, *(await connection.execute(linked)).scalars())


async def _leaving(connection: AsyncConnection, person: str, gone: str) -> Leaving:
    ids = await _ids(connection, person)
    named = (
        select(people.c.name).where(people.c.id.in_(ids)),
        select(exchanges.c.name).where(exchanges.c.person.in_(ids)).distinct(),
        select(quiz_players.c.name).where(quiz_players.c.person.in_(ids)).distinct(),
    )
    names = {name for each in named for name in (await connection.execute(each)).scalars()}
    places: set[tuple[str, str]] = set()
    for table in (members, exchanges, answers):
        there = select(table.c.platform, table.c.community).where(table.c.person.in_(ids)).distinct()
        places.update((row.platform, row.community) for row in await connection.execute(there))
    return Leaving(ids=ids, gone=gone, scrub=Scrub(ids, names, gone), places=tuple(sorted(places)))
