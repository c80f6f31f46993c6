"""How bots on one store tell each other that people have changed: linked, parted, or forgotten.

A counter grows with each change; whoever remembers anything about people looks at it, and whoever must not meet a
change half-way holds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from bot.store.dialect import insert
from bot.store.tables import counters

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

COUNTER = "people"

_first = insert(counters).values(name=COUNTER, value=1)
_CHANGED = _first.on_conflict_do_update(index_elements=[counters.c.name], set_={"value": counters.c.value + 1})
_VALUE = select(counters.c.value).where(counters.c.name == COUNTER)


async def changes(connection: AsyncConnection) -> int:
    """How many changes there have been."""
    return int((await connection.execute(_VALUE)).scalar() or 0)


async def change(connection: AsyncConnection) -> None:
    """There is one more; of two transactions that change people, one waits until the other is over."""
    await connection.execute(_CHANGED)


async def unchanged(connection: AsyncConnection) -> None:
    """There is none until this transaction is over; SQLite lets one write at a time anyway."""
    await connection.execute(_VALUE.with_for_update(read=True))
