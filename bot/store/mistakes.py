"""The wrong rules that a group followed: in numbers of people, and never whose they were."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from bot.store.engine import looking
from bot.store.tables import answers

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncEngine

    from bot.command import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A wrong rule that several people followed.

    Attributes:
        mistake: `M1` to `M24`.
        people: how many.
        cards: with which cards, the commonest first.
    """

    mistake: str
    people: int
    cards: tuple[str, ...]


class Mistakes:
    """The verb; `Store.mistakes` is one."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine = looking(engine)

    async def shared(self, place: Place, begins: datetime, ends: datetime) -> list[Shared]:
        """What a community mixed up from one moment until just before another, first what most people did.

        What was credited since is no mistake.
        """
        here = (answers.c.platform == place.platform, answers.c.community == place.community)
        credited = select(answers.c.about).where(*here, answers.c.at >= begins, answers.c.kind == "credit")
        wanted = (
            select(answers.c.mistake, answers.c.person, answers.c.card)
            .where(
                *here,
                answers.c.at >= begins,
                answers.c.at < ends,
                answers.c.kind == "answer",
                answers.c.correct == 0,
                answers.c.mistake != "",
                answers.c.id.not_in(credited),
            )
            .distinct()
        )
        people: defaultdict[str, set[str]] = defaultdict(set)
        cards: defaultdict[str, Counter[str]] = defaultdict(Counter)
        async with self._engine.connect() as connection:
            for mistake, person, card in await connection.execute(wanted):
                people[mistake].add(person)
                cards[mistake][card] += 1
        found = (
            Shared(
                mistake=mistake,
                people=len(who),
                cards=tuple(sorted(cards[mistake], key=lambda card: (-cards[mistake][card], card))),
            )
            for mistake, who in people.items()
        )
        return sorted(found, key=lambda each: (-each.people, len(each.mistake), each.mistake))
