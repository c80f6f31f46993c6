"""Learners in memory: loaded from the store once, and again where another bot has written for them since."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from bot.group.whereabouts import HOME_ZONE
from cards.calendar import Calendar, calendar
from cards.learner import Learner
from cards.memory import Memory, Teacher
from cards.shelf import Rules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.store.learning import Learning
    from bot.store.learning_rows import Pupil
    from bot.tutor.model import Catalogue
    from cards.model import Card

IN_MEMORY = 64
_SEED_BITS = 63  # of a whole number in every database


@dataclass(slots=True)
class Held:
    """A learner, held by one event at a time.

    Attributes:
        pupil: the row that their memories belong to.
        learner: what they know, and what comes next.
        days: their calendar.
    """

    pupil: Pupil
    learner: Learner
    days: Calendar


class Pupils:
    """Everybody who learns."""

    def __init__(self, learning: Learning, settled: Callable[[], Awaitable[None]]) -> None:
        """Loads nobody yet; `settled` returns once the store has written where everybody belongs."""
        self._learning = learning
        self._settled = settled
        self._known: OrderedDict[str, tuple[Catalogue, Held]] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def held(
        self, person: str, catalogue: Catalogue, at: datetime, *, also: Card | None = None
    ) -> AsyncIterator[Held]:
        """A learner for as long as it takes, as the store has them.

        Whoever changes them in the store gives the new row to `Held.pupil`; who changes them here alone calls `forget`.

        Args:
            person: their id.
            catalogue: what they may be asked.
            at: when they began, where they are new.
            also: a card that was asked, and is not in the catalogue any more.
        """
        lock = self._locks.setdefault(person, asyncio.Lock())
        async with lock:
            found = await self._loaded(person, catalogue, at, also)
            try:
                yield found
            except BaseException:  # nobody knows how far it came: the store does
                self.forget(person)
                raise

    def forget(self, person: str) -> None:
        """Has a learner loaded anew the next time."""
        self._known.pop(person, None)

    def forget_all(self) -> None:
        """Has everybody loaded anew."""
        self._known.clear()

    async def calendar(self, zone: str) -> Calendar:
        """The days in a zone; raises `ValueError`."""
        return await asyncio.to_thread(calendar, zone)

    async def zone(self, person: str) -> str:
        """Where this person's days begin."""
        pupil = await self._learning.pupil(person)
        return HOME_ZONE if pupil is None else pupil.zone

    async def enrol(self, person: str, at: datetime) -> Pupil:
        """The row of a person, made where there is none; their days are their community's until they say otherwise."""
        await self._settled()
        seed = int.from_bytes(blake2b(person.encode("utf-8", "replace"), digest_size=8).digest()) >> (64 - _SEED_BITS)
        return await self._learning.enrol(person, zone="", seed=seed, at=at)

    async def _loaded(self, person: str, catalogue: Catalogue, at: datetime, also: Card | None) -> Held:
        pupil = await self._learning.pupil(person) or await self.enrol(person, at)
        known = self._known.get(person)
        if also is None and known is not None and known[0] is catalogue and known[1].pupil == pupil:
            self._known.move_to_end(person)
            return known[1]
        found, memories = await self._learning.memories(person)
        held = await asyncio.to_thread(_held, found or pupil, memories, catalogue, also)
        if also is None:
            self._known[person] = (catalogue, held)
            if len(self._known) > IN_MEMORY:
                self._known.popitem(last=False)
        return held


def rules(pupil: Pupil) -> Rules:
    """How this learner is taught."""
    return Rules(teacher=Teacher(weights=pupil.weights))


def _held(pupil: Pupil, memories: Sequence[Memory], catalogue: Catalogue, also: Card | None) -> Held:
    cards = catalogue.taught if also is None else (*catalogue.taught, also)
    learner = Learner(cards, seed=pupil.seed, rules=rules(pupil), memories=memories)
    return Held(pupil=pupil, learner=learner, days=calendar(pupil.zone))
