"""Quizzes in a channel, as people begin, join, answer and stop them.

What comes by itself, and what is said in the channel, is the conductor's. An answer is first taken in, together with
the look at whether its question is open, and then marked: what was noted counts, whatever happens in between.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.errors import Busy, NotAllowed, StaleAction
from bot.group import quiz as rules
from bot.store.quizzes import Said
from bot.study.conducting import TRIES, Conductor, Step, posting_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.app import Core
    from bot.command import Incoming, Place
    from bot.group.quiz import Course, Player, Score
    from bot.store.quizzes import Quiz
    from bot.tutor.model import Marked, Posed

ONE_AT_A_TIME = "A quiz is going on in this channel, and there is one at a time."
THEIRS = "Only whoever began the quiz, or an organiser, can do that."


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of an answer to a quiz's question.

    Attributes:
        outcome: `noted`; or why it does not count: `again`, `early`, `late` or `over`.
        quiz: as it is now.
        said: of a noted answer, how it was read; empty for whoever does not know.
    """

    outcome: str
    quiz: Quiz
    said: str = ""


class Quizzes:
    """The verbs; `Study.quizzes` is one.

    Attributes:
        conductor: what falls due by itself.
    """

    def __init__(self, core: Core) -> None:
        """Asks nothing of the core yet."""
        self._core = core
        self.conductor = Conductor(core)

    # Begun and ended.

    async def start(self, incoming: Incoming, *, words: str, total: int, seconds: int) -> Quiz:
        """A quiz whose lobby opens now; the same event comes to the same quiz.

        Args:
            incoming: who begins it, and where.
            words: a topic, or words that find one; empty for everything.
            total: questions.
            seconds: for each.

        Raises:
            UserError: another one goes on here, there is no such topic, or torch cannot be asked.
        """
        store, place, at = self._core.store.quizzes, incoming.place, incoming.at
        if (other := await store.running(place)) is not None and other.at != at:
            raise Busy(ONE_AT_A_TIME, suggestion="/quiz show")
        lobby = rules.lobby(total=total, seconds=seconds, now=at)
        quiz = await self.conductor.posed(place, incoming.user.id, at, words=words, course=lobby, event=incoming.id)
        posting = posting_of(quiz, Step.LOBBY, at)
        begun = await store.begin(replace(quiz, posting=posting.id, lobby=posting.id), posting)
        if begun is None:
            raise Busy(ONE_AT_A_TIME, suggestion="/quiz show")
        self._core.study.wake()
        return begun

    async def begin_now(self, quiz: Quiz, incoming: Incoming) -> Quiz:
        """The first question, without waiting; raises `UserError` for whoever may not, or with nobody there."""
        await self._may(quiz, incoming)
        if not any(not player.gone for player in await self.players(quiz)):
            raise StaleAction("Nobody has joined yet. Press Join first, or type `/quiz join`.", suggestion="/quiz join")
        return await self._taken(quiz, lambda course: rules.begun(course, incoming.at), incoming.at)

    async def stop(self, quiz: Quiz, incoming: Incoming) -> Quiz:
        """The end before its time; raises `UserError` for whoever may not."""
        await self._may(quiz, incoming)
        return await self._taken(quiz, lambda course: rules.stopped(course, "said"), incoming.at)

    async def may_stop(self, quiz: Quiz, incoming: Incoming) -> bool:
        """Whether somebody may begin it before its time, and end it."""
        return quiz.by == incoming.user.id or await self._core.organises(incoming)

    async def _may(self, quiz: Quiz, incoming: Incoming) -> None:
        if not await self.may_stop(quiz, incoming):
            raise NotAllowed(THEIRS)

    async def _taken(self, quiz: Quiz, change: Callable[[Course], Course], at: datetime) -> Quiz:
        """A quiz after a change, whoever else takes it further meanwhile."""
        for _ in range(TRIES):
            course = change(quiz.course)
            if course == quiz.course:
                return quiz
            further = await self.conductor.advance(quiz, course, at)
            if further is not None:
                return further
            quiz = await self.of(quiz.id)
        raise Busy("Several people changed the quiz at once. Try again.", suggestion="/quiz show")

    # What there is.

    async def running(self, place: Place) -> Quiz | None:
        """The quiz that goes on in a channel."""
        return await self._core.store.quizzes.running(place)

    async def newest(self, place: Place) -> Quiz | None:
        """The quiz that goes on in a channel, or was the last one there."""
        return await self.running(place) or await self._core.store.quizzes.newest(place)

    async def of(self, quiz_id: str) -> Quiz:
        """The quiz of a button or a question; raises `StaleAction`."""
        found = await self._core.store.quizzes.quiz(quiz_id)
        if found is None:
            raise StaleAction("I no longer have that quiz.", suggestion="/quiz start")
        return found

    async def players(self, quiz: Quiz) -> tuple[Player, ...]:
        """All who ever took part."""
        return await self._core.store.quizzes.players(quiz.id)

    async def scores(self, quiz: Quiz) -> tuple[Score, ...]:
        """Who stands where after the questions that are closed."""
        return await self.conductor.scores(quiz)

    async def open_question(self, quiz: Quiz) -> Posed | None:
        """The question that can be answered now."""
        return await self.conductor.question(quiz, quiz.course.position) if quiz.course.state == "open" else None

    async def is_secret(self, posed: Posed) -> bool:
        """Whether the answer to a question is still to be kept from everybody, also from who has given theirs."""
        if posed.purpose != "quiz":
            return False
        quiz = await self._core.store.quizzes.quiz(posed.session)
        return quiz is not None and not quiz.course.ended and posed.position > quiz.course.closed

    async def mine(self, quiz: Quiz, incoming: Incoming) -> tuple[Marked, ...]:
        """Somebody's answers to the questions that are closed, as they were marked."""
        first = await self._core.tutor.posed(quiz.id)
        found = () if first is None else await self._core.tutor.results(first, incoming.user)
        return tuple(each for each in found if each.posed.position <= quiz.course.closed)

    # Players and answers.

    async def join(self, quiz: Quiz, incoming: Incoming) -> bool:
        """Somebody takes part; whether they did not before. Raises `StaleAction` where it is too late for that."""
        if not rules.may_join(quiz.course):
            raise StaleAction("This quiz has no question left to answer.", suggestion="/quiz start")
        user = incoming.user
        fresh = await self._core.store.quizzes.join(quiz.id, user.id, user.name, incoming.at)
        self.conductor.touch(quiz.id, incoming.at, soon=fresh)
        return fresh

    async def leave(self, quiz: Quiz, incoming: Incoming) -> bool:
        """Nobody waits for somebody any more; whether they took part. What they answered stays."""
        gone = await self._core.store.quizzes.leave(quiz.id, incoming.user.id, incoming.at)
        if gone and quiz.course.state != "lobby":
            await self.conductor.look(await self.of(quiz.id), incoming.at)
        self.conductor.touch(quiz.id, incoming.at, soon=gone)
        return gone

    async def answer(self, incoming: Incoming, posed: Posed, how: Mapping[str, Any]) -> Told:
        """Takes an answer in where it is in time, and marks it; says nothing of whether it is right.

        Args:
            incoming: who answers.
            posed: the question.
            how: `typed` words, the place of a `choice`, or the `rating` of whoever does not know.

        Raises:
            UserError: words that cannot be read as an answer, or no such choice; nothing was taken in.
        """
        quiz, user = await self.of(posed.session), incoming.user
        outcome = await self.still(incoming, posed)
        if outcome != "counts":
            return Told(outcome=outcome, quiz=quiz)
        said = await self._read(posed, how)
        taken = Said(person=user.id, name=user.name, position=posed.position, at=incoming.at, how=how)
        noted = await self._core.store.quizzes.take_in(quiz.id, taken)
        if noted == "noted":
            await self.conductor.mark(quiz, posed, taken)
            await self.conductor.look(await self.of(quiz.id), incoming.at)
            self.conductor.touch(quiz.id, incoming.at)
        return Told(outcome=noted, quiz=await self.of(quiz.id), said=said)

    async def still(self, incoming: Incoming, posed: Posed) -> str:
        """Whether an answer of this person to a question `counts` now; or why not, as in `Told.outcome`."""
        quiz = await self.of(posed.session)
        if await self._core.store.quizzes.has(quiz.id, posed.position, incoming.user.id):
            return "again"
        return rules.timing(quiz.course, posed.position, incoming.at)

    async def _read(self, posed: Posed, how: Mapping[str, Any]) -> str:
        """An answer as it is understood."""
        if "typed" in how:
            return await self._core.tutor.read(posed, str(how["typed"]))
        if "choice" in how:
            if not 0 <= how["choice"] < len(posed.choices):
                raise StaleAction("There is no such choice under this question.")
            return posed.choices[int(how["choice"])]
        return ""
