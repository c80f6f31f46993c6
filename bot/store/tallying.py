"""How much everybody does on each day of each of their communities, counted with each answer.

So whoever looks at months of a busy group reads a row a day and person instead of every answer. Days are those of the
community's zone as it is now: where that changes, or two people become one, theirs are counted anew from the answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, String, and_, case, delete, func, literal, or_, select, type_coerce, union

from bot.group.whereabouts import HOME_ZONE
from bot.store.dialect import insert
from bot.store.group_tables import communities
from bot.store.learning_rows import Line
from bot.store.many import listed, many
from bot.store.tables import EPOCH, MICROSECOND, answers, tallies
from cards.calendar import Calendar, calendar

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

Group = tuple[str, str]  # a platform and a community of it
Stretch = tuple[datetime, datetime]
TRIED = and_(answers.c.kind == "answer", answers.c.tried == 1)
RIGHT = and_(or_(answers.c.kind == "answer", answers.c.kind == "credit"), answers.c.correct == 1)
_DAY = timedelta(days=1)
_HOURS_24 = _DAY // MICROSECOND
_LOCK = 0x5354_5249_4446  # an advisory lock's number, held by whoever changes whose days are counted
_NAMES = [column.name for column in tallies.c]
_some = insert(tallies).from_select(_NAMES, listed("tallies", tallies.c))
_ADD = _some.on_conflict_do_update(
    index_elements=list(tallies.primary_key.columns),
    set_={name: tallies.c[name] + _some.excluded[name] for name in ("tried", "correct")},
)
_asked = listed("groups", (communities.c.platform, communities.c.community)).subquery()
_ZONES = select(  # of each by itself: joined, PostgreSQL reads all communities for a handful of them
    _asked.c.platform,
    _asked.c.community,
    select(communities.c.zone)
    .where(communities.c.platform == _asked.c.platform, communities.c.community == _asked.c.community)
    .scalar_subquery()
    .label("zone"),
)


def summed(which: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows are such."""
    return func.sum(case((which, 1), else_=0))


async def add(connection: AsyncConnection, lines: Iterable[Line], known: dict[str, Calendar]) -> None:
    """Counts new lines of the log, each of another person, in the transaction that has written them.

    Args:
        connection: which also holds these people.
        lines: of any kind.
        known: the days of zones that were met before; what is met is added.
    """
    counted = [(line, int(line.kind == "answer" and line.tried), int(_right(line))) for line in lines]
    new = [each for each in counted if any(each[1:])]
    if not new:
        return
    await _still(connection)
    days = await _calendars(connection, {(line.platform, line.community) for line, _, _ in new}, known)
    rows = [
        {
            "platform": line.platform,
            "community": line.community,
            "day": _began(days[line.platform, line.community], line.at),
            "person": line.person,
            "tried": tried,
            "correct": correct,
        }
        for line, tried, correct in new
    ]
    await connection.execute(_ADD, {"tallies": many(rows)})


async def hold(connection: AsyncConnection) -> None:
    """Nobody counts until this transaction is over, which changes whose days they are; to be called first in it."""
    if connection.dialect.name == "postgresql":  # SQLite lets one write at a time anyway
        await connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))


async def recount_group(connection: AsyncConnection, group: Group) -> None:
    """Counts a community's days anew, after `hold`."""
    await connection.execute(delete(tallies).where(*_of(tallies, group)))
    await _count(connection, group)


async def recount_people(connection: AsyncConnection, before: Collection[str], after: str) -> None:
    """Counts a person's days anew, whose answers were those of others before; these have none any more."""
    await _still(connection)
    await connection.execute(delete(tallies).where(tallies.c.person.in_([*before, after])))
    theirs = answers.c.person == after
    found = await connection.execute(select(answers.c.platform, answers.c.community).where(theirs).distinct())
    for row in found.all():
        await _count(connection, (row.platform, row.community), theirs)


class Tallies:
    """The verbs that hold the counts against the answers; `Store.tallies` is one."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine = engine

    async def groups(self) -> list[Group]:
        """All communities in which anything was answered, or counted."""
        there = (select(table.c.platform, table.c.community) for table in (answers, tallies))
        async with self._engine.connect() as connection:
            return sorted((row.platform, row.community) for row in await connection.execute(union(*there)))

    async def differing(self, group: Group) -> int:
        """How many counts in a community, each of a person and a day, are not what the answers come to."""
        async with self._engine.connect() as connection:
            wanted = await _wanted(connection, group)
            kept = select(tallies).where(*_of(tallies, group))
            found = [] if wanted is None else (await connection.execute(wanted)).all()
            counted = {tuple(row) for row in found}
            return len({row[2:4] for row in counted ^ {tuple(row) for row in await connection.execute(kept)}})

    async def put_right(self, group: Group) -> None:
        """Counts a community's days anew."""
        async with self._engine.begin() as connection:
            await hold(connection)
            await recount_group(connection, group)


def _right(line: Line) -> bool:
    return line.kind in {"answer", "credit"} and bool(line.correct)


async def _still(connection: AsyncConnection) -> None:
    """Whose days they are stays as it is until this transaction is over."""
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock_shared(_LOCK)))


async def _calendars(
    connection: AsyncConnection, groups: Collection[Group], known: dict[str, Calendar]
) -> dict[Group, Calendar]:
    asked = many({"platform": platform, "community": community} for platform, community in groups)
    found = await connection.execute(_ZONES, {"groups": asked})
    zones = {(row.platform, row.community): row.zone or HOME_ZONE for row in found}
    for zone in set(zones.values()) - known.keys():  # with a zone's first use its rules are read from the disk
        known[zone] = await asyncio.to_thread(calendar, zone)
    return {group: known[zone] for group, zone in zones.items()}


def _began(days: Calendar, at: datetime) -> datetime:
    return days.begins(days.day(at))


async def _count(connection: AsyncConnection, group: Group, *which: ColumnElement[bool]) -> None:
    """Adds what answers come to."""
    wanted = await _wanted(connection, group, *which)
    if wanted is not None:
        await connection.execute(insert(tallies).from_select(_NAMES, wanted))


async def _wanted(connection: AsyncConnection, group: Group, *theirs: ColumnElement[bool]) -> Select[Any] | None:
    """What answers in a community come to; None where there are none."""
    where = (*_of(answers, group), *theirs)
    # Each by itself, which is a step into the index: asked for at once, SQLite goes through all that lies between them.
    ends = (select(which(answers.c.at)).where(*where).scalar_subquery() for which in (func.min, func.max))
    first, last = (await connection.execute(select(*ends))).one()
    if first is None:
        return None
    days = (await _calendars(connection, [group], {}))[group]
    day = _day(await asyncio.to_thread(stretches, days, first, last)).label("day")
    counts = summed(TRIED).label("tried"), summed(RIGHT).label("correct")
    here = (literal(name, String).label(column) for name, column in zip(group, ("platform", "community"), strict=True))
    # By the days and people of this one community: to compare its names with themselves would take as long again.
    columns: list[ColumnElement[Any]] = [*here, day, answers.c.person, *counts]
    return select(*columns).where(*where, or_(TRIED, RIGHT)).group_by("day", answers.c.person)


def stretches(days: Calendar, first: datetime, last: datetime) -> list[Stretch]:
    """From when to when days of 24 hours follow one another between two moments; a day of another length is alone."""
    day = days.day(first)
    begins = days.begins(day)
    found: list[Stretch] = []
    while begins <= last:
        day += _DAY
        ends = days.begins(day)
        if found and ends - begins == _DAY and not (found[-1][1] - found[-1][0]) % _DAY:
            found[-1] = (found[-1][0], ends)
        elif ends > begins:  # else a day that the zone left out
            found.append((begins, ends))
        begins = ends
    return found


def _day(found: Sequence[Stretch]) -> ColumnElement[Any]:
    """When the day of an answer began, as the database works it out."""
    at = type_coerce(answers.c.at, BigInteger)

    def began(begins: datetime, ends: datetime) -> ColumnElement[Any]:
        number = type_coerce((begins - EPOCH) // MICROSECOND, BigInteger)
        return number if (ends - begins) % _DAY else at - (at - number) % type_coerce(_HOURS_24, BigInteger)

    days = case(*((answers.c.at < ends, began(begins, ends)) for begins, ends in found))
    return type_coerce(days, tallies.c.day.type)


def _of(table: Any, group: Group) -> tuple[ColumnElement[bool], ...]:
    return table.c.platform == group[0], table.c.community == group[1]
