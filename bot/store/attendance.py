"""Which bots were there when: so that nobody loses a streak to a day on which there was none.

Each says once a minute that it is there. One row stands for all of them, so that of several that come back at once only
the first finds the silence before it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import case, delete, select, update

from bot.store.dialect import insert
from bot.store.group_tables import bots, happenings
from bot.store.members import Happening, What, note

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

QUIET = timedelta(minutes=2)  # a silence that is longer says by itself that no bot was there
KEPT = timedelta(days=1)  # after its last sign of life
_ALL = ""  # stands for every bot

_bot = insert(bots)
_SEEN = _bot.on_conflict_do_update(
    index_elements=[bots.c.bot],
    set_={"seen": case((_bot.excluded.seen > bots.c.seen, _bot.excluded.seen), else_=bots.c.seen)},
)


class Attendance:
    """The verbs; `Store.attendance` is one. What is awaited here has happened when it returns."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine = engine

    async def beat(self, bot: str, at: datetime) -> datetime | None:
        """Says that a bot is there. A silence before it that is longer than `QUIET` goes into the log as an outage.

        Returns:
            When any bot was last there before; None where none ever was.
        """
        async with self._engine.begin() as connection:
            last = await _last(connection)
            if last is not None and at - last > QUIET:
                await _outage(connection, last, at)
                await connection.execute(delete(bots).where(bots.c.bot != _ALL, bots.c.seen < at - KEPT))
            await connection.execute(_SEEN, [{"bot": each, "since": at, "seen": at} for each in (_ALL, bot)])
        return last

    async def settle(self, bot: str, left: datetime, came: datetime) -> bool:
        """Looks back at a short silence, once every bot that was there meanwhile has spoken again.

        Args:
            bot: which came back.
            left: when any bot was last there before.
            came: when this one came.

        Returns:
            Whether it is in the log now that nobody was there.
        """
        others = select(bots.c.bot).where(bots.c.bot.not_in([_ALL, bot]), bots.c.since <= left, bots.c.seen >= came)
        known = select(happenings.c.id).where(
            happenings.c.platform == "",
            happenings.c.community == "",
            happenings.c.kind == What.OUTAGE.value,
            happenings.c.at > left,
        )
        async with self._engine.begin() as connection:
            await _last(connection)
            for found in (others, known):
                if (await connection.execute(found.limit(1))).first() is not None:
                    return False
            await _outage(connection, left, came)
        return True


async def _last(connection: AsyncConnection) -> datetime | None:
    """When any bot was last there; until this is committed no other bot looks."""
    mine = bots.c.bot == _ALL
    found = (await connection.execute(update(bots).where(mine).values(bot=_ALL).returning(bots.c.seen))).first()
    return None if found is None else found.seen


async def _outage(connection: AsyncConnection, begins: datetime, ends: datetime) -> None:
    span = {"from": begins.isoformat(), "to": ends.isoformat()}
    await note(connection, [Happening(at=ends, kind=What.OUTAGE, data=span)])
