"""What seasons and the streaks of groups look at: how much everybody did on each day of a community."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, literal, select, union_all

from bot.group.seasons import A_DAY, FOR_A_DAY
from bot.store.group_tables import members
from bot.store.tables import Moment, answers, people, tallies
from bot.store.tallying import RIGHT, TRIED, summed

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncEngine

    from bot.command import Place


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time that is counted by itself: whole days of a community, then a part of the next one.

    Attributes:
        begins: the first moment of the first day.
        today: the first moment of the day of which a part is counted.
        ends: the first moment that is not counted any more.
    """

    begins: datetime
    today: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What somebody did in a stretch of time.

    Attributes:
        person: who.
        span: the number of the stretch, from 0.
        tried: answers, other than that they do not know.
        right: right ones, and those that a dispute made right.
        points: what its days give, each by itself.
        since: when they came to the community; None where nobody knows.
        hidden: others do not see it.
    """

    person: str
    span: int
    tried: int
    right: int
    points: int
    since: datetime | None
    hidden: bool


class Standings:
    """The verbs; `Store.standing` is one."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine = engine

    async def active(
        self, place: Place, whole: Collection[datetime], parts: Sequence[tuple[datetime, datetime]]
    ) -> list[tuple[datetime, str]]:
        """Who answered in a community, other than that they do not know, and in which of some stretches of time.

        Args:
            place: in the community.
            whole: the beginnings of whole days of the community.
            parts: other stretches of time, without their last moments.

        Returns:
            For each of them when it began, and who.
        """
        looks = [
            select(literal(begins, Moment).label("day"), answers.c.person)
            .where(*_there(answers, place), answers.c.at >= begins, answers.c.at < ends, TRIED)
            .group_by(answers.c.person)
            for begins, ends in parts
        ]
        if whole:
            days = tallies.c.day >= min(whole), tallies.c.day <= max(whole), tallies.c.tried > 0
            looks.append(select(tallies.c.day, tallies.c.person).where(*_there(tallies, place), *days))
        if not looks:
            return []
        wanted = {*whole, *(begins for begins, _ in parts)}
        async with self._engine.connect() as connection:
            found = await connection.execute(union_all(*looks))
            return [(day, person) for day, person in found if day in wanted]

    async def done(self, place: Place, spans: Sequence[Span]) -> list[Done]:
        """What everybody did in a community, in each of some stretches of time; who did nothing is left out.

        Whoever does not want to be seen is there, too, with `hidden`. The stretches' days are the community's.
        """
        if not spans:
            return []
        parts = [part for number, span in enumerate(spans) for part in _days(place, span, number)]
        day = union_all(*parts).subquery()
        given = case((day.c.tried > 0, FOR_A_DAY), else_=0) + day.c.correct
        found = (
            select(
                day.c.person,
                day.c.span,
                func.sum(day.c.tried).label("tried"),
                func.sum(day.c.correct).label("right"),
                func.sum(case((given > A_DAY, A_DAY), else_=given)).label("points"),
            )
            .where(day.c.tried + day.c.correct > 0)
            .group_by(day.c.person, day.c.span)
        ).subquery()
        here = and_(*_there(members, place), members.c.person == found.c.person)
        wanted = select(found, members.c.since, members.c.hidden).join(members, here, isouter=True)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(wanted)).all()
        return [
            Done(
                person=person,
                span=span,
                tried=int(tried),
                right=int(right),
                points=int(points),
                since=since,
                hidden=bool(hidden),
            )
            for person, span, tried, right, points, since, hidden in rows
        ]

    async def names(self, persons: Iterable[str]) -> dict[str, str]:
        """What people are called, by their ids."""
        wanted = select(people.c.id, people.c.name).where(people.c.id.in_(list(persons)))
        async with self._engine.connect() as connection:
            return {row.id: row.name for row in await connection.execute(wanted)}


def _days(place: Place, span: Span, number: int) -> tuple[Select[Any], Select[Any]]:
    """What was done on the whole days of a stretch, and what in the part of one after them."""
    label = literal(number).label("span")
    whole = select(tallies.c.person, label, tallies.c.tried, tallies.c.correct).where(
        *_there(tallies, place), tallies.c.day >= span.begins, tallies.c.day < span.today
    )
    part = (
        select(answers.c.person, label, summed(TRIED).label("tried"), summed(RIGHT).label("correct"))
        .where(*_there(answers, place), answers.c.at >= span.today, answers.c.at < span.ends)
        .group_by(answers.c.person)
    )
    return whole, part


def _there(table: Any, place: Place) -> tuple[ColumnElement[bool], ...]:
    return table.c.platform == place.platform, table.c.community == place.community
