"""Which accounts are one person's, and the codes by which they come to be.

Every event asks whose it is, so that is answered from memory: bots that share a store tell each other through a counter
that something has changed, and each looks at it once a second.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from bot.store.dialect import insert
from bot.store.group_tables import link_codes, links
from bot.store.tables import counters, people

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

COUNTER = "people"
FRESH_S = 1.0  # how long what is known is taken to be all
KNOWN_IN_MEMORY = 20_000

_first = insert(counters).values(name=COUNTER, value=1)
_CHANGED = _first.on_conflict_do_update(index_elements=[counters.c.name], set_={"value": counters.c.value + 1})
_VALUE = select(counters.c.value).where(counters.c.name == COUNTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One way in to Stride; `name` is what its platform calls whoever has it, empty where they never spoke."""

    id: str
    name: str
    since: datetime | None

    @property
    def platform(self) -> str:
        """Where it is."""
        return self.id.partition(":")[0]


class Links:
    """The verbs; `Store.links` is one. What is awaited here has happened when it returns."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine = engine
        self._known: OrderedDict[str, str] = OrderedDict()
        self._seen: int | None = None  # the counter, as it was looked at last
        self._fresh = 0.0
        self._looking = asyncio.Lock()
        self._hear: list[Callable[[], None]] = []

    def when_changed(self, hear: Callable[[], None]) -> None:
        """`hear` is called when accounts were linked or forgotten, here or by another bot."""
        self._hear.append(hear)

    async def person_of(self, account: str) -> str:
        """Whose answers, memory and standing an account's are; its own id where it is linked to nobody.

        What another bot links is known here within a second.
        """
        await self._look()
        known = self._known.get(account)
        if known is not None:
            self._known.move_to_end(account)
            return known
        if not self._seen:
            return account  # nobody was ever linked
        seen = self._seen
        async with self._engine.connect() as connection:
            found = (await connection.execute(select(links.c.person).where(links.c.account == account))).scalar()
        person = account if found is None else str(found)
        if seen == self._seen:  # else it may be out of date already
            self._known[account] = person
            if len(self._known) > KNOWN_IN_MEMORY:
                self._known.popitem(last=False)
        return person

    async def accounts(self, person: str) -> list[Account]:
        """All accounts of a person: the one whose id is theirs, then the others in the order in which they came."""
        linked = select(links.c.account).where(links.c.person == person).order_by(links.c.at, links.c.account)
        async with self._engine.connect() as connection:
            ids = [person, *(await connection.execute(linked)).scalars()]
            rows = (await connection.execute(select(people).where(people.c.id.in_(ids)))).mappings().all()
        known = {row["id"]: row for row in rows}
        return [
            Account(id=each, name=known[each]["name"], since=known[each]["first_seen"])
            if each in known
            else Account(id=each, name="", since=None)
            for each in ids
        ]

    async def account_on(self, person: str, platform: str) -> str | None:
        """The account by which a person is reached on a platform: where there are several, the one heard last."""
        mine = (people.c.id == person) | people.c.id.in_(select(links.c.account).where(links.c.person == person))
        newest = (
            select(people.c.id)
            .where(mine, people.c.id.startswith(f"{platform}:", autoescape=True))
            .order_by(people.c.last_seen.desc(), people.c.id)
            .limit(1)
        )
        async with self._engine.connect() as connection:
            found = (await connection.execute(newest)).scalar()
        if found is None and person.startswith(f"{platform}:"):
            return person  # whoever has not been written down yet
        return None if found is None else str(found)

    # Codes.

    async def keep_code(self, digest: str, account: str, *, until: datetime, now: datetime) -> None:
        """Keeps the digest of a code instead of any that the account had; drops all that are over."""
        old = (link_codes.c.person == account) | (link_codes.c.until <= now)
        async with self._engine.begin() as connection:
            await connection.execute(delete(link_codes).where(old))
            row = {"digest": digest, "person": account, "until": until}
            await connection.execute(insert(link_codes), row)

    async def code(self, digest: str, now: datetime) -> str | None:
        """The account that a code was given to; None where there is no such code, or it is over."""
        wanted = select(link_codes.c.person).where(link_codes.c.digest == digest, link_codes.c.until > now)
        async with self._engine.connect() as connection:
            found = (await connection.execute(wanted)).scalar()
        return None if found is None else str(found)

    async def _look(self) -> None:
        """Looks whether anything has changed, once a second."""
        if time.monotonic() < self._fresh:
            return
        async with self._looking:
            if time.monotonic() < self._fresh:
                return
            async with self._engine.connect() as connection:
                value = int((await connection.execute(_VALUE)).scalar() or 0)
            if value != self._seen:
                self._changed(value)
            self._fresh = time.monotonic() + FRESH_S

    def look_again(self) -> None:
        """What is known may be out of date: the next question is answered anew."""
        self._fresh = 0.0

    def _changed(self, value: int) -> None:
        before, self._seen = self._seen, value
        self._known.clear()
        if before is not None:  # else nothing was known that could have changed
            for hear in self._hear:
                hear()


async def change(connection: AsyncConnection) -> None:
    """Tells all bots that links have changed; of two who change any, one waits until the other is done."""
    await connection.execute(_CHANGED)
