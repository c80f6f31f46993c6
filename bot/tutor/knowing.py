"""What somebody knows, as a whole or of a topic: what is remembered now, and what will be."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from math import fsum
from typing import TYPE_CHECKING

from bot.arguments import shorten
from bot.errors import WrongUsage
from bot.tutor.asking import deck_called
from bot.tutor.model import Begun, Knowledge, TopicKnown
from cards.forecast import forecast
from cards.memory import retrievability

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.command import Place, User
    from bot.tutor.asking import Asking
    from bot.tutor.catalogues import Catalogues, Shelved
    from bot.tutor.model import Catalogue, Standing
    from bot.tutor.pupils import Pupils
    from cards.calendar import Calendar
    from cards.memory import Memory, Teacher
    from cards.search import Scope


@dataclass(frozen=True, slots=True)
class Knowing:
    """The verbs; `Tutor` has one."""

    pupils: Pupils
    catalogues: Catalogues
    asking: Asking

    async def knowledge(self, user: User, place: Place, now: datetime, words: str) -> Knowledge:
        """See `Tutor.knowledge`."""
        shelved = await self.catalogues.of(user, place)
        scope = await _scope(shelved, words) if words.strip() else None
        async with self.pupils.held(user.id, shelved.catalogue, now) as held:
            standing = await self.asking.standing_of(held, user, now)
            memories, days, teacher = held.learner.memories, held.days, held.learner.rules.teacher
        return await asyncio.to_thread(_knowledge, shelved.catalogue, scope, memories, days, teacher, now, standing)


async def _scope(shelved: Shelved, words: str) -> Scope:
    """What words mean, as `/practice` takes them; raises `WrongUsage` where that is nothing."""
    index = await shelved.index()
    found = deck_called(words, shelved.catalogue)
    if found is None:
        found = await asyncio.to_thread(index.topics, words)
    if not found.cards and not found.skills:
        near = f"/mine {found.instead[0]}" if found.instead else "/mine"
        raise WrongUsage(f"I have no questions about `{shorten(words)}`.", suggestion=near)
    return found


def _knowledge(
    catalogue: Catalogue,
    scope: Scope | None,
    memories: Sequence[Memory],
    days: Calendar,
    teacher: Teacher,
    now: datetime,
    standing: Standing,
) -> Knowledge:
    today = days.day(now)
    names = [*catalogue.cards, *catalogue.skills] if scope is None else [*scope.cards, *scope.skills]
    there = {name: catalogue.topic_title(name) for name in names}
    mine = [memory for memory in memories if memory.card in there and memory.first <= today]
    begun = tuple(
        Begun(
            name=memory.card,
            title=_title(memory.card, catalogue),
            topic=there[memory.card],
            remembered=retrievability(memory, today, teacher),
            due=memory.due <= now if isinstance(memory.due, datetime) else memory.due <= today,
            first=memory.first,
        )
        for memory in mine
    )
    return Knowledge(
        title="" if scope is None else scope.title,
        names=frozenset(there),
        begun=begun,
        topics=_topics(there.values(), begun),
        forecast=forecast(mine, today, teacher) if mine else None,
        standing=standing,
        today=today,
    )


def _title(name: str, catalogue: Catalogue) -> str:
    card = catalogue.cards.get(name)
    return catalogue.skills[name].title if card is None else card.front


def _topics(titles: Iterable[str], begun: Sequence[Begun]) -> tuple[TopicKnown, ...]:
    """The topics of which anything was begun, first that of which the smallest share is remembered."""
    there = Counter(titles)
    known: dict[str, list[Begun]] = {}
    for each in begun:
        known.setdefault(each.topic, []).append(each)
    found = (
        TopicKnown(
            title=title,
            remembered=fsum(each.remembered for each in cards) / len(cards),
            begun=len(cards),
            cards=there[title],
            due=sum(each.due for each in cards),
        )
        for title, cards in known.items()
    )
    return tuple(sorted(found, key=lambda topic: (topic.remembered * topic.begun / topic.cards, topic.title)))
