"""A quiz as rules: what comes when, who may do what at a moment, and how it is scored.

Correct answers count, and speed only breaks ties; what is equal in both shares a place. Nothing here knows a clock, a
store or a platform, so that any order of presses, stops and restarts can be tried.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal

State = Literal["lobby", "open", "between", "over", "stopped"]
Why = Literal["", "said", "nobody", "left", "silent", "away", "refused"]
Timing = Literal["counts", "early", "late", "over"]

FEWEST, USUAL, MOST = 1, 5, 20  # questions
SHORTEST_S, USUAL_S, LONGEST_S = 10, 30, 300  # for each
LOBBY = timedelta(seconds=30)
PAUSE = timedelta(seconds=15)  # to read why, before the next question
LONGEST_AWAY = timedelta(hours=1)  # after which nobody waits for the next question any more
SILENT = 2  # questions in a row that nobody answers end a quiz
TICK = timedelta(milliseconds=100)  # answers that are less apart are equally fast: presses travel that long
ENDS: frozenset[State] = frozenset({"over", "stopped"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How far a quiz has come.

    Attributes:
        state: `lobby` until the first question; `open` while one can be answered; `between` while people read why;
            then `over`, or `stopped` before its time.
        position: of the question that is open or was last, from 1; 0: none yet.
        total: questions.
        seconds: for each.
        next: when the state ends by itself; None once it has ended.
        opened: when each question so far was shown.
        closed: how many questions count: the first so many. One that was open when all was stopped does not.
        why: it was stopped; empty else.
    """

    state: State
    position: int
    total: int
    seconds: int
    next: datetime | None
    opened: tuple[datetime, ...] = ()
    closed: int = 0
    why: Why = ""

    @property
    def ended(self) -> bool:
        """Whether nothing comes any more."""
        return self.state in ENDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """Somebody who takes part.

    Attributes:
        person: their id.
        name: as they were called when they joined; empty for whoever wants to be left out of what others see.
        gone: they have left; what they answered before stays.
    """

    person: str
    name: str
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer that was in time.

    Attributes:
        person: whose.
        position: of the question.
        at: when.
        correct: whether it was right.
        mistake: the wrong rule, `M1` to `M24`; empty where it was right or is none of these.
        understood: what was said, as it was read; empty for whoever did not know.
    """

    person: str
    position: int
    at: datetime
    correct: bool
    mistake: str = ""
    understood: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A line of the scoreboard.

    Attributes:
        place: from 1; who is equal in all has the same, and the next place is left out.
        person: their id.
        name: as they are called.
        right: correct answers.
        answered: answers.
        took: how long their correct answers took together.
        by_speed: somebody else has as many right, and speed alone set them apart.
    """

    place: int
    person: str
    name: str
    right: int
    answered: int
    took: timedelta
    by_speed: bool = False


def lobby(*, total: int, seconds: int, now: datetime) -> Course:
    """A quiz that people may join."""
    return Course(state="lobby", position=0, total=total, seconds=seconds, next=now + LOBBY)


def due(course: Course, now: datetime, *, players: int, answered: Sequence[int]) -> Course | None:
    """What a quiz comes to at a moment; None where it stays as it is.

    Args:
        course: as it is.
        now: the moment.
        players: how many take part who have not gone.
        answered: of each question so far, how many of those who have not gone have answered it; the answers of the
            question that is open are last.
    """
    if course.next is None:
        return None
    if now - course.next > LONGEST_AWAY:
        return stopped(course, "away")
    passed = now >= course.next
    match course.state:
        case "lobby":
            return None if not passed else begun(course, now) if players else stopped(course, "nobody")
        case "open":
            if not players:
                return stopped(course, "left")
            everybody = bool(answered) and answered[-1] >= players
            return _closed(course, now) if passed or everybody else None
        case _:
            return _after_a_question(course, now, players, answered) if passed or not players else None


def _after_a_question(course: Course, now: datetime, players: int, answered: Sequence[int]) -> Course:
    if course.position >= course.total:
        return replace(course, state="over", next=None)
    if not players:
        return stopped(course, "left")
    if len(answered) >= SILENT and not any(answered[-SILENT:]):
        return stopped(course, "silent")
    return _opened(course, now)


def begun(course: Course, now: datetime) -> Course:
    """The first question, without waiting for the lobby's end; a quiz that has begun stays as it is."""
    return _opened(course, now) if course.state == "lobby" else course


def _opened(course: Course, now: datetime) -> Course:
    return replace(
        course,
        state="open",
        position=course.position + 1,
        next=now + timedelta(seconds=course.seconds),
        opened=(*course.opened, now),
    )


def _closed(course: Course, now: datetime) -> Course:
    return replace(course, state="between", next=now + PAUSE, closed=course.position)


def shown(course: Course, at: datetime) -> Course:
    """The time of a step runs from when it could be seen, where that was later than it should have been."""
    if course.next is None:
        return course
    if course.state != "open":
        return replace(course, next=max(course.next, at + (PAUSE if course.state == "between" else LOBBY)))
    if at <= course.opened[-1]:
        return course
    return replace(course, next=at + timedelta(seconds=course.seconds), opened=(*course.opened[:-1], at))


def stopped(course: Course, why: Why) -> Course:
    """The end before its time; a quiz that has ended stays as it is."""
    return course if course.ended else replace(course, state="stopped", next=None, why=why)


# Who may do what.


def may_join(course: Course) -> bool:
    """Whether anybody may still join: while a question comes that they could answer."""
    return not course.ended and (course.state != "between" or course.position < course.total)


def timing(course: Course, position: int, at: datetime) -> Timing:
    """Whether an answer to a question counts at a moment, or why it does not."""
    if position > course.position:
        return "over" if course.ended else "early"
    if course.ended and position == course.position:
        return "over"
    still = course.state == "open" and position == course.position and course.next is not None and at < course.next
    return "counts" if still else "late"


# Scores.


def scoreboard(
    players: Iterable[Player], given: Iterable[Given], opened: Sequence[datetime], *, upto: int
) -> tuple[Score, ...]:
    """Who stands where, best first: more right answers, then less time for them; names set equals in order.

    Args:
        players: all who have ever joined.
        given: answers in any order; one is counted for a person and question, the first.
        opened: when each question was shown.
        upto: the last question that counts, which is closed.
    """
    first: dict[tuple[str, int], Given] = {}
    for each in sorted(given, key=lambda each: (each.at, each.correct)):
        if each.position <= upto:
            first.setdefault((each.person, each.position), each)
    found = [
        _score(player, [each for each in first.values() if each.person == player.person], opened) for player in players
    ]
    found.sort(key=lambda score: (*_rank(score), score.name.casefold(), score.person))
    rights = Counter(score.right for score in found)
    times = Counter(map(_rank, found))
    places: list[Score] = []
    for _, equals in groupby(found, key=_rank):
        place = len(places) + 1
        places += [
            replace(each, place=place, by_speed=each.right > 0 and rights[each.right] > times[_rank(each)])
            for each in equals
        ]
    return tuple(places)


def _score(player: Player, given: Sequence[Given], opened: Sequence[datetime]) -> Score:
    right = [each for each in given if each.correct]
    took = sum((max(each.at - opened[each.position - 1], timedelta()) for each in right), timedelta())
    return Score(
        place=0, person=player.person, name=player.name, right=len(right), answered=len(given), took=took // TICK * TICK
    )


def _rank(score: Score) -> tuple[int, timedelta]:
    return (-score.right, score.took)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weak:
    """What a group should practise.

    Attributes:
        topic: its title.
        wrong: answers that were wrong, or not given by people who were there.
        mistake: the commonest wrong rule among them, or empty.
    """

    topic: str
    wrong: int
    mistake: str


def to_practise(topics: Sequence[str], given: Iterable[Given], players: int) -> tuple[Weak, ...]:
    """The topics that went wrong, worst first.

    Args:
        topics: the topic of each question that is closed.
        given: the answers to them.
        players: how many took part.
    """
    answers: dict[int, list[Given]] = {}
    for each in given:
        answers.setdefault(each.position, []).append(each)
    wrong: Counter[str] = Counter()
    mistakes: dict[str, Counter[str]] = {}
    for position, topic in enumerate(topics, start=1):
        here = answers.get(position, [])
        wrong[topic] += max(players, len(here)) - sum(each.correct for each in here)
        mistakes.setdefault(topic, Counter()).update(each.mistake for each in here if each.mistake)
    found = [
        Weak(topic=topic, wrong=count, mistake=_commonest(mistakes[topic])) for topic, count in wrong.items() if count
    ]
    return tuple(sorted(found, key=lambda weak: (-weak.wrong, weak.topic)))


def _commonest(mistakes: Mapping[str, int]) -> str:
    return min(mistakes, key=lambda mistake: (-mistakes[mistake], mistake), default="")
