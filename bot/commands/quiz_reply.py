"""What a quiz shows in its channel: the lobby, a question, how it went, and the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.actions import Action
from bot.commands import daily_reply, marked_reply, question_reply, quiz_words
from bot.commands.learning_words import LETTERS, UNPROVED, counted, how_to_write
from bot.commands.practise_button import practise_button
from bot.group.quiz import Given, Player, Score, Weak
from bot.group.reveals import commonest, spread
from bot.reply import Button, Buttons, Code, Part, Reply, Table, Text
from bot.store.quizzes import Quiz
from bot.tutor.model import Posed
from cards.misconceptions import MISCONCEPTIONS

MOST_TOPICS = 3  # to practise
RULES = "Right answers count; speed only parts those who have as many. Your answers stay private."


def lobby(quiz: Quiz, players: Sequence[Player]) -> Reply:
    """Who takes part, and how to."""
    course = quiz.course
    parts: list[Part] = [
        Text(text=f"A quiz: {_about(quiz)}", tone="heading"),
        Text(text=quiz_words.taking_part(players)),
    ]
    if course.state == "lobby":
        parts += [
            Text(text="It begins", until=course.next),
            Buttons(
                buttons=(
                    Button(label="Join", action=Action("quiz-join", (quiz.id,)), style="primary"),
                    Button(label="Leave", action=Action("quiz-leave", (quiz.id,))),
                    Button(label="Begin now", action=Action("quiz-begin", (quiz.id,))),
                )
            ),
        ]
    elif not course.ended:
        parts.append(Text(text="It has begun. Whoever answers takes part."))
    parts.append(Text(text=RULES, tone="note"))
    return Reply(parts=tuple(parts), data=described(quiz, players))


def question(quiz: Quiz, posed: Posed, players: Sequence[Player], answered: int) -> Reply:
    """The question; its buttons are there while it is open."""
    course = quiz.course
    is_open = course.state == "open" and course.position == posed.position
    parts: list[Part] = [Text(text=_where(posed), tone="note"), Text(text=posed.prompt)]
    if posed.code:
        parts.append(Code(code=posed.code, language="python"))
    if posed.choices:
        lines = (f"{letter}: {choice}" for letter, choice in zip(LETTERS, posed.choices, strict=False))
        parts.append(Text(text="\n".join(lines)))
    if not is_open:
        parts.append(Text(text="This question is closed.", tone="note"))
        return Reply(parts=tuple(parts), data=described(quiz, players))
    parts += [Text(text="It closes", until=course.next), buttons(posed)]
    there = sum(not player.gone for player in players)
    so_far = f"{answered} of {there} have answered. " if answered else ""
    how = f"{so_far}Or type `/answer` and {how_to_write(posed)}. Nobody else sees it."
    parts.append(Text(text=how, tone="note"))
    data = described(quiz, players) | {"question": question_reply.described(posed), "answered": answered}
    return Reply(parts=tuple(parts), data=data)


def buttons(posed: Posed) -> Buttons:
    """What can be pressed to answer."""
    if posed.choices and posed.asks != "order":
        ways = [
            Button(label=letter, action=Action("quiz-pick", (posed.id, str(place))), style="primary")
            for place, (letter, _) in enumerate(zip(LETTERS, posed.choices, strict=False))
        ]
    else:
        ways = [Button(label="Answer", action=Action("quiz-form", (posed.id,)), style="primary")]
    ways.append(Button(label="I don't know", action=Action("quiz-unknown", (posed.id,))))
    return Buttons(buttons=tuple(ways))


def closed(quiz: Quiz, posed: Posed, given: Sequence[Given], scores: Sequence[Score]) -> Reply:
    """How a question went: the key, why, what torch ran, what people said, and the scoreboard."""
    here = [each for each in given if each.position == posed.position]
    right = sum(each.correct for each in here)
    found = spread(
        ((each.understood, each.correct, each.mistake) for each in here),
        posed.choices if posed.asks != "order" else (),
        posed.key,
    )
    parts: list[Part] = [
        Text(text=f"Question {posed.position} of {posed.of} is closed", tone="heading"),
        *daily_reply.key(posed),
        Text(text=daily_reply.how_many(len(here), right)),
        *([daily_reply.table(posed, found)] if len(here) > 1 else []),
        *daily_reply.mistake(commonest(each.mistake for each in here)),
    ]
    if scores:
        parts.append(quiz_words.board(scores, quiz.course.closed))
    last = quiz.course.position == quiz.course.total
    parts.append(Text(text="The result comes" if last else "The next question comes", until=quiz.course.next))
    parts.append(
        Buttons(
            buttons=(
                Button(label="My answer", action=Action("quiz-mine", (posed.id,)), style="primary"),
                Button(label="Why", action=Action("why", (posed.id,))),
            )
        )
    )
    data = described(quiz) | {
        "key": posed.key,
        "reason": posed.reason,
        "proof": posed.proof,
        "torch": marked_reply.version(posed.torch),
        "right": right,
        "answered": len(here),
        "scores": scored(scores),
    }
    return Reply(parts=tuple(parts), data=data)


def end(quiz: Quiz, scores: Sequence[Score], weak: Sequence[Weak], cut: Posed | None) -> Reply:
    """The end: who won, and what to practise; `cut` is the question that was open when all was stopped."""
    course = quiz.course
    parts: list[Part] = [Text(text=quiz_words.ending(course, scores), tone="heading")]
    if cut is not None:
        parts += [
            Text(text=f"Question {cut.position} was open, and counts for nobody.", tone="note"),
            *daily_reply.key(cut),
        ]
    if scores and course.closed:
        parts.append(quiz_words.board(scores, course.closed, title="The scoreboard"))
    ways: list[Button] = []
    if course.closed and scores:
        ways.append(Button(label="My answers", action=Action("quiz-result", (quiz.id,)), style="primary"))
    parts += _practise(weak)
    ways += [button for each in weak[:MOST_TOPICS] if (button := practise_button(each.topic)) is not None]
    ways.append(Button(label="Another quiz", action=Action("quiz-again", (quiz.id,))))
    parts.append(Buttons(buttons=tuple(ways)))
    practise = [{"topic": each.topic, "wrong": each.wrong, "mistake": each.mistake or None} for each in weak]
    return Reply(parts=tuple(parts), data=described(quiz) | {"scores": scored(scores), "practise": practise})


# For programs.


def described(quiz: Quiz, players: Sequence[Player] = ()) -> dict[str, Any]:
    """A quiz for programs."""
    course = quiz.course
    found: dict[str, Any] = {
        "quiz": quiz.id,
        "state": course.state,
        "position": course.position,
        "of": course.total,
        "seconds": course.seconds,
        "topic": quiz.topic,
        "next": _moment(course.next),
    }
    names = [quiz_words.name(player.name) for player in players if not player.gone]
    return found | ({"why": course.why} if course.why else {}) | ({"players": names} if players else {})


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def scored(scores: Sequence[Score]) -> list[dict[str, Any]]:
    """A scoreboard for programs."""
    return [
        {
            "place": score.place,
            "name": quiz_words.name(score.name),
            "right": score.right,
            "answered": score.answered,
            "seconds": score.took.total_seconds(),
        }
        for score in scores
    ]


# The parts.


def _about(quiz: Quiz) -> str:
    return quiz_words.about(quiz.topic, quiz.course.total, quiz.course.seconds)


def _where(posed: Posed) -> str:
    unproved = "" if posed.proof else UNPROVED
    place = f"Question {posed.position} of {posed.of}"
    return " · ".join(piece for piece in (place, posed.topic, unproved, posed.id) if piece)


def _practise(weak: Sequence[Weak]) -> list[Part]:
    if not weak:
        return []
    rows = tuple(
        (each.topic, f"missed {counted(each.wrong, 'time')}", MISCONCEPTIONS[each.mistake].name if each.mistake else "")
        for each in weak[:MOST_TOPICS]
    )
    return [Table(title="What to practise", headers=("topic", "how often", "the commonest mistake"), rows=rows)]
