"""How two people become one in every table that speaks of people: the steps of one transaction.

What is only ever added to stays: the lines of the one are told to be the other's. Only where both have answered the
same question, the later answer stops counting.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import and_, delete, func, select, update

from bot.command import Place
from bot.store import tallying
from bot.store.group_tables import (
    happenings,
    links,
    members,
    postings,
    quiz_answers,
    quiz_players,
    quizzes,
    schedules,
)
from bot.store.learning import remember
from bot.store.members import What
from bot.store.posting_rows import schedule_id
from bot.store.tables import answers, deck_uses, decks, disputes, learners, memories, posed

if TYPE_CHECKING:
    from sqlalchemy import Column, Table
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.store.learning_rows import Pupil

T = TypeVar("T")
AT_ONCE = 500  # values in one statement

# Columns that name a person and belong to no key: they are told to be the other's as they are.
PLAIN: tuple[Column[Any], ...] = (
    answers.c.person,
    decks.c.owner,
    disputes.c.person,
    happenings.c.person,
    links.c.person,
    posed.c.person,
    postings.c.person,
    quizzes.c.by,
    schedules.c.by,
    schedules.c.person,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Union:
    """Two people who are to be one.

    Attributes:
        person: whose id stays.
        other: whose id becomes an account of theirs.
        pupils: the rows of those of them who have learnt anything, as `rows` were worked out from.
        pupil: what the row of both is to be; None where neither has learnt anything.
        rows: the memories that both logs together come to, as `memory_rows` makes them.
    """

    person: str
    other: str
    pupils: tuple[Pupil, ...]
    pupil: Pupil | None
    rows: list[dict[str, Any]]


async def unite(connection: AsyncConnection, union: Union) -> bool:
    """Makes them one; False where one of them has gone on meanwhile, and nothing may be committed."""
    person, other = union.person, union.other
    if not await _unmoved(connection, union):
        return False
    there = select(func.count()).select_from(learners).where(learners.c.person.in_([person, other]))
    if (await connection.execute(there)).scalar_one() != len(union.pupils):
        return False
    await _count_once(connection, person, other)
    await _members(connection, person, other)
    await _reminders(connection, person, other)
    for table in (quiz_players, quiz_answers):
        await _keep_earlier(connection, table, person, other)
    await _uses(connection, person, other)
    for column in PLAIN:
        await connection.execute(update(column.table).where(column == other).values({column.name: person}))
    await tallying.recount_people(connection, [other], person)
    if union.pupil is not None:
        await _learner(connection, union, union.pupil)
    return True


async def _unmoved(connection: AsyncConnection, union: Union) -> bool:
    """Whether both know what they knew; if so, neither answers until this is over. Both are held by one statement."""
    people = learners.c.person.in_([pupil.person for pupil in union.pupils])
    taken = update(learners).where(people).values(version=learners.c.version + 1)
    found = await connection.execute(taken.returning(learners.c.person, learners.c.version))
    return {(row.person, row.version) for row in found} == {(each.person, each.version + 1) for each in union.pupils}


async def _learner(connection: AsyncConnection, union: Union, pupil: Pupil) -> None:
    """One row and its memories instead of two."""
    both = learners.c.person.in_([union.person, union.other])
    before = {row.person: row for row in await connection.execute(select(learners).where(both))}
    said = (
        select(happenings.c.data)
        .where(happenings.c.person == union.person, happenings.c.kind == What.ZONE.value)
        .order_by(happenings.c.at.desc(), happenings.c.id.desc())
        .limit(1)
    )
    last = (await connection.execute(said)).scalar()
    first = before.get(union.person) or before[union.other]
    # What was said last holds; without a word, what either of them had.
    zone = json.loads(last)["zone"] if last else first.zone or max(row.zone for row in before.values())
    row = {
        "person": union.person,
        "zone": zone,
        "seed": pupil.seed,
        "weights": None if pupil.weights is None else json.dumps(pupil.weights),
        "version": 1 + max(each.version for each in before.values()),
        "since": min(each.since for each in before.values()),
    }
    await connection.execute(delete(memories).where(memories.c.person.in_([union.person, union.other])))
    await connection.execute(delete(learners).where(both))
    await connection.execute(learners.insert(), row)
    await remember(connection, union.rows)


async def _count_once(connection: AsyncConnection, person: str, other: str) -> None:
    """Of two answers to one question, the earlier counts."""
    mine, theirs = answers.alias("mine"), answers.alias("theirs")
    both = (
        select(mine.c.id, mine.c.at, theirs.c.id, theirs.c.at)
        .join(theirs, mine.c.posed == theirs.c.posed)
        .where(mine.c.person == person, theirs.c.person == other)
    )
    late = [max((at, one), (later, two))[1] for one, at, two, later in await connection.execute(both)]
    for some in parts(late):
        about = answers.c.id.in_(some) | answers.c.about.in_(some)
        await connection.execute(update(answers).where(about).values(kind="double", posed=None, correct=None))


async def _members(connection: AsyncConnection, person: str, other: str) -> None:
    """A member since the earlier moment, and hidden where either wished it."""
    rows = (await connection.execute(select(members).where(members.c.person.in_([person, other])))).mappings().all()
    mine = {(row["platform"], row["community"]): row for row in rows if row["person"] == person}
    for row in rows:
        where = (row["platform"], row["community"])
        if row["person"] == other and where in mine:
            since, hidden = min(row["since"], mine[where]["since"]), max(row["hidden"], mine[where]["hidden"])
            changed = update(members).where(members.c.person == person, *_there(where))
            await connection.execute(changed.values(since=since, hidden=hidden))
            await connection.execute(delete(members).where(members.c.person == other, *_there(where)))
    await connection.execute(update(members).where(members.c.person == other).values(person=person))


def _there(where: tuple[str, str]) -> tuple[Any, ...]:
    return members.c.platform == where[0], members.c.community == where[1]


async def _reminders(connection: AsyncConnection, person: str, other: str) -> None:
    """One a day is enough: where both have one, the other's goes; else it is known as theirs from now on."""
    mine = select(schedules.c.id).where(schedules.c.person == person).limit(1)
    theirs = schedules.c.person == other
    if (await connection.execute(mine)).first():
        await connection.execute(delete(schedules).where(theirs))
    else:
        known_as = schedule_id("reminder", Place(platform="", community="", channel=""), person=person)
        await connection.execute(update(schedules).where(theirs).values(id=known_as))


async def _keep_earlier(connection: AsyncConnection, table: Table, person: str, other: str) -> None:
    """Of two rows with one key, the one that was there first, by its moment."""
    moment = table.c.joined if table is quiz_players else table.c.at
    key = [column for column in table.primary_key if column.name != "person"]
    found = select(*key, table.c.person, moment).where(table.c.person.in_([person, other])).order_by(moment)
    first: dict[tuple[Any, ...], str] = {}
    for *where, whose, _ in await connection.execute(found):
        if first.setdefault(tuple(where), whose) != whose:
            same = and_(*(column == value for column, value in zip(key, where, strict=True)))
            await connection.execute(delete(table).where(same, table.c.person == whose))
    await connection.execute(update(table).where(table.c.person == other).values(person=person))


async def _uses(connection: AsyncConnection, person: str, other: str) -> None:
    mine = select(deck_uses.c.deck).where(deck_uses.c.owner == person)
    await connection.execute(delete(deck_uses).where(deck_uses.c.owner == other, deck_uses.c.deck.in_(mine)))
    await connection.execute(update(deck_uses).where(deck_uses.c.owner == other).values(owner=person))


def parts(values: Iterable[T]) -> Iterator[Sequence[T]]:
    """The values, as many at a time as a statement takes."""
    found = list(values)
    for start in range(0, len(found), AT_ONCE):
        yield found[start : start + AT_ONCE]
