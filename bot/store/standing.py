"""What seasons and the streaks of groups look at: how much everybody did on each day of a community."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, and_, bindparam, case, cast, func, literal_column, select, union_all

from bot.group.seasons import A_DAY, FOR_A_DAY
from bot.store.group_tables import members
from bot.store.tables import Moment, answers, people, tallies
from bot.store.tallying import RIGHT, TRIED, summed

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select, Table
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
    ) -> dict[datetime, list[str]]:
        """Who answered in a community, other than that they do not know, in each of some stretches of time.

        Args:
            place: in the community.
            whole: the beginnings of whole days of the community.
            parts: other stretches of time, without their last moments.

        Returns:
            By the beginnings of these stretches.
        """
        there = {"platform": place.platform, "community": place.community}
        between: dict[datetime, list[str]] = {}
        rows: Sequence[Any] = ()
        async with self._engine.connect() as connection:
            if whole:
                rows = (await connection.execute(_ON_DAYS, there | {"first": min(whole), "last": max(whole)})).all()
            for begins, ends in parts:
                found = await connection.execute(_BETWEEN, there | {"begins": begins, "ends": ends})
                between[begins] = list(found.scalars())
        return between | {row.day: row.people.split(_BREAK) for row in rows if row.day in whole}

    async def done(self, place: Place, spans: Sequence[Span]) -> list[Done]:
        """What everybody did in a community, in each of some stretches of time; who did nothing is left out.

        Whoever does not want to be seen is there, too, with `hidden`. The stretches' days are the community's.
        """
        if not spans:
            return []
        named: dict[str, Any] = {"platform": place.platform, "community": place.community}
        for number, span in enumerate(spans):
            named |= {f"{name}_{number}": moment for name, moment in asdict(span).items()}
        async with self._engine.connect() as connection:
            rows = (await connection.execute(_did(len(spans)), named)).all()
        return [
            Done(person=person, span=span, tried=tried, right=right, points=given, since=since, hidden=bool(hidden))
            for person, span, tried, right, given, since, hidden in rows
        ]

    async def names(self, persons: Iterable[str]) -> dict[str, str]:
        """What people are called, by their ids."""
        wanted = select(people.c.id, people.c.name).where(people.c.id.in_(list(persons)))
        async with self._engine.connect() as connection:
            return {row.id: row.name for row in await connection.execute(wanted)}


def _there(table: Table) -> tuple[ColumnElement[bool], ...]:
    names = ("platform", "community")
    return tuple(table.c[name] == bindparam(name) for name in names)


def _points(day: Any) -> ColumnElement[int]:
    """What a day gives, as `seasons.points` has it."""
    given = case((day.tried > 0, FOR_A_DAY), else_=0) + day.correct
    return case((given > A_DAY, A_DAY), else_=given)


def _named(*counts: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    return [count.label(name) for count, name in zip(counts, ("tried", "correct", "points"), strict=True)]


@cache
def _did(count: int) -> Select[Any]:
    """What was done on the whole days of so many stretches, and what in the part of one after each, summed up.

    Each is looked for by itself: then every database goes along its index.
    """
    looks: list[Select[Any]] = []
    for number in range(count):
        span = literal_column(str(number), Integer).label("span")
        begins, today, ends = (bindparam(f"{name}_{number}", type_=Moment) for name in ("begins", "today", "ends"))
        counts = func.sum(tallies.c.tried), func.sum(tallies.c.correct), func.sum(_points(tallies.c))
        whole = tallies.c.day >= begins, tallies.c.day < today
        looks.append(
            select(tallies.c.person, span, *_named(*counts)).where(*_there(tallies), *whole).group_by(tallies.c.person)
        )
        part = select(answers.c.person, summed(TRIED).label("tried"), summed(RIGHT).label("correct")).where(
            *_there(answers), answers.c.at >= today, answers.c.at < ends
        )
        day = part.group_by(answers.c.person).subquery()
        looks.append(select(day.c.person, span, *_named(day.c.tried, day.c.correct, _points(day.c))))
    each = union_all(*looks).subquery()
    sums = [cast(func.sum(each.c[name]), Integer).label(name) for name in ("tried", "correct", "points")]
    found = (
        select(each.c.person, each.c.span, *sums)
        .where(each.c.tried + each.c.correct > 0)
        .group_by(each.c.person, each.c.span)
    ).subquery()
    here = and_(*_there(members), members.c.person == found.c.person)
    return select(found, members.c.since, members.c.hidden).join(members, here, isouter=True)


_BREAK = "\x1e"  # between the ids of people, which hold none
_BETWEEN = (
    select(answers.c.person)
    .where(*_there(answers), answers.c.at >= bindparam("begins"), answers.c.at < bindparam("ends"), TRIED)
    .distinct()
)
_ON_DAYS = (
    select(tallies.c.day, func.aggregate_strings(tallies.c.person, _BREAK).label("people"))
    .where(*_there(tallies), tallies.c.day >= bindparam("first"), tallies.c.day <= bindparam("last"))
    .where(tallies.c.tried > 0)
    .group_by(tallies.c.day)
)
