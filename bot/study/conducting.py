"""The conductor of all quizzes: takes what is due further, and says what follows from it in the channel.

A step and the posting that tells it are one transaction; the next step waits until that posting has come, or surely
never will. So whoever goes on after a crash goes on in the middle, and the clock of a question runs from when people
could see it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import structlog

from bot.command import Incoming, User
from bot.errors import Busy, NothingFound, PostError, TorchAway, UserError, WrongUsage
from bot.group import quiz as rules
from bot.logs import frames
from bot.reply import Reply, Text
from bot.store.members import Happening, What
from bot.store.posting_rows import Posting, posting_id
from bot.store.quizzes import Quiz, Said
from bot.study.making import Did, Kind, Made
from bot.study.outbox import message_of
from cards.grade import Rating

if TYPE_CHECKING:
    from bot.app import Core
    from bot.command import Place
    from bot.group.quiz import Course, Score
    from bot.posting import Poster
    from bot.reply import MessageRef
    from bot.tutor.model import Posed

WAITS = timedelta(seconds=5)  # before it is looked again whether what was to be said has been said
EDIT_EVERY = timedelta(seconds=4)  # a message at most, so that no platform's limit is met
LATE = timedelta(seconds=2)  # what came later than this shows another time, and is put right
EDIT_S = 1.5  # that an edit holds up what comes next; where a platform asks to wait, it goes on beside that
TRIES = 20  # to take a quiz further beside other bots; each that fails means that another one did


class Step(StrEnum):
    """What is said in a quiz."""

    LOBBY = "lobby"
    QUESTION = "question"
    ANSWER = "answer"
    END = "end"


def posting_of(quiz: Quiz, step: Step, at: datetime) -> Posting:
    """The posting that tells a step: there is one, however often the step is taken."""
    schedule = f"{quiz.id}/{step}/{quiz.course.position}"
    return Posting(
        id=posting_id(schedule, quiz.at, "quiz"),
        schedule=schedule,
        kind="quiz",
        place=quiz.place,
        moment=at,
        state="claimed",
        until=at,
    )


class Conductor:
    """What falls due by itself; `Quizzes.conductor` is one."""

    def __init__(self, core: Core) -> None:
        """Asks nothing of the core yet."""
        self._core = core
        self._log = structlog.get_logger("quiz")
        self._edits: dict[str, datetime] = {}  # when which quiz's newest message shows what has changed
        self._edited: dict[str, datetime] = {}
        self._putting: set[asyncio.Task[None]] = set()
        self.kind = Kind(make=self.make, sent=self.sent, latest=rules.LONGEST_AWAY, names=True, wanted=self.wanted)

    # What is due.

    async def next_due(self, platforms: Sequence[str]) -> datetime | None:
        """See `FallsDue`."""
        found = [await self._core.store.quizzes.next_due(platforms), *self._edits.values()]
        return min((each for each in found if each is not None), default=None)

    async def do_due(self, platforms: Sequence[str], at: datetime) -> Sequence[Did]:
        """See `FallsDue`."""
        did = []
        for quiz in await self._core.store.quizzes.due(platforms, at):
            try:
                further = await self._in_turn(quiz, at)
            except Exception as fault:  # noqa: BLE001 - one quiz must not hold up all others
                self._log.error("quiz.bug", quiz=quiz.id, traceback=frames(fault, ""))
                await self._waits(quiz, at)
                continue
            if further is not None:
                did.append(_did(further))
        stale = [each for each, moment in self._edits.items() if moment <= at]
        await asyncio.gather(*(self._refresh(each, at) for each in stale))  # many that hang hold up no more than one
        return did

    async def _in_turn(self, quiz: Quiz, at: datetime) -> Quiz | None:
        """The next step of a quiz whose time has come; None where it is not taken, or not by this bot."""
        said = await self._core.store.postings.one(quiz.posting)
        if said is not None and said.until is not None:  # it has not come yet, and its clock does not run
            await self._waits(quiz, at)
            return None
        if said is not None and said.state == "refused":
            return await self._core.store.quizzes.step(quiz, rules.stopped(quiz.course, "refused"))
        return await self.look(quiz, at)

    async def _waits(self, quiz: Quiz, at: datetime) -> None:
        """It is looked at again in a while."""
        await self._core.store.quizzes.step(quiz, replace(quiz.course, next=at + WAITS))

    async def look(self, quiz: Quiz, at: datetime) -> Quiz | None:
        """Takes a quiz further where it is time, or where nobody is left to wait for."""
        store = self._core.store.quizzes
        there = sum(not player.gone for player in await store.players(quiz.id))
        course = rules.due(quiz.course, at, players=there, answered=await store.answered(quiz))
        return None if course is None else await self.advance(quiz, course, at)

    async def advance(self, quiz: Quiz, course: Course, at: datetime) -> Quiz | None:
        """Takes a quiz to a state that it has not come to yet; None where another bot was quicker."""
        step = Step.END if course.ended else Step.QUESTION if course.state == "open" else Step.ANSWER
        posting = posting_of(replace(quiz, course=course), step, at)
        happened = await self._results(replace(quiz, course=course), at) if course.ended else ()
        further = await self._core.store.quizzes.step(quiz, course, posting, happened=happened)
        self._core.study.wake()
        return further

    async def _results(self, quiz: Quiz, at: datetime) -> list[Happening]:
        """What the log says of a quiz that has ended: of each player their own line."""
        where = {name: getattr(quiz.place, name) for name in ("platform", "community", "channel")}
        closed = quiz.course.closed
        return [
            Happening(
                at=at,
                kind=What.QUIZ,
                person=score.person,
                data={"quiz": quiz.id, "place": score.place, "right": score.right, "of": closed},
                **where,
            )
            for score in (await self.scores(quiz) if closed else ())
        ]

    async def scores(self, quiz: Quiz) -> tuple[Score, ...]:
        """Who stands where after the questions that are closed."""
        store = self._core.store.quizzes
        players, given = await store.players(quiz.id), await store.given(quiz.id)
        return rules.scoreboard(players, given, quiz.course.opened, upto=quiz.course.closed)

    # What was answered.

    async def mark(self, quiz: Quiz, posed: Posed, said: Said) -> None:
        """Marks an answer that was taken in, as it would have been at once; it may be marked before."""
        event = Incoming(
            id=f"quiz:{quiz.id}:{said.position}:{said.person}",
            user=User(id=said.person, name=said.name),
            place=quiz.place,
            at=said.at,
        )
        try:
            await self._core.tutor.answer(event, posed, **_how(said))
        except (TorchAway, Busy) as fault:
            self._log.warning("answer.waits", quiz=quiz.id, position=said.position, why=type(fault).__name__)
            return
        except UserError as fault:  # the question was taken out meanwhile
            self._log.warning("answer.dropped", quiz=quiz.id, why=type(fault).__name__)
        except Exception as fault:  # noqa: BLE001 - it was noted, and is tried again: one must not stop the quiz of all
            self._log.error("answer.bug", quiz=quiz.id, position=said.position, traceback=frames(fault, ""))
            return
        await self._core.store.quizzes.marked(quiz.id, said.position, said.person)

    async def _mark_all(self, quiz: Quiz) -> None:
        """Marks what a bot took in that is gone, or that torch was away for."""
        for position in range(1, quiz.course.closed + 1):
            left = await self._core.store.quizzes.unmarked(quiz.id, position)
            posed = await self._core.tutor.posed(quiz.questions[position - 1]) if left else None
            if posed is not None:
                await asyncio.gather(*(self.mark(quiz, posed, said) for said in left))

    # What is said.

    async def posed(self, place: Place, by: str, at: datetime, *, words: str, course: Course, event: str) -> Quiz:
        """A quiz with its questions, which follow from an event; raises `UserError`."""
        from bot.tutor.posing import short_id

        tutor = self._core.tutor
        ids = tuple(short_id(event, "quiz", str(number)) for number in range(1, course.total + 1))
        topic = await tutor.understood_for_channel(place, words)
        asked = await tutor.pose_for_channel(place, at, ids=ids, seed=event, words=words, purpose="quiz")
        questions = tuple(each.id for each in asked)
        return Quiz(id=ids[0], place=place, by=by, at=at, words=words, topic=topic, questions=questions, course=course)

    async def make(self, posting: Posting, at: datetime) -> Made | None:
        """See `Kind`."""
        quiz_id, step, position = _read(posting)
        if not step:
            return await self._scheduled(posting, at)
        quiz = await self._core.store.quizzes.quiz(quiz_id)
        if quiz is None or quiz.posting != posting.id:  # all has gone on without it
            return None
        if step == Step.QUESTION:
            return Made(reply=await self._question(quiz, position), posed=quiz.questions[position - 1])
        if step == Step.LOBBY:
            return Made(reply=await self._lobby(quiz))
        await self._mark_all(quiz)
        return Made(reply=await (self._answer(quiz) if step == Step.ANSWER else self._end(quiz)))

    async def wanted(self, posting: Posting) -> bool:
        """See `Kind`: people may have begun or stopped the quiz while what was made could not be sent."""
        quiz, step, _ = await self._said_of(posting)
        return not step if quiz is None else quiz.posting == posting.id

    async def _scheduled(self, posting: Posting, at: datetime) -> Made | None:
        """The lobby of a quiz that begins by a schedule."""
        planned = await self._core.store.schedules.one(posting.schedule)
        if planned is None:
            return None
        options = planned.options
        lobby = rules.lobby(total=options["number"], seconds=options["seconds"], now=at)
        try:
            quiz = await self.posed(
                posting.place, planned.by, posting.moment, words=options["topic"], course=lobby, event=posting.id
            )
        except (WrongUsage, NothingFound) as fault:  # the topic has gone since; torch that is away is waited for
            return Made(reply=_cannot(fault))
        there = await self._core.store.quizzes.begin(replace(quiz, posting=posting.id, lobby=posting.id), None)
        return None if there is None else Made(reply=await self._lobby(there))  # there is one at a time in a channel

    async def _lobby(self, quiz: Quiz) -> Reply:
        from bot.commands import quiz_reply

        return quiz_reply.lobby(quiz, await self._core.store.quizzes.players(quiz.id))

    async def _question(self, quiz: Quiz, position: int) -> Reply:
        from bot.commands import quiz_reply

        store = self._core.store.quizzes
        players, answered = await store.players(quiz.id), await store.answered(quiz)
        return quiz_reply.question(quiz, await self.question(quiz, position), players, answered[position - 1])

    async def _answer(self, quiz: Quiz) -> Reply:
        from bot.commands import quiz_reply

        given = await self._core.store.quizzes.given(quiz.id)
        posed = await self.question(quiz, quiz.course.position)
        return quiz_reply.closed(quiz, posed, given, await self.scores(quiz))

    async def _end(self, quiz: Quiz) -> Reply:
        from bot.commands import quiz_reply

        closed = quiz.course.closed
        topics = [(await self.question(quiz, position)).topic for position in range(1, closed + 1)]
        scores = await self.scores(quiz)
        given = [each for each in await self._core.store.quizzes.given(quiz.id) if each.position <= closed]
        weak = rules.to_practise(topics, given, sum(score.answered > 0 for score in scores))
        cut = await self.question(quiz, quiz.course.position) if quiz.course.position > closed else None
        return quiz_reply.end(quiz, scores, weak, cut)

    async def question(self, quiz: Quiz, position: int) -> Posed:
        """A question of a quiz, by its place."""
        found = await self._core.tutor.posed(quiz.questions[position - 1])
        if found is None:
            raise LookupError(quiz.questions[position - 1])  # questions are kept with their quiz
        return found

    # What has been said.

    async def sent(self, posting: Posting, message: MessageRef, at: datetime) -> None:
        """See `Kind`."""
        del message  # the posting keeps it
        quiz, step, position = await self._said_of(posting)
        if quiz is None:
            return
        if quiz.posting == posting.id:
            seen = rules.shown(quiz.course, at)
            if seen != quiz.course and await self._core.store.quizzes.step(quiz, seen) is not None:
                late = seen.next is not None and quiz.course.next is not None and seen.next - quiz.course.next > LATE
                self.touch(quiz.id, at, soon=late)
        before = _before(quiz, step, position)
        if before is not None:
            await self._edit(quiz, *before)

    async def _said_of(self, posting: Posting) -> tuple[Quiz | None, str, int]:
        """The quiz of a posting, and which step of it that tells; a schedule's begins one, and is no step."""
        from bot.tutor.posing import short_id

        quiz_id, step, position = _read(posting)
        found = await self._core.store.quizzes.quiz(quiz_id if step else short_id(posting.id, "quiz", "1"))
        return found, step, position

    def touch(self, quiz_id: str, at: datetime, *, soon: bool = True) -> None:
        """Shows soon what has changed in the newest message of a quiz, though not too often."""
        if soon and quiz_id not in self._edits:
            before = self._edited.get(quiz_id)
            self._edits[quiz_id] = at if before is None else max(at, before + EDIT_EVERY)
            self._core.study.wake()

    async def _refresh(self, quiz_id: str, at: datetime) -> None:
        self._edits.pop(quiz_id, None)
        quiz = await self._core.store.quizzes.quiz(quiz_id)
        if quiz is None or quiz.course.state not in {"lobby", "open"}:
            self._edited.pop(quiz_id, None)
            return
        self._edited[quiz_id] = at
        await self._edit(quiz, Step.QUESTION if quiz.course.position else Step.LOBBY, quiz.course.position)

    async def _edit(self, quiz: Quiz, step: Step, position: int) -> None:
        """Shows a message of a quiz as it is now, where it can be reached; the quiz goes on without that."""
        at_that_time = replace(quiz, course=replace(quiz.course, position=position))
        key = quiz.lobby if step == Step.LOBBY else posting_of(at_that_time, step, quiz.at).id
        said = await self._core.store.postings.one(key)
        message = None if said is None else message_of(said)
        poster = self._core.posters.get(quiz.place.platform)
        if message is None or poster is None:
            return
        reply = await (self._lobby(quiz) if step == Step.LOBBY else self._question(quiz, position))
        task = asyncio.create_task(self._put(quiz, poster, message, reply))
        self._putting.add(task)
        task.add_done_callback(self._putting.discard)
        await asyncio.wait({task}, timeout=EDIT_S)

    async def _put(self, quiz: Quiz, poster: Poster, message: MessageRef, reply: Reply) -> None:
        """Puts a reply in a message's place; whatever goes wrong, the quiz has gone on."""
        try:
            await poster.edit(quiz.place, message, reply)
        except PostError as fault:
            self._log.info("edit.failed", quiz=quiz.id, why=type(fault).__name__)
        except Exception as fault:  # noqa: BLE001 - a bug there is no reason to stop here
            self._log.error("edit.bug", quiz=quiz.id, traceback=frames(fault, ""))


def _how(said: Said) -> dict[str, Any]:
    """An answer as the tutor takes it."""
    return {name: Rating(value) if name == "rating" else value for name, value in said.how.items()}


def _before(quiz: Quiz, step: str, position: int) -> tuple[Step, int] | None:
    """The message that has become old with a step, since it has buttons or counts down."""
    if step == Step.ANSWER:
        return Step.QUESTION, position
    if step == Step.QUESTION:
        return (Step.LOBBY, 0) if position == 1 else None
    if step == Step.END and position > quiz.course.closed:
        return Step.QUESTION, position
    return (Step.LOBBY, 0) if step == Step.END and not position else None


def _read(posting: Posting) -> tuple[str, str, int]:
    """Of which quiz a posting tells which step; of a schedule's there is no step."""
    quiz_id, _, rest = posting.schedule.partition("/")
    step, _, position = rest.partition("/")
    return quiz_id, step, int(position or 0)


def _cannot(fault: UserError) -> Reply:
    return Reply(parts=(Text(text="There is no quiz this time.", tone="bad"), Text(text=fault.message)))


def _did(quiz: Quiz) -> Did:
    course = quiz.course
    data = {"quiz": quiz.id, "state": course.state, "position": course.position, "channel": quiz.place.channel}
    return Did(what=f"quiz {course.state}", data=data)
