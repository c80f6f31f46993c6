"""Keeps answers and who gives them, those that come at once in one transaction, before anybody hears of it.

What a person knows is changed only from the state that the writer has seen, which is its version. Two answers of one
person never share a transaction, and one that cannot be kept takes nobody else's with it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, select, update

from bot.errors import StaleAction
from bot.store import tallying
from bot.store.batches import Batches
from bot.store.changes import themselves, unchanged
from bot.store.dialect import insert
from bot.store.group_tables import quiz_answers
from bot.store.learning_rows import Line, Pupil, Recorded
from bot.store.learning_rows import line as line_of
from bot.store.lookups import GIVEN, pupils
from bot.store.many import among, listed, many
from bot.store.tables import answers, learners, memories, posed

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from cards.calendar import Calendar

_THEM = among(learners.c.person, "people")
_TAKE = (
    update(learners)
    .where(_THEM)
    .values(version=learners.c.version + 1)
    .returning(learners.c.person, learners.c.version)
)
_GIVE_BACK = update(learners).where(_THEM).values(version=learners.c.version - 1)
_LINE = [column for column in answers.c if column is not answers.c.id]
_ADD = (
    insert(answers)
    .from_select([column.name for column in _LINE], listed("lines", _LINE))
    .on_conflict_do_nothing()
    .returning(answers.c.id, answers.c.person)
)
_ENROL = insert(learners).on_conflict_do_nothing()
_POSED = select(posed.c.id, posed.c.purpose).where(posed.c.id.in_(bindparam("ids", expanding=True)))
_TAKEN_IN = (
    select(posed.c.id, quiz_answers.c.person)
    .join(quiz_answers, and_(quiz_answers.c.quiz == posed.c.session, quiz_answers.c.position == posed.c.position))
    .where(posed.c.id.in_(bindparam("ids", expanding=True)))
    .where(quiz_answers.c.person.in_(bindparam("people", expanding=True)))
)
_memory = insert(memories).from_select([column.name for column in memories.c], listed("memories", memories.c))
PUT_MEMORY = _memory.on_conflict_do_update(
    index_elements=[memories.c.person, memories.c.card],
    set_={"due": _memory.excluded.due, "data": _memory.excluded.data},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A line to be kept.

    Attributes:
        line: without its id.
        version: of the learner, as the memories were worked out from.
        row: the line as columns.
        rows: the memories that it comes to.
    """

    line: Line
    version: int
    row: dict[str, Any]
    rows: list[dict[str, Any]]


class Recording:
    """The verbs; `Learning` has one."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine = engine
        self._days: dict[str, Calendar] = {}
        self._joined: Batches[Record, Recorded | None] = Batches(self._kept)
        self._new: Batches[tuple[dict[str, Any], str], Pupil] = Batches(self._enrolled)

    async def enrol(self, row: dict[str, Any], asked: str) -> Pupil:
        """See `Learning.enrol`."""
        return await self._new((row, asked))

    async def record(self, record: Record) -> Recorded | None:
        """See `Learning.record`."""
        return await self._joined(record)

    async def idle(self) -> None:
        """Returns when nothing is being written any more."""
        await self._joined.idle()
        await self._new.idle()

    async def _enrolled(self, newcomers: Sequence[tuple[dict[str, Any], str]]) -> list[Pupil]:
        rows = [row for row, _ in newcomers]
        people = [row["person"] for row in rows]
        asked = {(posed_id, row["person"]) for row, posed_id in newcomers if posed_id}
        async with self._engine.begin() as connection:
            await unchanged(connection)
            await connection.execute(_ENROL, rows)
            await themselves(connection, people)
            if asked and not await _still_there(connection, asked):
                raise StaleAction("I no longer have that question.", suggestion="/practice")
            found = await pupils(connection, people)
        return [found[person] for person in people]

    async def _kept(self, records: Sequence[Record]) -> list[Recorded | None]:
        found: dict[int, Recorded | None] = {}
        left = list(enumerate(records))
        while left:
            first = {record.line.person: (place, record) for place, record in reversed(left)}
            async with self._engine.begin() as connection:
                told = await _together(connection, [record for _, record in first.values()], self._days)
            found |= {place: told[person] for person, (place, _) in first.items()}
            left = [each for each in left if each[0] not in found]
        return [found[place] for place in range(len(records))]


async def _still_there(connection: AsyncConnection, asked: Collection[tuple[str, str]]) -> bool:
    """Whether questions are there, and of a quiz's what was answered: with those goes whoever is forgotten.

    Args:
        connection: in a transaction in which nobody is forgotten.
        asked: the ids of questions, each with who answers it.
    """
    ids = sorted({posed_id for posed_id, _ in asked})
    found = {row.id: row.purpose for row in await connection.execute(_POSED, {"ids": ids})}
    in_quizzes = {each for each in asked if found.get(each[0]) == "quiz"}
    if not in_quizzes:
        return len(found) == len(ids)
    named = {"ids": ids, "people": sorted({person for _, person in in_quizzes})}
    taken_in = {(row.id, row.person) for row in await connection.execute(_TAKEN_IN, named)}
    return len(found) == len(ids) and in_quizzes <= taken_in


async def _together(
    connection: AsyncConnection, records: Sequence[Record], days: dict[str, Calendar]
) -> dict[str, Recorded | None]:
    """Keeps records of different people in one transaction; what came of each, by person."""
    by_person = {record.line.person: record for record in records}
    # From here until the transaction ends, nobody else changes these learners.
    taken = (await connection.execute(_TAKE, {"people": many(by_person)})).all()
    seen = {row.person for row in taken if row.version == by_person[row.person].version + 1}
    fresh = [record for person, record in by_person.items() if person in seen]
    added = (await connection.execute(_ADD, {"lines": many(record.row for record in fresh)})).all() if fresh else ()
    numbers = {row.person: row.id for row in added}
    if undone := [row.person for row in taken if row.person not in numbers]:
        await connection.execute(_GIVE_BACK, {"people": many(undone)})
    if changed := [row for record in fresh if record.line.person in numbers for row in record.rows]:
        await connection.execute(PUT_MEMORY, {"memories": many(changed)})
    await tallying.add(connection, [record.line for record in fresh if record.line.person in numbers], days)
    found: dict[str, Recorded | None] = dict.fromkeys(by_person)
    found |= {each: Recorded(replace(by_person[each].line, id=number), fresh=True) for each, number in numbers.items()}
    if before := [record.line for record in fresh if record.line.person not in numbers]:
        found |= await _there(connection, before)
    return found


async def _there(connection: AsyncConnection, lines: Sequence[Line]) -> dict[str, Recorded]:
    """The answers that were there before these, by person."""
    asked = many((line.person, line.posed) for line in lines)
    there = (await connection.execute(GIVEN, {"asked": asked})).mappings()
    return {row["person"]: Recorded(line_of(row), fresh=False) for row in there}
