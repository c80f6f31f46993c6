"""What Stride remembers, as verbs of its own domain. Nothing above this file knows that there is SQL.

What stands in the way of an answer works in memory and is written behind it (`Writer`); what must have happened
before the next word is spoken, such as a new organiser, is awaited.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeVar, cast

from sqlalchemy import delete, func, or_, select

from bot import codec
from bot.actions import to_id
from bot.command import Incoming, Place, User
from bot.reply import Reply
from bot.store.dialect import insert
from bot.store.engine import open_engine
from bot.store.exchange_rows import ADD_EXCHANGE, Exchange, exchange, place_row
from bot.store.tables import channels, duties, events, exchanges, people, questions, secrets
from bot.store.verbs import Verbs
from bot.store.writer import Write, Writer

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import SecretStr
    from sqlalchemy.ext.asyncio import AsyncEngine

Role = Literal["member", "organiser"]
_K = TypeVar("_K")
_V = TypeVar("_V")

EVENTS_IN_MEMORY = 20_000
QUESTIONS_IN_MEMORY = 4_000
KNOWN_IN_MEMORY = 10_000
REPLIES_IN_MEMORY = 100
SEEN_EVERY = timedelta(hours=1)  # how exactly `last_seen` is kept

_channel = insert(channels)
_person = insert(people)
_question = insert(questions)
ADD_CHANNEL = Write(0, _channel.on_conflict_do_nothing())
ADD_PERSON = Write(
    1,
    _person.on_conflict_do_update(
        index_elements=[people.c.id], set_={"name": _person.excluded.name, "last_seen": _person.excluded.last_seen}
    ),
)
ADD_EVENT = Write(2, insert(events).on_conflict_do_nothing())
ADD_QUESTION = Write(
    3, _question.on_conflict_do_update(index_elements=[questions.c.id], set_={"kept": _question.excluded.kept})
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone who has spoken to Stride."""

    id: str
    name: str
    role: Role
    first_seen: datetime
    last_seen: datetime


@asynccontextmanager
async def open_store(where: Path | SecretStr) -> AsyncIterator[Store]:
    """The store in a SQLite file, or in PostgreSQL at a URL, brought up to date. On the way out everything is written.

    Raises:
        StoreError: it cannot be used.
    """
    engine = await open_engine(where)
    try:
        async with Writer(engine) as writer:
            store = Store(engine, writer)
            await store.remember_events()
            try:
                yield store
            finally:
                await store.idle()
    finally:
        await engine.dispose()


class Store(Verbs):
    """Open it with `open_store`. What concerns one part of the group's life hangs on it as verbs of their own."""

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        """Use `open_store`, which brings the file up to date first."""
        super().__init__(engine, writer)
        self._events: OrderedDict[str, None] = OrderedDict()
        self._questions: OrderedDict[str, str] = OrderedDict()
        self._channels: OrderedDict[Place, None] = OrderedDict()
        self._people: OrderedDict[str, tuple[str, datetime]] = OrderedDict()
        self._replies: OrderedDict[int, tuple[Reply, str]] = OrderedDict()  # held, so that an id stays theirs
        self.links.when_changed(self._read_anew)

    def _read_anew(self) -> None:
        """Forgets what was read about people: some were linked, or want to be forgotten."""
        self._people.clear()
        self._channels.clear()
        self._questions.clear()
        self._replies.clear()
        self.learning.forget_sessions()
        self.members.forget_known()

    async def remember_events(self) -> None:
        """Brings the newest event ids into memory, where `claim` looks."""
        async with self._engine.connect() as connection:
            newest = select(events.c.id).order_by(events.c.at.desc()).limit(EVENTS_IN_MEMORY)
            ids = (await connection.execute(newest)).scalars().all()
        self._events = OrderedDict.fromkeys(reversed(ids))

    def claim(self, event_id: str) -> bool:
        """Whether this event is seen for the first time; until it is released or the process ends, it no longer is."""
        if event_id in self._events:
            return False
        _keep(self._events, event_id, None, EVENTS_IN_MEMORY)
        return True

    def release(self, event_id: str) -> None:
        """Takes a claim back, where no answer was given after all and the platform should try again."""
        self._events.pop(event_id, None)

    def keep_claim(self, event_id: str, at: datetime) -> None:
        """Makes a claim hold beyond the end of the process, now that there is an answer; written later."""
        self._writer.add(ADD_EVENT, lambda: {"id": event_id, "at": at})

    def remember_person(self, user: User, at: datetime) -> None:
        """Keeps a person's name and, to the hour, when they were last here; written later."""
        known = self._people.get(user.id)
        if known is None or known[0] != user.name or at - known[1] >= SEEN_EVERY:
            _keep(self._people, user.id, (user.name, at), KNOWN_IN_MEMORY)
            row = {"id": user.id, "name": user.name, "role": "member", "first_seen": at, "last_seen": at}
            self._writer.add(ADD_PERSON, lambda: row)

    async def person(self, person_id: str) -> Person | None:
        """Who has this id, if they were ever here."""
        await self._writer.drain()
        async with self._engine.connect() as connection:
            row = (await connection.execute(select(people).where(people.c.id == person_id))).mappings().first()
        return None if row is None else Person(**row)

    async def role_of(self, person_id: str) -> Role:
        """What someone may do; `member` for those who were never here."""
        found = await self.person(person_id)
        return "member" if found is None else found.role

    async def make_organiser(self, user: User, at: datetime) -> None:
        """Gives someone the organiser's role, for good."""
        row = {"id": user.id, "name": user.name, "role": "organiser", "first_seen": at, "last_seen": at}
        changed = {"role": "organiser", "name": user.name, "last_seen": at}
        statement = insert(people).on_conflict_do_update(index_elements=[people.c.id], set_=changed)
        await self._writer.drain()
        async with self._engine.begin() as connection:
            await connection.execute(statement, row)

    def record_exchange(self, incoming: Incoming, reply: Reply) -> None:
        """Keeps an event's claim and, unless the reply is not to be kept, what was said and what came back; later."""
        place, user = incoming.place, incoming.user
        self.keep_claim(incoming.id, incoming.at)
        if place not in self._channels:
            _keep(self._channels, place, None, KNOWN_IN_MEMORY)
            row = place_row(place) | {"private": place.private, "first_seen": incoming.at}
            self._writer.add(ADD_CHANNEL, lambda: row)
        self.remember_person(user, incoming.at)
        if not reply.kept:
            return
        self._writer.add(
            ADD_EXCHANGE,
            lambda: (
                place_row(place)
                | {
                    "person": user.id,
                    "name": user.name,
                    "at": incoming.at,
                    "said": incoming.text,
                    "action": None if incoming.action is None else to_id(incoming.action),
                    "private": reply.private,
                    "reply": self._encoded(reply),
                }
            ),
        )

    async def history(
        self, place: Place, *, before: int | None = None, limit: int = 50, viewer: str | None = None
    ) -> list[Exchange]:
        """The newest exchanges of a channel, oldest first.

        Args:
            place: the channel.
            before: only exchanges with a smaller id, to page back.
            limit: how many at most.
            viewer: whose private answers are shown too; nobody else's ever are.
        """
        await self._writer.drain()
        wanted = [exchanges.c[name] == value for name, value in place_row(place).items()]
        wanted.append(or_(exchanges.c.private == 0, exchanges.c.person == (viewer or "")))
        if before is not None:
            wanted.append(exchanges.c.id < before)
        newest = select(exchanges).where(*wanted).order_by(exchanges.c.id.desc()).limit(limit)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(newest)).all()
        return [exchange(row) for row in reversed(rows)]

    async def exchange(self, place: Place, person: str, at: datetime, viewer: str) -> Exchange | None:
        """What someone said in a channel at a moment, where `viewer` may see it."""
        await self._writer.drain()
        wanted = [exchanges.c[name] == value for name, value in place_row(place).items()]
        wanted += [exchanges.c.person == person, exchanges.c.at == at]
        wanted.append(or_(exchanges.c.private == 0, exchanges.c.person == viewer))
        newest = select(exchanges).where(*wanted).order_by(exchanges.c.id.desc()).limit(1)
        async with self._engine.connect() as connection:
            row = (await connection.execute(newest)).first()
        return None if row is None else exchange(row)

    async def channels(self, platform: str, community: str) -> list[str]:
        """The names of a community's channels in which something was said, in alphabetical order."""
        await self._writer.drain()
        wanted = select(channels.c.channel).where(
            channels.c.platform == platform, channels.c.community == community, channels.c.private == 0
        )
        async with self._engine.connect() as connection:
            return sorted((await connection.execute(wanted)).scalars().all())

    async def names(self, platform: str) -> dict[str, str]:
        """What the people of a platform are called, by their ids."""
        await self._writer.drain()
        wanted = select(people.c.id, people.c.name).where(people.c.id.startswith(f"{platform}:", autoescape=True))
        async with self._engine.connect() as connection:
            return {row.id: row.name for row in await connection.execute(wanted)}

    def keep_question(self, name: str, text: str, at: datetime) -> None:
        """Keeps a text under a short name of its own, for buttons about it; written later."""
        if name not in self._questions:
            _keep(self._questions, name, text, QUESTIONS_IN_MEMORY)
            self._writer.add(ADD_QUESTION, lambda: {"id": name, "text": text, "kept": at})

    async def question(self, name: str) -> str | None:
        """The text behind a name, or None where it was never kept or has been forgotten."""
        if (known := self._questions.get(name)) is not None:
            return known
        async with self._engine.connect() as connection:
            found = (await connection.execute(select(questions.c.text).where(questions.c.id == name))).scalar()
        return cast("str | None", found)

    async def secret(self, name: str, make: Callable[[], bytes]) -> bytes:
        """A secret of Stride's own, such as the key that signs cookies; made at first and the same ever after."""
        wanted = select(secrets.c.value).where(secrets.c.name == name)
        async with self._engine.begin() as connection:
            await connection.execute(insert(secrets).on_conflict_do_nothing(), {"name": name, "value": make()})
            return bytes((await connection.execute(wanted)).scalar_one())

    async def claim_duty(self, duty: str, at: datetime, since: datetime) -> bool:
        """Whether a duty is ours to do now: it was not done after `since`. Of several bots exactly one is told yes."""
        statement = insert(duties).on_conflict_do_update(
            index_elements=[duties.c.name], set_={"done": at}, where=duties.c.done <= since
        )
        async with self._engine.begin() as connection:
            return (await connection.execute(statement, {"name": duty, "done": at})).rowcount > 0

    async def forget(self, *, events_before: datetime, questions_before: datetime) -> dict[str, int]:
        """Drops old event ids and questions; how many of each."""
        await self._writer.drain()
        async with self._engine.begin() as connection:
            old_events = await connection.execute(delete(events).where(events.c.at < events_before))
            old_questions = await connection.execute(delete(questions).where(questions.c.kept < questions_before))
        self._questions.clear()
        return {"events": old_events.rowcount, "questions": old_questions.rowcount}

    def _encoded(self, reply: Reply) -> str:
        """A reply as JSON; the same object, which is what an answer from a cache is, is encoded once."""
        known = self._replies.get(id(reply))
        if known is None:
            known = (reply, codec.dumps(reply))
            _keep(self._replies, id(reply), known, REPLIES_IN_MEMORY)
        return known[1]

    async def time(self) -> datetime | None:
        """What time it is for all who share the database; None where that is this machine's own time."""
        if self._engine.dialect.name == "sqlite":
            return None
        async with self._engine.connect() as connection:
            return cast("datetime", (await connection.execute(select(func.clock_timestamp()))).scalar_one())

    def is_away(self, fault: Exception) -> bool:
        """Whether a fault says that the database cannot be reached or written just now."""
        from bot.store.outage import is_away

        return is_away(fault)

    async def room(self) -> None:
        """Waits a moment where more is said than can be written down; else returns at once."""
        await self._writer.room()

    async def drain(self) -> None:
        """Returns when everything that was to be written later has been."""
        await self._writer.drain()


def _keep(known: OrderedDict[_K, _V], key: _K, value: _V, most: int) -> None:
    known[key] = value
    if len(known) > most:
        known.popitem(last=False)
