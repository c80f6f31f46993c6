"""Under which id somebody's deck of a name is kept, also where linked accounts have brought theirs along."""

from __future__ import annotations

from itertools import chain, count
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from bot.store.decks import deck_id, slug
from bot.store.tables import decks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine


class DeckIds:
    """The verb; `Store.deck_ids` is one."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine = engine

    async def of(self, owner: str, name: str) -> str:
        """The id of an owner's deck of that name, which is there or still to come.

        A deck that came with a linked account keeps its id: so that is its name's from then on, and where the account
        is separated, what it makes anew under that name gets another one.
        """
        usual = deck_id(owner, name)
        alike = decks.c.id == usual, decks.c.id.startswith(f"{usual}-", autoescape=True), decks.c.owner == owner
        wanted = select(decks.c.id, decks.c.owner, decks.c.title).where(or_(*alike)).order_by(decks.c.id)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(wanted)).all()
        mine = [row.id for row in rows if row.owner == owner and slug(row.title) == slug(name)]
        if mine:
            return usual if usual in mine else str(mine[0])
        taken = {row.id for row in rows}
        names = chain([usual], (f"{usual}-{turn}" for turn in count(2)))
        return next(each for each in names if each not in taken)
