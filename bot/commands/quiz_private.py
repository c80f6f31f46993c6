"""What somebody is told alone who begins, joins, answers or ends a quiz, or asks how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.actions import Action
from bot.commands import daily_reply, quiz_words, session_reply
from bot.commands.given_up import given_up
from bot.commands.learning_words import how_to_write
from bot.commands.quiz_reply import described, scored
from bot.commands.timezone_reply import local
from bot.group.quiz import Player, Score
from bot.group.schedule import weekdays_in_words, weekdays_spoken
from bot.group.zones import label
from bot.reply import Button, Buttons, Field, Form, Part, Reply, Text
from bot.store.posting_rows import Planned
from bot.store.quizzes import Quiz
from bot.tutor.model import Marked, Posed


def started(quiz: Quiz, *, there: bool) -> Reply:
    """The lobby opens; `there` says whether this very bot can write in the channel."""
    what = quiz_words.about(quiz.topic, quiz.course.total, quiz.course.seconds)
    parts: list[Part] = [Text(text=f"The quiz is open: {what}.", tone="good")]
    if not there:
        parts.append(Text(text="It shows in the channel as soon as Stride is connected there.", tone="note"))
    parts.append(Text(text="It begins", until=quiz.course.next))
    ways = (
        Button(label="Join", action=Action("quiz-join", (quiz.id,)), style="primary"),
        Button(label="Begin now", action=Action("quiz-begin", (quiz.id,))),
        Button(label="Stop", action=Action("quiz-stop", (quiz.id,)), style="danger"),
    )
    return Reply(parts=(*parts, Buttons(buttons=ways)), private=True, data=described(quiz))


def joined(quiz: Quiz, *, fresh: bool, may_begin: bool) -> Reply:
    """Somebody takes part."""
    course = quiz.course
    words = "You take part." if fresh else "You take part already."
    parts: list[Part] = [Text(text=words, tone="good")]
    if course.state == "lobby":
        parts.append(Text(text="The first question comes", until=course.next))
        if may_begin:
            ways = (Button(label="Begin now", action=Action("quiz-begin", (quiz.id,)), style="primary"),)
            parts.append(Buttons(buttons=ways))
    elif course.state == "open":
        parts.append(Text(text=f"Question {course.position} is open", until=course.next))
    else:
        parts.append(Text(text="The next question comes", until=course.next))
    return Reply(parts=tuple(parts), private=True, data=described(quiz) | {"joined": fresh})


def left(quiz: Quiz, *, were_there: bool) -> Reply:
    """Somebody takes part no longer."""
    words = "You take part no longer. What you have answered stays." if were_there else "You did not take part."
    if were_there and quiz.course.state == "lobby":
        words = "You take part no longer."
    ways = (Button(label="Join", action=Action("quiz-join", (quiz.id,))),)
    parts = (Text(text=words), Buttons(buttons=ways))
    return Reply(parts=parts, private=True, data=described(quiz) | {"left": were_there})


def begun(quiz: Quiz, *, before: Quiz) -> Reply:
    """The first question comes now."""
    words = "The first question comes now." if before.course.state == "lobby" else "The quiz has begun already."
    return Reply(parts=(Text(text=words, tone="good"),), private=True, data=described(quiz))


def stopped(quiz: Quiz) -> Reply:
    """The quiz has been ended."""
    return Reply(parts=(Text(text="The quiz is stopped.", tone="good"),), private=True, data=described(quiz))


def form(posed: Posed) -> Reply:
    """The form that a typed answer goes into."""
    field = Field(name="answer", label=how_to_write(posed))
    asked_for = Form(title="Your answer", fields=(field,), action=Action("quiz-sent", (posed.id,)))
    return Reply(parts=(Text(text=posed.prompt), asked_for), private=True)


def noted(quiz: Quiz, posed: Posed, said: str) -> Reply:
    """An answer was in time; whether it was right is told once the question has closed."""
    is_open = quiz.course.state == "open" and quiz.course.position == posed.position
    how = Text(text="How it was, everybody sees when the question closes", until=quiz.course.next, tone="note")
    parts = (Text(text=f"Noted: {said}", tone="good"), *((how,) if is_open else ()))
    return Reply(parts=parts, private=True, data=_pressed(quiz, posed, "noted") | {"said": said})


def refused(quiz: Quiz, posed: Posed, outcome: str) -> Reply:
    """An answer that does not count: early, late, a second one, or of a quiz that is over."""
    course = quiz.course
    more = "The result comes in a moment."
    if course.ended:
        more = "The quiz is over."
    elif course.position < course.total:
        more = "The next question comes in a moment."
    words = {
        "again": "You have answered this question, and the first answer counts.",
        "early": "This question has not been asked yet.",
        "late": f"Too late: the question was closed before your answer came. {more}",
        "over": "Too late: the quiz is over. `/quiz start` begins another one.",
    }
    parts: list[Part] = [Text(text=words[outcome])]
    if posed.position <= course.closed:
        parts.append(Buttons(buttons=(Button(label="The answer", action=Action("quiz-mine", (posed.id,))),)))
    return Reply(parts=tuple(parts), private=True, data=_pressed(quiz, posed, outcome))


def unanswered(posed: Posed) -> Reply:
    """A closed question, to somebody who did not answer it in time."""
    ways = Buttons(buttons=(Button(label="Why", action=Action("why", (posed.id,))),))
    parts = (Text(text="You did not answer this one in time."), *daily_reply.key(posed), ways)
    return Reply(parts=parts, private=True, data={"question": posed.id, "correct": None, "key": posed.key})


def result(quiz: Quiz, scores: Sequence[Score], person: str, results: Sequence[Marked]) -> Reply:
    """Somebody's own result, and what they should practise."""
    score = next((each for each in scores if each.person == person), None)
    if score is None:
        words = "You did not take part in this quiz. The next one is open to you."
        return Reply(parts=(Text(text=words),), private=True, data=described(quiz))
    parts: list[Part] = [Text(text=quiz_words.standing(score, scores, quiz.course.closed))]
    if results:
        parts += session_reply.summary(results)
    elif quiz.course.closed:
        parts.append(Text(text="You answered none of the questions in time. `/practice` asks you without a clock."))
    data = described(quiz) | {"place": score.place, "right": score.right, "answered": score.answered}
    return Reply(parts=tuple(parts), private=True, data=data)


# How it stands, and what comes by itself.


def state(
    quiz: Quiz, players: Sequence[Player], scores: Sequence[Score], comes: Sequence[Planned], *, answers: int
) -> Reply:
    """A quiz as it stands, or the last one as it ended; `answers` is how many whoever asks has given.

    Zones are read from the disk.
    """
    course = quiz.course
    what = quiz_words.about(quiz.topic, course.total, course.seconds)
    parts: list[Part] = []
    ways: list[Button] = []
    if course.ended:
        parts += [Text(text="No quiz is going on here. The last one:", tone="note")]
        parts.append(Text(text=quiz_words.ending(course, scores)))
        if answers:
            ways.append(Button(label="My answers", action=Action("quiz-result", (quiz.id,))))
        ways.append(Button(label="Another quiz", action=Action("quiz-again", (quiz.id,))))
    else:
        parts += [Text(text=f"A quiz is going on: {what}."), Text(text=quiz_words.taking_part(players))]
        parts.append(Text(text=_now(quiz), until=course.next))
        ways.append(Button(label="Join", action=Action("quiz-join", (quiz.id,)), style="primary"))
        ways.append(Button(label="Stop", action=Action("quiz-stop", (quiz.id,)), style="danger"))
    if course.closed and scores:
        parts.append(quiz_words.board(scores, course.closed))
    parts += _comes(comes)
    parts.append(Buttons(buttons=tuple(ways)))
    data = described(quiz, players) | {"scores": scored(scores), "schedules": [_planned(each) for each in comes]}
    return Reply(parts=tuple(parts), private=True, data=data)


def none(comes: Sequence[Planned]) -> Reply:
    """There has been no quiz here yet. Zones are read from the disk."""
    words = "There has been no quiz in this channel yet. `/quiz start` begins one."
    data = {"quiz": None, "schedules": [_planned(each) for each in comes]}
    return Reply(parts=(Text(text=words), *_comes(comes)), private=True, data=data)


def scheduled(planned: Planned, topic: str) -> Reply:
    """Quizzes come by themselves from now on. Zones are read from the disk."""
    options = planned.options
    what = quiz_words.about(topic, options["number"], options["seconds"])
    parts = (Text(text=f"From now on a quiz comes {_when(planned)}: {what}.{_next(planned)}", tone="good"),)
    return Reply(parts=parts, private=True, data={"schedule": _planned(planned)})


def off(removed: Planned) -> Reply:
    """No quizzes come by themselves any more."""
    words = f"The quiz {_when(removed)} comes no more. One that is going on goes on."
    return Reply(parts=(Text(text=words, tone="good"),), private=True, data={"schedule": None})


def _now(quiz: Quiz) -> str:
    course = quiz.course
    if course.state == "lobby":
        return "It begins"
    if course.state == "open":
        return f"Question {course.position} of {course.total} closes"
    last = course.position == course.total
    return "The result comes" if last else f"Question {course.position + 1} of {course.total} comes"


def _comes(comes: Sequence[Planned]) -> list[Part]:
    parts: list[Part] = []
    for each in comes:
        what = quiz_words.about(each.options["topic"], each.options["number"], each.options["seconds"])
        parts.append(Text(text=f"A quiz comes {_when(each)}: {what}.{_next(each)}", tone="note"))
        parts += given_up(each, _again(each))
    return parts


def _again(planned: Planned) -> str:
    """The command that has it come again."""
    when, wanted = planned.schedule, planned.options
    days = weekdays_in_words(when.weekdays).replace("every day", "daily").replace(" ", "")
    asked = f"{wanted['topic']} {wanted['number']} {wanted['seconds']}s".strip()
    return f"/quiz at {days} {when.at:%H:%M} {when.zone} {asked}"


def _next(planned: Planned) -> str:
    if planned.due is None or planned.stopped:
        return ""
    return f" The next: {local(planned.schedule.zone, planned.due)}."


def _when(planned: Planned) -> str:
    when = planned.schedule
    return f"{weekdays_spoken(when.weekdays)} at {when.at:%H:%M} ({label(when.zone)})"


def _planned(planned: Planned) -> dict[str, Any]:
    when = planned.schedule
    due = None if planned.due is None else planned.due.isoformat()
    return {
        "at": f"{when.at:%H:%M}",
        "zone": when.zone,
        "weekdays": sorted(when.weekdays),
        "next": due,
        **planned.options,
    }


def _pressed(quiz: Quiz, posed: Posed, outcome: str) -> dict[str, Any]:
    return {"quiz": quiz.id, "question": posed.id, "position": posed.position, "outcome": outcome}
