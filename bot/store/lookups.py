"""What every answer asks of the store first, of all who answer at once in one query each."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from bot.group.whereabouts import HOME_ZONE
from bot.store.batches import Batches
from bot.store.engine import looking
from bot.store.learning_rows import Line, Pupil
from bot.store.learning_rows import line as line_of
from bot.store.many import among, many, pairs
from bot.store.members import shared_zone
from bot.store.tables import answers, learners, memories

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_PUPILS = select(learners, shared_zone(learners.c.person).label("shared")).where(among(learners.c.person, "people"))
_MEMORIES = select(memories.c.person, memories.c.data).where(among(memories.c.person, "people"))
GIVEN = select(answers).where(pairs(answers.c.person, answers.c.posed, "asked"))
_CHANGES = (
    select(answers)
    .where(
        answers.c.person.in_(bindparam("people", expanding=True)),
        answers.c.about.in_(bindparam("about", expanding=True)),
    )
    .order_by(answers.c.id)
)


class Lookups:
    """The questions; `Learning` has one."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine = looking(engine)
        self.pupil: Batches[str, Pupil | None] = Batches(self._pupils)
        self.memories: Batches[str, tuple[Pupil | None, list[str]]] = Batches(self._memories)
        self.answer_to: Batches[tuple[str, str], list[Line]] = Batches(self._answers)

    async def idle(self) -> None:
        """Returns when nothing is asked any more."""
        for each in (self.pupil, self.memories, self.answer_to):
            await each.idle()

    async def _pupils(self, people: Sequence[str]) -> list[Pupil | None]:
        async with self._engine.connect() as connection:
            found = await pupils(connection, people)
        return [found.get(person) for person in people]

    async def _memories(self, people: Sequence[str]) -> list[tuple[Pupil | None, list[str]]]:
        rows: defaultdict[str, list[str]] = defaultdict(list)
        async with self._engine.connect() as connection:
            # First who they are: whoever's memories are newer than their row is told to look again when they write.
            found = await pupils(connection, people)
            for person, data in await connection.execute(_MEMORIES, {"people": many(people)}):
                rows[person].append(data)
        return [(found.get(person), rows[person]) for person in people]

    async def _answers(self, asked: Sequence[tuple[str, str]]) -> list[list[Line]]:
        """Of each, a person's answer to a question, then what changed it since."""
        async with self._engine.connect() as connection:
            rows = (await connection.execute(GIVEN, {"asked": many(asked)})).mappings()
            given = {(row["person"], row["posed"]): [line_of(row)] for row in rows}
            if wanted := {given[each][0].id: given[each] for each in asked if each in given}:
                people = [lines[0].person for lines in wanted.values()]
                for row in (await connection.execute(_CHANGES, {"people": people, "about": list(wanted)})).mappings():
                    wanted[row["about"]].append(line_of(row))
        return [given.get(each, []) for each in asked]


async def pupils(connection: AsyncConnection, people: Sequence[str]) -> dict[str, Pupil]:
    """The learners among people, by their ids."""
    return {row.person: _pupil(row) for row in await connection.execute(_PUPILS, {"people": many(people)})}


def _pupil(row: Any) -> Pupil:
    weights = None if row.weights is None else tuple(json.loads(row.weights))
    zone = row.zone or row.shared or HOME_ZONE
    return Pupil(person=row.person, zone=zone, seed=row.seed, weights=weights, version=row.version)
