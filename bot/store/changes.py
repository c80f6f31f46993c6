"""How bots on one store tell each other that people have changed: linked, parted, or forgotten.

A counter grows with each change; whoever remembers anything about people looks at it, and whoever must not meet a
change half-way holds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from bot.errors import Busy
from bot.store.dialect import insert
from bot.store.group_tables import links
from bot.store.tables import counters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

COUNTER = "people"

_first = insert(counters).values(name=COUNTER, value=1)
_CHANGED = _first.on_conflict_do_update(index_elements=[counters.c.name], set_={"value": counters.c.value + 1})
_THERE = insert(counters).values(name=COUNTER, value=0).on_conflict_do_nothing()
_LINKED = select(links.c.account).where(links.c.account.in_(bindparam("people", expanding=True)))
_VALUE = select(counters.c.value).where(counters.c.name == COUNTER)


async def changes(connection: AsyncConnection) -> int:
    """How many changes there have been."""
    return int((await connection.execute(_VALUE)).scalar() or 0)


async def change(connection: AsyncConnection) -> None:
    """There is one more; of two transactions that change people, one waits until the other is over."""
    await connection.execute(_CHANGED)


async def unchanged(connection: AsyncConnection) -> None:
    """There is none until this transaction is over; SQLite lets one write at a time anyway."""
    held = _VALUE.with_for_update(read=True)
    if (await connection.execute(held)).first() is None:  # nobody was ever changed: there is nothing yet to be held
        await connection.execute(_THERE)
        await connection.execute(held)


async def themselves(connection: AsyncConnection, people: Sequence[str]) -> None:
    """Raises `Busy` where an id is that of an account which was linked to somebody else's a moment ago.

    To be asked in a transaction that `unchanged` holds, and that has written where the database is SQLite.
    """
    if (await connection.execute(_LINKED, {"people": people})).first():
        raise Busy("Your accounts have just been linked. Try that again.")
