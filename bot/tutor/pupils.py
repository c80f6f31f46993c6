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
from cards.shelf import Rules, Syllabus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.store.learning import Learning
    from bot.store.learning_rows import Pupil
    from bot.tutor.model import Catalogue
    from cards.model import Card

IN_MEMORY = 64
CATALOGUES_IN_MEMORY = 50
MANY = 100  # memories: more are put in order in a thread, so that nobody else waits
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
        self._calendars: dict[str, Calendar] = {}
        self._known: OrderedDict[str, tuple[Catalogue, Held]] = OrderedDict()
        self._taught: OrderedDict[int, tuple[Catalogue, Syllabus]] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def held(
        self, person: str, catalogue: Catalogue, at: datetime, *, also: Card | None = None, asked: str = ""
    ) -> AsyncIterator[Held]:
        """A learner for as long as it takes, as the store has them.

        Whoever changes them in the store gives the new row to `Held.pupil`; who changes them here alone calls `forget`.

        Args:
            person: their id.
            catalogue: what they may be asked.
            at: when they began, where they are new.
            also: a card that was asked, and is not in the catalogue any more.
            asked: the question that is answered: with it goes whoever is forgotten, and is not begun anew by it.

        Raises:
            StaleAction: that question is gone.
        """
        lock = self._locks.setdefault(person, asyncio.Lock())
        async with lock:
            found = await self._loaded(person, catalogue, at, also, asked)
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
        """The days in a zone."""
        if (known := self._calendars.get(zone)) is None:  # with a zone's first use its rules are read from the disk
            known = self._calendars[zone] = await asyncio.to_thread(calendar, zone)
        return known

    async def zone(self, person: str) -> str:
        """Where this person's days begin."""
        pupil = await self._learning.pupil(person)
        return HOME_ZONE if pupil is None else pupil.zone

    async def enrol(self, person: str, at: datetime, asked: str = "") -> Pupil:
        """The row of a person, made where there is none; their days are their community's until they say otherwise."""
        await self._settled()
        seed = int.from_bytes(blake2b(person.encode("utf-8", "replace"), digest_size=8).digest()) >> (64 - _SEED_BITS)
        return await self._learning.enrol(person, zone="", seed=seed, at=at, asked=asked)

    async def _loaded(self, person: str, catalogue: Catalogue, at: datetime, also: Card | None, asked: str) -> Held:
        known = None if also is not None else self._known.get(person)
        if known is not None and known[0] is catalogue and known[1].pupil == await self._learning.pupil(person):
            self._known.move_to_end(person)
            return known[1]
        pupil, memories = await self._learning.memories(person)
        if pupil is None:
            pupil = await self.enrol(person, at, asked)
            if pupil.version:  # another bot was quicker, and they have learnt something since
                found, memories = await self._learning.memories(person)
                pupil = found or pupil
        syllabus = await self._syllabus(catalogue, also)
        many = len(memories) > MANY
        made = (pupil, memories, syllabus, await self.calendar(pupil.zone))
        held = await asyncio.to_thread(_held, *made) if many else _held(*made)
        if also is None:
            self._known[person] = (catalogue, held)
            if len(self._known) > IN_MEMORY:
                self._known.popitem(last=False)
        return held

    async def _syllabus(self, catalogue: Catalogue, also: Card | None) -> Syllabus:
        """What is taught, read once for all who have the same decks; a card that is gone is one person's."""
        if also is not None:
            return await asyncio.to_thread(Syllabus, (*catalogue.taught, also))
        if (known := self._taught.get(id(catalogue))) is None or known[0] is not catalogue:
            known = (catalogue, await asyncio.to_thread(Syllabus, catalogue.taught))
            self._taught[id(catalogue)] = known
            if len(self._taught) > CATALOGUES_IN_MEMORY:
                self._taught.popitem(last=False)
        return known[1]


def rules(pupil: Pupil) -> Rules:
    """How this learner is taught."""
    return Rules(teacher=Teacher(weights=pupil.weights))


def _held(pupil: Pupil, memories: Sequence[Memory], syllabus: Syllabus, days: Calendar) -> Held:
    learner = Learner(syllabus, seed=pupil.seed, rules=rules(pupil), memories=memories)
    return Held(pupil=pupil, learner=learner, days=days)
