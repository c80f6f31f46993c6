"""What learners were asked, what they answered, and what they remember, as the store keeps it.

The log (`answers`) is only ever added to; the memories are what it comes to, kept beside it so that nobody waits for a
replay. Both change in one transaction, and only from the state that the writer has seen: of two bots that answer for
one person at once, the second is told to look again.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, delete, func, select, update

from bot.command import Place
from bot.store.batches import Batches
from bot.store.dialect import insert
from bot.store.engine import looking
from bot.store.learning_rows import Asked, Line, Pupil, Recorded, columns, question
from bot.store.learning_rows import line as line_of
from bot.store.lookups import Lookups
from bot.store.many import many
from bot.store.members import Happening, What, note
from bot.store.posing import Posing
from bot.store.recording import PUT_MEMORY, Record, Recording
from bot.store.tables import Moment, answers, disputes, learners, memories, posed, withdrawn
from cards.memory import Memory

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from cards.calendar import Calendar


SESSIONS_IN_MEMORY = 200
MANY = 100  # memories: more are written down in a thread, so that nobody else waits
FRESH_S = 1.0  # how long what was withdrawn is taken to be all
_GIVEN = case((answers.c.kind == "answer", 1), else_=0)
_RIGHT = case((answers.c.kind == "credit", 1), (answers.c.correct == 1, 1), else_=0)
_DONE = select(func.coalesce(func.sum(_GIVEN), 0), func.coalesce(func.sum(_RIGHT), 0)).where(
    answers.c.person == bindparam("person"), answers.c.at >= bindparam("since", type_=Moment)
)


class Learning:
    """The verbs; `Store.learning` is one. What is awaited here has happened when it returns."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine = engine
        self._looking = looking(engine)
        self._lookups = Lookups(engine)
        self._recording = Recording(engine)
        self._posing = Posing(engine)
        self._sessions: OrderedDict[str, list[Asked]] = OrderedDict()  # they never change
        self._taken_out: Batches[None, frozenset[tuple[str, str]]] = Batches(self._read_withdrawn)
        self._withdrawals = 0  # here
        self._withdrawn: tuple[float, int, frozenset[tuple[str, str]]] = (0.0, -1, frozenset())  # until when, as of

    # Learners and their memories.

    async def pupil(self, person: str) -> Pupil | None:
        """The row of a learner; None for whoever never answered."""
        return await self._lookups.pupil(person)

    async def enrol(self, person: str, *, zone: str, seed: int, at: datetime, asked: str = "") -> Pupil:
        """The row of a learner, made where there is none; without a zone of their own they have their community's.

        Raises:
            Busy: the id is that of an account, and was linked to somebody else's a moment ago.
            StaleAction: the question `asked`, by which they begin, is gone.
        """
        row = {"person": person, "zone": zone, "seed": seed, "weights": None, "version": 0, "since": at}
        return await self._recording.enrol(row, asked)

    async def memories(self, person: str) -> tuple[Pupil | None, list[Memory]]:
        """A learner's row and memories, of one moment."""
        found, rows = await self._lookups.memories(person)
        many = len(rows) > MANY
        return found, await asyncio.to_thread(_memories, rows) if many else _memories(rows)

    async def diligent(self, fewest: int) -> list[str]:
        """The learners with so many answers or more."""
        theirs = answers.c.person.in_(select(learners.c.person))  # lines of nobody teach nothing about anybody
        given = select(answers.c.person).where(answers.c.kind == "answer", theirs).group_by(answers.c.person)
        async with self._engine.connect() as connection:
            found = await connection.execute(given.having(func.count() >= fewest).order_by(answers.c.person))
            return list(found.scalars())

    async def everybody(self) -> list[str]:
        """All learners, by their ids."""
        async with self._engine.connect() as connection:
            return list((await connection.execute(select(learners.c.person).order_by(learners.c.person))).scalars())

    async def set_zone(self, person: str, zone: str, at: datetime) -> None:
        """From now on this learner's days are those of a zone; an empty one stands for their community's."""
        changed = update(learners).where(learners.c.person == person)
        async with self._engine.begin() as connection:
            await connection.execute(changed.values(zone=zone, version=learners.c.version + 1))
            await note(connection, [Happening(at=at, kind=What.ZONE, person=person, data={"zone": zone})])

    async def set_weights(
        self, pupil: Pupil, weights: tuple[float, ...] | None, known: Iterable[Memory], days: Calendar
    ) -> bool:
        """Takes over weights of FSRS with the memories that they come to; False where the learner has gone on."""
        rows = await asyncio.to_thread(memory_rows, pupil.person, known, days)
        async with self._engine.begin() as connection:
            if not await still_as(connection, pupil):
                return False
            kept = None if weights is None else json.dumps(weights)
            await connection.execute(update(learners).where(learners.c.person == pupil.person).values(weights=kept))
            await remember(connection, rows)
        return True

    async def kept(self, person: str) -> dict[str, str]:
        """A learner's memories as they are stored, by their cards; whatever is written there."""
        wanted = select(memories.c.card, memories.c.data).where(memories.c.person == person)
        async with self._engine.connect() as connection:
            return {row.card: row.data for row in await connection.execute(wanted)}

    async def put_right(self, pupil: Pupil, known: Iterable[Memory], days: Calendar) -> bool:
        """Has a learner remember this and nothing else; False where the learner has gone on."""
        rows = await asyncio.to_thread(memory_rows, pupil.person, known, days)
        async with self._engine.begin() as connection:
            if not await still_as(connection, pupil):
                return False
            await connection.execute(delete(memories).where(memories.c.person == pupil.person))
            await remember(connection, rows)
        return True

    # Questions.

    async def pose(self, asked: Sequence[Asked]) -> bool:
        """Keeps questions; those whose ids are there already stay as they are. Whether none was there."""
        return await self._posing.pose(asked)

    async def asked(self, posed_id: str) -> Asked | None:
        """The question of an id."""
        found = await self._asked(posed.c.id == posed_id)
        return found[0] if found else None

    def forget_sessions(self) -> None:
        """Reads sessions anew: they change where two people become one."""
        self._sessions.clear()

    async def session(self, session: str) -> list[Asked]:
        """The questions of a session, in their order."""
        known = self._sessions.get(session)
        if known is None:
            known = await self._posing.session(session)
            if known:
                self._sessions[session] = known
                if len(self._sessions) > SESSIONS_IN_MEMORY:
                    self._sessions.popitem(last=False)
        return list(known)

    async def newest(self, person: str, place: Place) -> list[Asked]:
        """The questions of the newest session of a person in a place, in their order."""
        here = _at(place)
        newest = select(posed.c.session).where(posed.c.person == person, *here).order_by(posed.c.number.desc()).limit(1)
        return await self._asked(posed.c.person == person, *here, posed.c.session.in_(newest))

    async def asked_everybody(self, place: Place, most: int) -> list[str]:
        """What a whole channel was asked last, `deck/card` or `~family`, the oldest first."""
        return await self._posing.asked_everybody(place, most)

    async def newest_answered(self, person: str, place: Place) -> Asked | None:
        """The question that a person answered last in a place."""
        last = (
            select(posed.c.id)
            .join(answers, answers.c.posed == posed.c.id)
            .where(answers.c.person == person, answers.c.kind == "answer", *_at(place))
            .order_by(answers.c.id.desc())
            .limit(1)
        )
        found = await self._asked(posed.c.id.in_(last))
        return found[0] if found else None

    async def _asked(self, *wanted: Any) -> list[Asked]:
        statement = select(posed).where(*wanted).order_by(posed.c.position)
        async with self._engine.connect() as connection:
            return [question(row) for row in (await connection.execute(statement)).mappings()]

    # The log.

    async def record(self, pupil: Pupil, line: Line, known: Iterable[Memory], days: Calendar) -> Recorded | None:
        """Adds a line and the memories that it comes to, or neither.

        Args:
            pupil: as the memories were worked out from.
            line: its `id` is given here. A second answer of one person to one question is not added.
            known: the memories that changed.
            days: of the learner.

        Returns:
            The line, or the answer that was there before; None where the learner has gone on meanwhile.
        """
        known = list(known)
        many = len(known) > MANY
        rows = (
            await asyncio.to_thread(memory_rows, line.person, known, days)
            if many
            else memory_rows(line.person, known, days)
        )
        row = await asyncio.to_thread(columns, line) if many else columns(line)
        del row["id"]
        return await self._recording.record(Record(line=line, version=pupil.version, row=row, rows=rows))

    async def idle(self) -> None:
        """Returns when nothing is asked or written any more, for whoever closes the database."""
        await self._lookups.idle()
        await self._recording.idle()
        await self._posing.idle()
        await self._taken_out.idle()

    async def answer_to(self, person: str, posed_id: str) -> list[Line]:
        """A person's answer to a question, then what changed it since, in order; empty where there is none."""
        return await self._lookups.answer_to((person, posed_id))

    async def answers_in(self, person: str, session: str) -> list[Line]:
        """A person's answers in a session and what changed them since, in order."""
        return await self._lines_of(person, answers.c.posed.in_(select(posed.c.id).where(posed.c.session == session)))

    async def _lines_of(self, person: str, which: Any) -> list[Line]:
        given = select(answers.c.id).where(answers.c.person == person, which)
        wanted = (
            select(answers)
            .where(answers.c.person == person, answers.c.id.in_(given) | answers.c.about.in_(given))
            .order_by(answers.c.id)
        )
        async with self._engine.connect() as connection:
            return [line_of(row) for row in (await connection.execute(wanted)).mappings()]

    async def log(self, person: str) -> list[Line]:
        """All lines of a person, in the order in which they came."""
        wanted = select(answers).where(answers.c.person == person).order_by(answers.c.id)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(wanted)).mappings().all()
        return await asyncio.to_thread(lambda: [line_of(row) for row in rows])  # there may be ten thousands

    async def done(self, person: str, since: datetime) -> tuple[int, int]:
        """How many questions a person has answered since a moment, and how many of them rightly."""
        async with self._looking.connect() as connection:
            count, correct = (await connection.execute(_DONE, {"person": person, "since": since})).one()
        return int(count), int(correct)

    async def answers_of_all(self, place: Place, posed_id: str, source: str, since: datetime) -> list[list[Line]]:
        """What a community answered to a question since a moment: of each person the answer, then what changed it."""
        given = select(answers).where(
            answers.c.platform == place.platform,
            answers.c.community == place.community,
            answers.c.at >= since,
            answers.c.kind == "answer",
            answers.c.posed == posed_id,
        )
        async with self._engine.connect() as connection:
            found = {row["id"]: [line_of(row)] for row in (await connection.execute(given)).mappings()}
            if found:
                since_then = select(answers).where(answers.c.source == source, answers.c.about.in_(found))
                for row in (await connection.execute(since_then.order_by(answers.c.id))).mappings():
                    found[row["about"]].append(line_of(row))
        return list(found.values())

    async def tallies(self, place: Place, since: datetime, most: int) -> dict[str, tuple[int, int]]:
        """Of each card that a community answered since a moment, how often, and how often wrongly.

        Only so many answers are looked at, the newest.
        """
        return await self._posing.tallies(place, since, most)

    # Disputes.

    async def affected(self, source: str) -> list[Line]:
        """The wrong answers to a question that nobody has been credited for yet, of people who were not forgotten."""
        credits_ = select(answers.c.about).where(answers.c.source == source, answers.c.kind == "credit")
        wanted = select(answers).where(
            answers.c.source == source,
            answers.c.kind == "answer",
            answers.c.correct == 0,
            answers.c.id.not_in(credits_),
            answers.c.person.in_(select(learners.c.person)),
        )
        async with self._engine.connect() as connection:
            return [line_of(row) for row in (await connection.execute(wanted.order_by(answers.c.id))).mappings()]

    async def withdraw(self, source: str, digest: str, *, at: datetime, why: str, torch: str) -> bool:
        """Nobody is asked this any more, as it was written then; whether it was still asked."""
        row = {"source": source, "digest": digest, "at": at, "why": why, "torch": torch}
        async with self._engine.begin() as connection:
            done = (await connection.execute(insert(withdrawn).on_conflict_do_nothing(), row)).rowcount > 0
        self._withdrawals += 1
        return done

    async def withdrawn(self) -> frozenset[tuple[str, str]]:
        """All that nobody is asked any more, each with the digest of how it was written.

        What another bot withdraws is known here within a second.
        """
        upto, seen, known = self._withdrawn
        if time.monotonic() < upto and seen == self._withdrawals:
            return known
        return await self._taken_out(None)

    async def _read_withdrawn(self, asked: Sequence[None]) -> list[frozenset[tuple[str, str]]]:
        """For all who ask at once, as they do when a second is over, in one query."""
        now, withdrawals = time.monotonic(), self._withdrawals
        async with self._looking.connect() as connection:
            found = await connection.execute(select(withdrawn.c.source, withdrawn.c.digest))
            known = frozenset((row.source, row.digest) for row in found)
        self._withdrawn = (now + FRESH_S, withdrawals, known)
        return [known] * len(asked)

    async def withdrawal(self, source: str, digest: str) -> tuple[str, str] | None:
        """Why something is not asked any more, and the torch that said so; None where it is."""
        wanted = select(withdrawn.c.why, withdrawn.c.torch).where(
            withdrawn.c.source == source, withdrawn.c.digest == digest
        )
        async with self._engine.connect() as connection:
            row = (await connection.execute(wanted)).first()
        return None if row is None else (row.why, row.torch)

    async def disputed(
        self, person: str, source: str, *, at: datetime, outcome: str, why: str, torch: str, credited: int
    ) -> None:
        """Keeps what came of a dispute."""
        row = {
            "person": person,
            "at": at,
            "source": source,
            "outcome": outcome,
            "why": why,
            "torch": torch,
            "credited": credited,
        }
        async with self._engine.begin() as connection:
            await connection.execute(insert(disputes), row)


async def still_as(connection: AsyncConnection, pupil: Pupil) -> bool:
    """Whether the learner is as the caller has seen them; if so, nobody else changes them until this is committed."""
    same = (learners.c.person == pupil.person, learners.c.version == pupil.version)
    return (await connection.execute(update(learners).where(*same).values(version=pupil.version + 1))).rowcount > 0


async def remember(connection: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    """Writes memories, which `memory_rows` made, over those that are there, as part of a transaction."""
    if rows:
        await connection.execute(PUT_MEMORY, {"memories": await asyncio.to_thread(many, rows)})


def memory_rows(person: str, known: Iterable[Memory], days: Calendar) -> list[dict[str, Any]]:
    """Memories as rows; of thousands that takes a while."""
    return [
        {
            "person": person,
            "card": memory.card,
            "due": memory.due if isinstance(memory.due, datetime) else days.begins(memory.due),
            "data": json.dumps(memory.to_data()),
        }
        for memory in known
    ]


def _memories(rows: Iterable[str]) -> list[Memory]:
    return [Memory.from_data(json.loads(row)) for row in rows]


def _at(place: Place) -> tuple[Any, ...]:
    names = {"platform": place.platform, "community": place.community, "channel": place.channel}
    return tuple(posed.c[name] == value for name, value in names.items())
