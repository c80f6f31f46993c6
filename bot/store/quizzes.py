"""Quizzes as the store keeps them: one at a time a channel, and each step taken by one of any number of bots.

A step, what is to be said because of it, and what it leaves in the log are one transaction, so that whoever comes after
a crash finds a quiz between two steps and never within one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import and_, case, func, select, update
from sqlalchemy.orm import aliased

from bot.command import Place
from bot.group.quiz import Course, Given, Player
from bot.store import posting_rows
from bot.store.changes import themselves, unchanged
from bot.store.dialect import insert
from bot.store.group_tables import members, postings, quiz_answers, quiz_players, quizzes
from bot.store.members import note
from bot.store.tables import answers, posed

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from bot.store.members import Happening
    from bot.store.posting_rows import Posting

MOST_AT_ONCE = 100  # quizzes that are looked at together
Noted = Literal["noted", "again", "late"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiz:
    """A quiz in a channel.

    Attributes:
        id: also the session of its questions.
        place: the channel.
        by: who began it, or whose schedule did.
        at: when.
        words: that a topic was asked for with.
        topic: what they were taken for; empty: a bit of everything.
        questions: the ids of all its questions, in their order.
        course: how far it has come.
        posting: what is said because of its last step; the next one waits for it.
        lobby: what was said first.
        version: grows with each step.
    """

    id: str
    place: Place
    by: str
    at: datetime
    words: str
    topic: str
    questions: tuple[str, ...]
    course: Course
    posting: str = ""
    lobby: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer that is in time; `how` is what the tutor marks: `typed`, `choice` or `rating`, as JSON takes it."""

    person: str
    name: str
    position: int
    at: datetime
    how: Mapping[str, Any]


class Quizzes:
    """The verbs; `Store.quizzes` is one. What is awaited here has happened when it returns."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine = engine

    # Quizzes.

    async def begin(self, quiz: Quiz, posting: Posting | None) -> Quiz | None:
        """The quiz, begun now or before by this very event; None where another one goes on in its channel."""
        async with self._engine.begin() as connection:
            statement = insert(quizzes).on_conflict_do_nothing()
            if (await connection.execute(statement, _row(quiz))).rowcount > 0:
                await _post(connection, posting)
                return quiz
        return await self.quiz(quiz.id)

    async def quiz(self, quiz_id: str) -> Quiz | None:
        """The quiz of an id."""
        return await self._one(quizzes.c.id == quiz_id)

    async def running(self, place: Place) -> Quiz | None:
        """The quiz that goes on in a channel."""
        return await self._one(quizzes.c.busy == _busy(place))

    async def answered_by(self, accounts: Iterable[str]) -> list[Quiz]:
        """The quizzes that go on, and in which one of these has answered something."""
        theirs = select(quiz_answers.c.quiz).where(quiz_answers.c.person.in_(tuple(accounts)))
        wanted = select(quizzes).where(quizzes.c.busy.is_not(None), quizzes.c.id.in_(theirs))
        async with self._engine.connect() as connection:
            return [_quiz(row) for row in (await connection.execute(wanted)).mappings()]

    async def newest(self, place: Place) -> Quiz | None:
        """The quiz that began last in a channel."""
        here = (quizzes.c[name] == value for name, value in _place(place).items())
        wanted = select(quizzes).where(*here).order_by(quizzes.c.at.desc()).limit(1)
        return await self._read(wanted)

    async def step(
        self, quiz: Quiz, course: Course, posting: Posting | None = None, *, happened: Iterable[Happening] = ()
    ) -> Quiz | None:
        """Takes a quiz further, has something said because of it, and logs what happened.

        Returns:
            The quiz as it is now; None where somebody else has taken it further meanwhile, and nothing was done.
        """
        said = quiz.posting if posting is None else posting.id
        further = replace(quiz, course=course, posting=said, version=quiz.version + 1)
        row = _row(further)
        async with self._engine.begin() as connection:
            same = (quizzes.c.id == quiz.id, quizzes.c.version == quiz.version)
            if (await connection.execute(update(quizzes).where(*same).values(**row))).rowcount == 0:
                return None
            await _post(connection, posting)
            await note(connection, happened)
        return further

    async def due(self, platforms: Sequence[str], at: datetime) -> list[Quiz]:
        """The quizzes whose state has ended by itself, the longest first."""
        wanted = select(quizzes).where(quizzes.c.next <= at, quizzes.c.platform.in_(platforms))
        async with self._engine.connect() as connection:
            found = await connection.execute(wanted.order_by(quizzes.c.next).limit(MOST_AT_ONCE))
            return [_quiz(row) for row in found.mappings()]

    async def next_due(self, platforms: Sequence[str]) -> datetime | None:
        """When the state of one of them ends next."""
        wanted = select(func.min(quizzes.c.next)).where(quizzes.c.next.is_not(None), quizzes.c.platform.in_(platforms))
        async with self._engine.connect() as connection:
            found: datetime | None = (await connection.execute(wanted)).scalar()
            return found

    async def _one(self, *wanted: Any) -> Quiz | None:
        return await self._read(select(quizzes).where(*wanted))

    async def _read(self, wanted: Any) -> Quiz | None:
        async with self._engine.connect() as connection:
            row = (await connection.execute(wanted)).mappings().first()
        return None if row is None else _quiz(row)

    # Players.

    async def join(self, quiz_id: str, person: str, name: str, at: datetime) -> bool:
        """Somebody takes part, from now on or again; whether they did not before. Not in a quiz that has ended.

        Raises:
            Busy: the id is that of an account, and was linked to somebody else's a moment ago.
        """
        async with self._engine.begin() as connection:
            going_on = (quizzes.c.id == quiz_id, quizzes.c.busy.is_not(None))
            if not await _held(connection, person, *going_on):
                return False
            return await _joined(connection, quiz_id, person, name, at)

    async def leave(self, quiz_id: str, person: str, at: datetime) -> bool:
        """Nobody waits for somebody any more; whether anybody did."""
        theirs = (quiz_players.c.quiz == quiz_id, quiz_players.c.person == person, quiz_players.c.gone.is_(None))
        async with self._engine.begin() as connection:
            return (await connection.execute(update(quiz_players).where(*theirs).values(gone=at))).rowcount > 0

    async def players(self, quiz_id: str) -> tuple[Player, ...]:
        """All who ever took part, in the order in which they joined."""
        member = and_(
            members.c.platform == quizzes.c.platform,
            members.c.community == quizzes.c.community,
            members.c.person == quiz_players.c.person,
        )
        wanted = (
            select(quiz_players, members.c.hidden)
            .join(quizzes, quizzes.c.id == quiz_players.c.quiz)
            .outerjoin(members, member)
            .where(quiz_players.c.quiz == quiz_id)
            .order_by(quiz_players.c.joined, quiz_players.c.person)
        )
        async with self._engine.connect() as connection:
            return tuple(
                Player(person=row.person, name="" if row.hidden else row.name, gone=row.gone is not None)
                for row in await connection.execute(wanted)
            )

    # Answers.

    async def take_in(self, quiz_id: str, said: Said) -> Noted:
        """Takes an answer in, if its question is open at that moment; whoever answers takes part.

        The look at the question and the note of the answer are one: a question that has been closed gets none.

        Returns:
            `noted`; `again` where this person has answered it before; `late` where it is not open (any more).

        Raises:
            Busy: the id is that of an account, and was linked to somebody else's a moment ago.
        """
        open_now = (quizzes.c.id == quiz_id, quizzes.c.state == "open", quizzes.c.position == said.position)
        row = {
            "quiz": quiz_id,
            "position": said.position,
            "person": said.person,
            "at": said.at,
            "said": json.dumps(dict(said.how)),
        }
        async with self._engine.begin() as connection:
            if not await _held(connection, said.person, *open_now, quizzes.c.next > said.at):
                return "late"
            await _joined(connection, quiz_id, said.person, said.name, said.at)
            added = await connection.execute(insert(quiz_answers).on_conflict_do_nothing(), row)
            return "noted" if added.rowcount > 0 else "again"

    async def has(self, quiz_id: str, position: int, person: str) -> bool:
        """Whether somebody's answer to a question was in time."""
        keys = (quiz_answers.c.quiz == quiz_id, quiz_answers.c.position == position, quiz_answers.c.person == person)
        async with self._engine.connect() as connection:
            return (await connection.execute(select(quiz_answers.c.at).where(*keys))).first() is not None

    async def unmarked(self, quiz_id: str, position: int) -> list[Said]:
        """The answers to a question that have not been marked yet, by any bot."""
        wanted = (
            select(quiz_answers, quiz_players.c.name)
            .join(quiz_players, _same_player)
            .where(quiz_answers.c.quiz == quiz_id, quiz_answers.c.position == position, quiz_answers.c.said != "")
            .order_by(quiz_answers.c.at, quiz_answers.c.person)
        )
        async with self._engine.connect() as connection:
            return [
                Said(person=row.person, name=row.name, position=row.position, at=row.at, how=json.loads(row.said))
                for row in await connection.execute(wanted)
            ]

    async def marked(self, quiz_id: str, position: int, person: str) -> None:
        """An answer is in the log now: what was said is there, and is kept here no longer."""
        theirs = (quiz_answers.c.quiz == quiz_id, quiz_answers.c.position == position, quiz_answers.c.person == person)
        async with self._engine.begin() as connection:
            await connection.execute(update(quiz_answers).where(*theirs).values(said=""))

    async def answered(self, quiz: Quiz) -> tuple[int, ...]:
        """How many of those who are still there have answered, by question, up to the one that is open or was last."""
        wanted = (
            select(quiz_answers.c.position, func.count())
            .join(quiz_players, _same_player)
            .where(quiz_answers.c.quiz == quiz.id, quiz_players.c.gone.is_(None))
            .group_by(quiz_answers.c.position)
        )
        async with self._engine.connect() as connection:
            found: dict[int, int] = {row[0]: row[1] for row in await connection.execute(wanted)}
        return tuple(found.get(position, 0) for position in range(1, quiz.course.position + 1))

    async def given(self, quiz_id: str) -> list[Given]:
        """The answers that were in time and marked; a wrong one to a question that was wrong itself counts as right."""
        credit = aliased(answers)
        right = case((credit.c.id.is_not(None), 1), else_=answers.c.correct)
        wanted = (
            select(
                quiz_answers.c.person,
                quiz_answers.c.position,
                quiz_answers.c.at,
                right.label("correct"),
                answers.c.mistake,
                answers.c.marked,
            )
            .join(posed, and_(posed.c.session == quiz_answers.c.quiz, posed.c.position == quiz_answers.c.position))
            .join(answers, and_(answers.c.person == quiz_answers.c.person, answers.c.posed == posed.c.id))
            .outerjoin(
                credit,
                and_(
                    credit.c.source == answers.c.source,
                    credit.c.about == answers.c.id,
                    credit.c.person == answers.c.person,
                    credit.c.kind == "credit",
                ),
            )
            .where(quiz_answers.c.quiz == quiz_id)
        )
        async with self._engine.connect() as connection:
            return [
                Given(
                    person=row.person,
                    position=row.position,
                    at=row.at,
                    correct=bool(row.correct),
                    mistake="" if row.correct else row.mistake,
                    understood=json.loads(row.marked)["understood"],
                )
                for row in await connection.execute(wanted)
            ]


_same_player = and_(quiz_players.c.quiz == quiz_answers.c.quiz, quiz_players.c.person == quiz_answers.c.person)


async def _held(connection: AsyncConnection, person: str, *which: Any) -> bool:
    """Whether there is such a quiz; if so, nobody takes it further, or links this person, until this is committed."""
    await unchanged(connection)
    held = update(quizzes).where(*which).values(version=quizzes.c.version)
    if (await connection.execute(held)).rowcount == 0:
        return False
    await themselves(connection, [person])
    return True


async def _joined(connection: AsyncConnection, quiz_id: str, person: str, name: str, at: datetime) -> bool:
    theirs = (quiz_players.c.quiz == quiz_id, quiz_players.c.person == person)
    row = {"quiz": quiz_id, "person": person, "name": name, "joined": at, "gone": None}
    if (await connection.execute(insert(quiz_players).on_conflict_do_nothing(), row)).rowcount > 0:
        return True
    back = update(quiz_players).where(*theirs, quiz_players.c.gone.is_not(None)).values(gone=None)
    return (await connection.execute(back)).rowcount > 0


async def _post(connection: AsyncConnection, posting: Posting | None) -> None:
    if posting is not None:
        await connection.execute(insert(postings).on_conflict_do_nothing(), posting_rows.columns(posting))


def _busy(place: Place) -> str:
    return json.dumps([place.platform, place.community, place.channel])


def _place(place: Place) -> dict[str, str]:
    return {"platform": place.platform, "community": place.community, "channel": place.channel}


def _row(quiz: Quiz) -> dict[str, Any]:
    course = quiz.course
    data = {
        "words": quiz.words,
        "questions": quiz.questions,
        "opened": [at.isoformat() for at in course.opened],
        "closed": course.closed,
        "why": course.why,
        "posting": quiz.posting,
        "lobby": quiz.lobby,
    }
    return _place(quiz.place) | {
        "id": quiz.id,
        "busy": None if course.ended else _busy(quiz.place),
        "by": quiz.by,
        "at": quiz.at,
        "topic": quiz.topic,
        "total": course.total,
        "seconds": course.seconds,
        "state": course.state,
        "position": course.position,
        "next": course.next,
        "version": quiz.version,
        "data": json.dumps(data),
    }


def _quiz(row: Any) -> Quiz:
    data = json.loads(row["data"])
    course = Course(
        state=row["state"],
        position=row["position"],
        total=row["total"],
        seconds=row["seconds"],
        next=row["next"],
        opened=tuple(map(datetime.fromisoformat, data["opened"])),
        closed=data["closed"],
        why=data["why"],
    )
    return Quiz(
        id=row["id"],
        place=Place(platform=row["platform"], community=row["community"], channel=row["channel"]),
        by=row["by"],
        at=row["at"],
        words=data["words"],
        topic=row["topic"],
        questions=tuple(data["questions"]),
        course=course,
        posting=data["posting"],
        lobby=data["lobby"],
        version=row["version"],
    )
