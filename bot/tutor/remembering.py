"""What a person remembers as a whole: spread over days after a break, counted on their own days, brought along."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.errors import Busy, WrongUsage
from bot.store.learning_rows import Line, effect
from bot.tutor.answering import JUST_NOW, TRIES
from bot.tutor.model import Catalogue
from cards.calendar import Calendar, named_zone
from cards.learner import Entry
from cards.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.command import Incoming, Place, User
    from bot.store.learning import Learning
    from bot.tutor.catalogues import Catalogues
    from bot.tutor.pupils import Held, Pupils
    from cards.backlog import Plan

NOTHING = Catalogue(decks=(), cards={}, skills={}, topics={}, taught=())
NOWHERE = ("", "")  # the platform and community of what happens in no place


@dataclass(frozen=True, slots=True)
class Remembering:
    """The verbs; `Tutor` has one."""

    learning: Learning
    pupils: Pupils
    catalogues: Catalogues

    async def take_up(self, incoming: Incoming) -> Plan:
        """See `Tutor.take_up`."""
        catalogue = (await self.catalogues.of(incoming.user, incoming.place)).catalogue
        for _ in range(TRIES):
            async with self.pupils.held(incoming.user.id, catalogue, incoming.at) as held:
                plan = held.learner.catch_up(incoming.at, held.days)
                if plan is None:
                    raise WrongUsage("Nothing has piled up: what is due can be done in a day.", suggestion="/review")
                entry = held.learner.take_up(plan, incoming.at, held.days)
                moved = [memory for card in plan.days_of if (memory := held.learner.memory(card)) is not None]
                if await self._written(held, entry, moved, incoming.place):
                    return plan
        raise Busy(JUST_NOW)

    async def set_zone(self, user: User, zone: str, now: datetime) -> None:
        """See `Tutor.set_zone`."""
        try:
            if zone:
                await asyncio.to_thread(named_zone, zone)
        except ValueError as fault:
            raise WrongUsage(str(fault)[:1].upper() + str(fault)[1:] + ".") from fault
        await self.pupils.enrol(user.id, now)
        await self.learning.set_zone(user.id, zone, now)

    async def calendar(self, user: User) -> Calendar:
        """See `Tutor.calendar`."""
        return await self.pupils.calendar(await self.pupils.zone(user.id))

    async def remembered(self, user: User, deck_id: str) -> dict[str, Memory]:
        """See `Tutor.remembered`."""
        _, memories = await self.learning.memories(user.id)
        start = f"{deck_id}/"
        found = (memory for memory in memories if memory.card.startswith(start))
        return {
            (name := memory.card.removeprefix(start)): replace(
                memory, card=name, waits_for=memory.waits_for.removeprefix(start)
            )
            for memory in found
        }

    async def take_over(self, user: User, deck_id: str, memories: Sequence[Memory], now: datetime) -> int:
        """See `Tutor.take_over`."""
        brought = [replace(memory, card=f"{deck_id}/{memory.card}") for memory in memories]
        for _ in range(TRIES):
            async with self.pupils.held(user.id, NOTHING, now) as held:
                entry = held.learner.bring(brought, now, held.days)
                if not entry.memories or await self._written(held, entry, entry.memories, None):
                    return len(entry.memories)
        raise Busy(JUST_NOW)

    async def _written(self, held: Held, entry: Entry, changed: Iterable[Memory], place: Place | None) -> bool:
        """Whether a line is in the log now, with the memories that it comes to."""
        platform, community = NOWHERE if place is None else (place.platform, place.community)
        line = Line(
            person=held.pupil.person,
            at=entry.at,
            zone=entry.zone,
            kind="plan" if entry.kind == "plan" else "brought",
            platform=platform,
            community=community,
            effect=effect(entry),
        )
        recorded = await self.learning.record(held.pupil, line, changed, held.days)
        self.pupils.forget(held.pupil.person)
        return recorded is not None
