"""What seasons and the streaks of groups look at: how much everybody did on each day of a community.

Databases take long to bring together who did what, person by person, and are quick to list it: so they list it, as
one text for each stretch of time, and it is brought together here.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    Integer,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    type_coerce,
    union_all,
)

from bot.group.seasons import A_DAY, FOR_A_DAY, points
from bot.store.engine import looking
from bot.store.group_tables import members
from bot.store.many import among, listed, many
from bot.store.tables import Moment, answers, people, tallies
from bot.store.tallying import RIGHT, TRIED

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, CompoundSelect, Function, Row, Select, Table
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
    """What was done in a stretch of time.

    Attributes:
        tried: everybody's answers, other than that they do not know.
        right: right ones, and those that a dispute made right.
        points: what the days give, each by itself, by the ids of people; who did nothing is left out.
    """

    tried: int
    right: int
    points: Mapping[str, int]


class Standings:
    """The verbs; `Store.standing` is one."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine = looking(engine)

    async def active(
        self, place: Place, whole: Collection[datetime], parts: Sequence[tuple[datetime, datetime]]
    ) -> dict[datetime, list[str]]:
        """Who answered in a community, other than that they do not know, in each of some stretches of time.

        Args:
            place: in the community.
            whole: the beginnings of whole days of the community.
            parts: other stretches of time, without their last moments.

        Returns:
            By the beginnings of these stretches; those in which nobody did are left out.
        """
        there = {"platform": place.platform, "community": place.community}
        found: list[Row[Any]] = []
        async with self._engine.connect() as connection:
            if whole:
                named = there | {"first": min(whole), "last": max(whole)}
                found += [row for row in await connection.execute(_ON_DAYS, named) if row.begins in whole]
            if parts:
                listed_ = many({"begins": begins, "ends": ends} for begins, ends in parts)
                found += (await connection.execute(_BETWEEN, there | {"parts": listed_})).all()
        return {row.begins: _apart(row.people) for row in found}

    async def done(self, place: Place, spans: Sequence[Span]) -> list[Done]:
        """What everybody did in a community, in each of some stretches of time, whose days are the community's.

        Whoever does not want to be seen is there, too: see `belonging`.
        """
        if not spans:
            return []
        named: dict[str, Any] = {"platform": place.platform, "community": place.community}
        for number, span in enumerate(spans):
            named |= {f"begins_{number}": span.begins, f"today_{number}": span.today, f"ends_{number}": span.ends}
        async with self._engine.connect() as connection:
            rows = (await connection.execute(_did(len(spans)), named)).all()
        return await asyncio.to_thread(_brought_together, rows)

    async def belonging(self, place: Place, persons: Iterable[str]) -> dict[str, tuple[datetime, bool]]:
        """Since when those of some people belong to a community who do, and whether others do not see them."""
        named = {"platform": place.platform, "community": place.community, "persons": many(persons)}
        async with self._engine.connect() as connection:
            rows = (await connection.execute(_BELONGING, named)).all()
        return {person: (since, bool(hidden)) for person, since, hidden in rows}

    async def names(self, persons: Iterable[str]) -> dict[str, str]:
        """What people are called, by their ids."""
        wanted = select(people.c.id, people.c.name).where(people.c.id.in_(list(persons)))
        async with self._engine.connect() as connection:
            return {row.id: row.name for row in await connection.execute(wanted)}


def _there(table: Table) -> tuple[ColumnElement[bool], ...]:
    names = ("platform", "community")
    return tuple(table.c[name] == bindparam(name) for name in names)


def _together(texts: ColumnElement[str]) -> Function[str]:
    return func.aggregate_strings(texts, _BREAK)


@cache
def _did(count: int) -> CompoundSelect[Any]:
    """What was done on the whole days of so many stretches, and what in the part of one after each: two rows for each.

    Each is looked for by itself: then every database goes along its index. The texts of a row are in the same order.
    """
    looks: list[Select[Any]] = []
    for number in range(count):
        begins, today, ends = (bindparam(f"{name}_{number}", type_=Moment) for name in ("begins", "today", "ends"))
        looks.append(
            _row(
                (number, 1),
                (_together(tallies.c.person), _together(cast(_POINTS, String))),
                (func.sum(tallies.c.tried), func.sum(tallies.c.correct)),
            ).where(*_there(tallies), tallies.c.day >= begins, tallies.c.day < today)
        )
        tried, right = (_together(answers.c.person).filter(which) for which in (TRIED, RIGHT))
        of_today = answers.c.at >= today, answers.c.at < ends
        looks.append(_row((number, 0), (tried, right), (null(), null())).where(*_there(answers), *of_today))
    return union_all(*looks)


def _row(which: tuple[int, int], *values: tuple[ColumnElement[Any], ColumnElement[Any]]) -> Select[Any]:
    columns = *(literal_column(str(number), Integer) for number in which), *chain(*values)
    names = ("span", "whole", "one", "other", "tried", "correct")
    return select(*(column.label(name) for name, column in zip(names, columns, strict=True)))


def _brought_together(rows: Sequence[Row[Any]]) -> list[Done]:
    wholes, parts = ({row.span: row for row in rows if row.whole == which} for which in (1, 0))
    return [_done(wholes[span], parts[span]) for span in sorted(wholes)]


def _done(whole: Row[Any], part: Row[Any]) -> Done:
    given: dict[str, int] = {}
    days = Counter(zip(_apart(whole.one), _apart(whole.other), strict=True))
    for (person, worth), often in days.items():  # many days are alike
        given[person] = given.get(person, 0) + often * int(worth)
    tried, right = _apart(part.one), _apart(part.other)
    tries, rights = Counter(tried), Counter(right)
    for person in tries.keys() | rights.keys():
        given[person] = given.get(person, 0) + points(tries[person], rights[person])
    return Done(tried=(whole.tried or 0) + len(tried), right=(whole.correct or 0) + len(right), points=given)


def _apart(texts: str | None) -> list[str]:
    return texts.split(_BREAK) if texts else []


_BREAK = "\x1e"  # between the ids of people, which hold none
_FOR_A_DAY, _A_DAY, _NONE = (literal_column(str(number), Integer) for number in (FOR_A_DAY, A_DAY, 0))
_GIVEN = case((tallies.c.tried > _NONE, _FOR_A_DAY), else_=_NONE) + tallies.c.correct
_POINTS = case((_GIVEN > _A_DAY, _A_DAY), else_=_GIVEN)  # as `points` has it
_BELONGING = select(members.c.person, members.c.since, members.c.hidden).where(
    *_there(members), among(members.c.person, "persons")
)
_PARTS = listed("parts", [Column("begins", Moment), Column("ends", Moment)]).subquery()
_WHO = (
    select(type_coerce(_PARTS.c.begins, Moment).label("begins"), answers.c.person)
    .join(answers, and_(answers.c.at >= _PARTS.c.begins, answers.c.at < _PARTS.c.ends))
    .where(*_there(answers), TRIED)
    .distinct()
    .subquery()
)
_BETWEEN = select(_WHO.c.begins, _together(_WHO.c.person).label("people")).group_by(_WHO.c.begins)
_ON_DAYS = (
    select(tallies.c.day.label("begins"), _together(tallies.c.person).label("people"))
    .where(*_there(tallies), tallies.c.day >= bindparam("first"), tallies.c.day <= bindparam("last"))
    .where(tallies.c.tried > 0)
    .group_by(tallies.c.day)
)
