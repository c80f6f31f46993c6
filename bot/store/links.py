"""Which accounts are one person's, and the codes by which they come to be.

Every event asks whose it is, so that is answered from memory: bots that share a store tell each other through a counter
that something has changed, and each looks at it once a second.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from sqlalchemy import delete, func, select

from bot.store.changes import change, changes
from bot.store.dialect import insert
from bot.store.group_tables import link_codes, links
from bot.store.members import Happening, What, note
from bot.store.tables import answers, people

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from bot.store.joining import Union

FRESH_S = 1.0  # how long what is known is taken to be all
KNOWN_IN_MEMORY = 20_000
Outcome = Literal["done", "over", "again"]


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
        self._cleared = 0  # how often that was forgotten
        self._seen: int | None = None  # the changes that there were at the last look
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
        cleared = self._cleared
        async with self._engine.connect() as connection:
            person = await _person(connection, account)
        if cleared == self._cleared:  # else it may be out of date already
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
        return (await self.accounts_on([person], platform)).get(person)

    async def accounts_on(self, persons: Sequence[str], platform: str) -> dict[str, str]:
        """The same of those among several persons who have one there."""
        linked = select(links.c.person, links.c.account).where(links.c.person.in_(persons))
        async with self._engine.connect() as connection:
            theirs = {account: person for person, account in await connection.execute(linked)}
            theirs |= {person: person for person in persons}
            there = people.c.id.in_([each for each in theirs if each.startswith(f"{platform}:")])
            heard = select(people.c.id).where(there).order_by(people.c.last_seen, people.c.id.desc())
            newest = {theirs[account]: account for account in (await connection.execute(heard)).scalars()}
        own = {
            person: person for person in persons if person.startswith(f"{platform}:")
        }  # perhaps not written down yet
        return own | newest

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

    async def count_answers(self, person: str) -> int:
        """How many questions somebody has answered, ever."""
        given = select(func.count()).where(answers.c.person == person, answers.c.kind == "answer")
        async with self._engine.connect() as connection:
            return int((await connection.execute(given)).scalar_one())

    async def answered_by_both(self, person: str, other: str) -> int:
        """How many questions two people have both answered."""
        mine, theirs = answers.alias("mine"), answers.alias("theirs")
        both = select(func.count()).join_from(mine, theirs, mine.c.posed == theirs.c.posed)
        async with self._engine.connect() as connection:
            wanted = both.where(mine.c.person == person, theirs.c.person == other)
            return int((await connection.execute(wanted)).scalar_one())

    # Accounts that become one person's, and part again.

    async def join(self, digest: str, accounts: tuple[str, str], union: Union, now: datetime) -> Outcome:
        """Makes two people one, by a code, which is used up.

        Args:
            digest: of the code.
            accounts: the one that the code was given to, and the one that brought it.
            union: whose these are, and what both together come to.
            now: when.

        Returns:
            `over`: the code is; `again`: one of them has gone on since `union` was worked out.
        """
        from bot.store.joining import unite  # which reads in what people learn

        async with self._engine.connect() as connection:
            await change(connection)
            used = delete(link_codes).where(
                link_codes.c.digest == digest, link_codes.c.person == accounts[0], link_codes.c.until > now
            )
            if (await connection.execute(used)).rowcount == 0:
                return "over"
            both = {await _person(connection, account) for account in accounts}
            if both != {union.person, union.other} or not await unite(connection, union):
                return "again"
            await connection.execute(insert(links), {"account": union.other, "person": union.person, "at": now})
            data = {"account": union.other}
            await note(connection, [Happening(at=now, kind=What.LINKED, person=union.person, data=data)])
            await connection.commit()
        self.changed()
        return "done"

    async def part(self, accounts: Iterable[str], person: str, now: datetime) -> list[str]:
        """Makes accounts a person's no longer; which of them were. They begin anew."""
        parted = []
        async with self._engine.begin() as connection:
            await change(connection)
            for account in accounts:
                mine = delete(links).where(links.c.account == account, links.c.person == person)
                if (await connection.execute(mine)).rowcount > 0:
                    parted.append(account)
            await note(
                connection,
                [Happening(at=now, kind=What.UNLINKED, person=person, data={"account": each}) for each in parted],
            )
        self.changed()
        return parted

    async def _look(self) -> None:
        """Looks whether anything has changed, once a second."""
        if time.monotonic() < self._fresh:
            return
        async with self._looking:
            if time.monotonic() < self._fresh:
                return
            async with self._engine.connect() as connection:
                value = await changes(connection)
            if value != self._seen:
                if self._seen is not None:  # else nothing was known that could have changed
                    self._forget()
                self._seen = value
            self._fresh = time.monotonic() + FRESH_S

    def changed(self) -> None:
        """People were changed here: the next question is answered anew."""
        self._fresh = 0.0
        self._forget()

    def _forget(self) -> None:
        self._cleared += 1
        self._known.clear()
        for hear in self._hear:
            hear()


async def _person(connection: AsyncConnection, account: str) -> str:
    found = (await connection.execute(select(links.c.person).where(links.c.account == account))).scalar()
    return account if found is None else str(found)
