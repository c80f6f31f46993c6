"""What seasons and the streaks of groups look at: the log of answers, by community."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import and_, case, func, select

from bot.store.group_tables import members
from bot.store.tables import answers, people

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncEngine

    from bot.command import Place


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of time that is counted by itself: from `begins` until just before `ends`."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What somebody did in a stretch of time.

    Attributes:
        person: who.
        slot: the number of the stretch, from 0.
        tried: answers, other than that they do not know.
        right: right ones, and those that a dispute made right.
        since: when they came to the community; None where nobody knows.
        hidden: others do not see it.
    """

    person: str
    slot: int
    tried: int
    right: int
    since: datetime | None
    hidden: bool


_TRIED = and_(answers.c.kind == "answer", answers.c.tried == 1)
_RIGHT = and_(answers.c.kind.in_(["answer", "credit"]), answers.c.correct == 1)


class Standings:
    """The verbs; `Store.standing` is one."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine = engine

    async def done(self, place: Place, slots: Sequence[Slot]) -> list[Done]:
        """What everybody did in a community, in each of some stretches of time; who did nothing is left out.

        Whoever does not want to be seen is there, too, with `hidden`.
        """
        if not slots:
            return []
        slot = case(*((_within(each), number) for number, each in enumerate(slots)), else_=-1).label("slot")
        there = (answers.c.platform == place.platform, answers.c.community == place.community)
        begins, ends = min(each.begins for each in slots), max(each.ends for each in slots)
        found = (
            select(answers.c.person, slot, _sum(_TRIED).label("tried"), _sum(_RIGHT).label("correct"))
            .where(*there, answers.c.at >= begins, answers.c.at < ends)
            .group_by(answers.c.person, "slot")
        ).subquery()
        here = and_(
            members.c.platform == place.platform,
            members.c.community == place.community,
            members.c.person == found.c.person,
        )
        wanted = (
            select(found, members.c.since, members.c.hidden)
            .join(members, here, isouter=True)
            .where(found.c.slot >= 0, found.c.tried + found.c.correct > 0)
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(wanted)).all()
        return [
            Done(
                person=row.person,
                slot=row.slot,
                tried=int(row.tried),
                right=int(row.correct),
                since=row.since,
                hidden=bool(row.hidden),
            )
            for row in rows
        ]

    async def names(self, persons: Iterable[str]) -> dict[str, str]:
        """What people are called, by their ids."""
        wanted = select(people.c.id, people.c.name).where(people.c.id.in_(list(persons)))
        async with self._engine.connect() as connection:
            return {row.id: row.name for row in await connection.execute(wanted)}


def _within(slot: Slot) -> ColumnElement[bool]:
    return and_(answers.c.at >= slot.begins, answers.c.at < slot.ends)


def _sum(which: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((which, 1), else_=0))
