"""What is too old to be kept: taken out a little at a time, so that nobody who writes meanwhile waits for long."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, exists, func, select

from bot.store.dialect import insert
from bot.store.group_tables import communities, link_codes
from bot.store.tables import answers, channels, counters, exchanges, posed

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from bot.store.writer import Writer

AT_ONCE = 2_000  # rows of one transaction
KEEP = "keep_days"  # a community's own setting
LOOKED_AT = "posed looked at"  # up to which number unanswered questions have been taken out


class Retention:
    """The verbs; `Store.retention` is one."""

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        """Both stay the store's."""
        self._engine = engine
        self._writer = writer

    async def history(self, before: datetime) -> int:
        """Takes out what was said in any channel before a moment; how much."""
        await self._writer.drain()
        return await self._oldest(before)

    async def choices(self) -> dict[tuple[str, str], int]:
        """For how many days communities want their channels' history kept, as (platform, community): days."""
        async with self._engine.connect() as connection:
            chosen = communities.c.settings.contains(f'"{KEEP}"')
            rows = (await connection.execute(select(communities).where(chosen))).all()
        found = {(row.platform, row.community): json.loads(row.settings).get(KEEP) for row in rows}
        return {where: days for where, days in found.items() if isinstance(days, int)}

    async def history_of(self, community: tuple[str, str], before: datetime) -> int:
        """The same of one community's channels."""
        await self._writer.drain()
        there = (channels.c.platform == community[0], channels.c.community == community[1])
        async with self._engine.connect() as connection:
            names = (await connection.execute(select(channels.c.channel).where(*there))).scalars().all()
        here = (exchanges.c.platform == community[0], exchanges.c.community == community[1])
        return sum([await self._oldest(before, *here, exchanges.c.channel == name) for name in names])

    async def unanswered(self, before: datetime) -> int:
        """Takes out questions that somebody was asked before a moment, and never answered; how many."""
        upto = await self._asked_before(before)
        async with self._engine.connect() as connection:
            seen = (
                await connection.execute(select(counters.c.value).where(counters.c.name == LOOKED_AT))
            ).scalar() or 0
        gone = 0
        while seen < upto:
            until = min(upto, seen + AT_ONCE)
            answered = exists().where(answers.c.person == posed.c.person, answers.c.posed == posed.c.id)
            some = (posed.c.number > seen, posed.c.number <= until, posed.c.person != "", ~answered)
            looked = insert(counters).values(name=LOOKED_AT, value=until)
            async with self._engine.begin() as connection:
                gone += (await connection.execute(delete(posed).where(*some))).rowcount
                await connection.execute(
                    looked.on_conflict_do_update(index_elements=[counters.c.name], set_={"value": until})
                )
            seen = until
        return gone

    async def codes(self, before: datetime) -> int:
        """Takes out the codes that are over; how many."""
        async with self._engine.begin() as connection:
            return (await connection.execute(delete(link_codes).where(link_codes.c.until <= before))).rowcount

    async def _oldest(self, before: datetime, *where: Any) -> int:
        """Exchanges come in the order of their ids: so the oldest are looked at until one is young enough."""
        gone = 0
        while True:
            oldest = select(exchanges.c.id, exchanges.c.at).where(*where).order_by(exchanges.c.id).limit(AT_ONCE)
            async with self._engine.begin() as connection:
                rows = (await connection.execute(oldest)).all()
                old = [row.id for row in rows if row.at < before]
                if old:
                    await connection.execute(delete(exchanges).where(exchanges.c.id.in_(old)))
            gone += len(old)
            if not old or len(old) < len(rows) or len(rows) < AT_ONCE:
                return gone

    async def _asked_before(self, before: datetime) -> int:
        """The number of the last question that was asked before a moment, found by halves; 0 where there is none."""
        async with self._engine.connect() as connection:
            low, high = 0, int((await connection.execute(select(func.max(posed.c.number)))).scalar() or 0)
            while low < high:
                middle = (low + high + 1) // 2
                newest = select(posed.c.at).where(posed.c.number <= middle).order_by(posed.c.number.desc()).limit(1)
                at = (await connection.execute(newest)).scalar()
                low, high = (middle, high) if at is None or at < before else (low, middle - 1)
        return low
