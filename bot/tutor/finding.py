"""Looks cards up: by words, by name, or the one that this person would be asked next."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.arguments import shorten
from bot.errors import WrongUsage
from bot.store.decks import community
from bot.tutor.catalogues import HOUSE
from bot.tutor.model import LookedUp

if TYPE_CHECKING:
    from datetime import datetime

    from bot.command import Place, User
    from bot.tutor.catalogues import Catalogues
    from bot.tutor.checking import Checker
    from bot.tutor.pupils import Pupils
    from cards.search import Found

MOST_BEGUN = 25


@dataclass(frozen=True, slots=True)
class Finding:
    """The verbs; `Tutor` has one."""

    pupils: Pupils
    catalogues: Catalogues
    checker: Checker

    async def find(self, user: User, place: Place, words: str, limit: int) -> Found:
        """See `Tutor.find`."""
        shelved = await self.catalogues.of(user, place)
        return await asyncio.to_thread((await shelved.index()).search, words, limit)

    async def shared(self, place: Place) -> frozenset[str]:
        """See `Tutor.shared`."""
        editions = await self.catalogues.editions(community(place))
        return frozenset((HOUSE, *(deck for deck, _, _ in editions)))

    async def look_up(self, user: User, place: Place, name: str) -> LookedUp:
        """See `Tutor.look_up`."""
        shelved = await self.catalogues.of(user, place)
        card = shelved.catalogue.cards.get(name)
        if card is None:
            raise WrongUsage(f"There is no card `{shorten(name)}` for you here.", suggestion="/card conv1d length")
        torch = shelved.proved.get(name, "")
        if name.startswith(f"{HOUSE}/"):
            holds, torch = await self.checker.confirmed(card)
            if not holds:
                raise WrongUsage("Torch does not confirm this card just now, so I do not show it.", suggestion="/card")
        return LookedUp(name=name, card=card, topic=shelved.catalogue.topic_title(name), torch=torch)

    async def next_card(self, user: User, place: Place, now: datetime) -> str | None:
        """See `Tutor.next_card`."""
        shelved = await self.catalogues.of(user, place)
        async with self.pupils.held(user.id, shelved.catalogue, now) as held:
            order = held.learner.order(now, held.days)
            return next((name for name in order if name in shelved.catalogue.cards), None)

    def begun(self, words: str) -> Found | None:
        """See `Tutor.begun`."""
        index = self.catalogues.read_before
        return None if index is None else index.search(words, MOST_BEGUN, typing=True)
