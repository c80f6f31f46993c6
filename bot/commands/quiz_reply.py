"""What a quiz shows: the lobby, a question, how it went, the end, and what each player is told alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.actions import Action
from bot.commands import marked_reply, question_reply, quiz_words, session_reply
from bot.commands.learning_words import LETTERS, UNPROVED, counted, how_to_write
from bot.group.quiz import Given, Player, Score, Weak
from bot.reply import Button, Buttons, Code, Field, Form, Part, Reply, Table, Text
from bot.store.quizzes import Quiz
from bot.tutor.model import Marked, Posed
from cards.misconceptions import MISCONCEPTIONS

MOST_ANSWERS = 6  # different ones that are shown of a question
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


def form(posed: Posed) -> Reply:
    """The form that a typed answer goes into."""
    field = Field(name="answer", label=how_to_write(posed))
    asked_for = Form(title="Your answer", fields=(field,), action=Action("quiz-sent", (posed.id,)))
    return Reply(parts=(Text(text=posed.prompt), asked_for), private=True)


def closed(quiz: Quiz, posed: Posed, given: Sequence[Given], scores: Sequence[Score]) -> Reply:
    """How a question went: the key, why, what torch ran, what people said, and the scoreboard."""
    here = [each for each in given if each.position == posed.position]
    right = sum(each.correct for each in here)
    how = quiz_words.how_many(right, len(here))
    parts: list[Part] = [
        Text(text=f"Question {posed.position} of {posed.of}: {how}", tone="heading"),
        *solution(posed),
        *_said(posed, here),
        *_commonest(here),
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
        "scores": _scores(scores),
    }
    return Reply(parts=tuple(parts), data=data)


def end(quiz: Quiz, scores: Sequence[Score], weak: Sequence[Weak], cut: Posed | None) -> Reply:
    """The end: who won, and what to practise; `cut` is the question that was open when all was stopped."""
    course = quiz.course
    parts: list[Part] = [Text(text=quiz_words.ending(course, scores), tone="heading")]
    if cut is not None:
        parts += [Text(text=f"Question {cut.position} was open, and counts for nobody.", tone="note"), *solution(cut)]
    if scores and course.closed:
        parts.append(quiz_words.board(scores, course.closed, title="The scoreboard"))
    ways: list[Button] = []
    if course.closed and scores:
        ways.append(Button(label="My answers", action=Action("quiz-result", (quiz.id,)), style="primary"))
    parts += _practise(weak)
    ways += [_practise_button(each) for each in weak[:MOST_TOPICS]]
    ways.append(Button(label="Another quiz", action=Action("quiz-again", (quiz.id,))))
    parts.append(Buttons(buttons=tuple(ways)))
    practise = [{"topic": each.topic, "wrong": each.wrong, "mistake": each.mistake or None} for each in weak]
    return Reply(parts=tuple(parts), data=described(quiz) | {"scores": _scores(scores), "practise": practise})


def solution(posed: Posed) -> list[Part]:
    """The key, the reason, and what torch ran."""
    it_is = "One that works is" if posed.asks == "pair" else "It is"
    key: list[Part] = [Text(text=f"{it_is} {marked_reply.spoken(posed, posed.key)}", tone="good")]
    if posed.asks == "order":
        key = [Text(text="This is the order:", tone="good"), *marked_reply.steps(posed)]
    reason = [Text(text=marked_reply.because(posed.reason))] if posed.reason else []
    ran = f"torch {marked_reply.version(posed.torch)} ran it" if posed.torch else "" if posed.proof else UNPROVED
    return [*key, *reason, *marked_reply.ran(posed, posed.proof), *([Text(text=ran, tone="note")] if ran else [])]


# What one person sees alone.


def noted(quiz: Quiz, posed: Posed, said: str) -> Reply:
    """An answer was in time; whether it was right is told once the question has closed."""
    parts = (
        Text(text=f"Noted: {said}", tone="good"),
        Text(text="How it was, you see when the question closes", until=quiz.course.next, tone="note"),
    )
    return Reply(parts=parts, private=True, data=_pressed(quiz, posed, "noted") | {"said": said})


def refused(quiz: Quiz, posed: Posed, outcome: str) -> Reply:
    """An answer that does not count: early, late, a second one, or of a quiz that is over."""
    more = quiz.course.position < quiz.course.total and not quiz.course.ended
    words = {
        "again": "You have answered this question, and the first answer counts.",
        "early": "This question has not been asked yet.",
        "late": "Too late: the question was closed before your answer came. "
        + ("The next one comes in a moment." if more else "The result comes in a moment."),
        "over": "This quiz is over. `/quiz start` begins another one.",
    }
    ways: tuple[Part, ...] = ()
    if outcome in {"late", "over"} and posed.position <= quiz.course.closed:
        ways = (Buttons(buttons=(Button(label="The answer", action=Action("quiz-mine", (posed.id,))),)),)
    parts = (Text(text=words[outcome]), *ways)
    return Reply(parts=parts, private=True, data=_pressed(quiz, posed, outcome))


def unanswered(posed: Posed) -> Reply:
    """A closed question, to somebody who did not answer it in time."""
    parts = (Text(text="You did not answer this one in time."), *solution(posed))
    ways = Buttons(buttons=(Button(label="Why", action=Action("why", (posed.id,))),))
    return Reply(parts=(*parts, ways), private=True, data={"question": posed.id, "correct": None, "key": posed.key})


def result(quiz: Quiz, scores: Sequence[Score], person: str, results: Sequence[Marked]) -> Reply:
    """Somebody's own result, and what they should practise."""
    score = next((each for each in scores if each.person == person), None)
    if score is None:
        return Reply(
            parts=(Text(text="You did not take part in this quiz. The next one is open to you."),), private=True
        )
    parts: list[Part] = [Text(text=quiz_words.standing(score, scores, quiz.course.closed))]
    if results:
        parts += session_reply.summary(results)
    elif quiz.course.closed:
        parts.append(Text(text="You answered none of the questions in time. `/practice` asks you without a clock."))
    data = described(quiz) | {"place": score.place, "right": score.right, "answered": score.answered}
    return Reply(parts=tuple(parts), private=True, data=data)


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


def _pressed(quiz: Quiz, posed: Posed, outcome: str) -> dict[str, Any]:
    return {"quiz": quiz.id, "question": posed.id, "position": posed.position, "outcome": outcome}


def _scores(scores: Sequence[Score]) -> list[dict[str, Any]]:
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


def _said(posed: Posed, given: Sequence[Given]) -> list[Part]:
    """What people said and how many, where that says more than how many were right."""
    counts = Counter(each.understood for each in given)
    if posed.choices and posed.asks != "order":
        rows = [
            (f"{letter}: {choice}", str(counts[choice]), "right" if choice == posed.key else "")
            for letter, choice in zip(LETTERS, posed.choices, strict=False)
        ]
    else:
        right = {each.understood for each in given if each.correct}
        rows = [
            (said, str(count), "right" if said in right else "")
            for said, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:MOST_ANSWERS]
            if said
        ]
    if unknown := counts[""]:
        rows.append(("did not know", str(unknown), ""))
    return [Table(headers=("answer", "people", ""), rows=tuple(rows))] if len(given) > 1 else []


def _commonest(given: Sequence[Given]) -> list[Part]:
    mistakes = Counter(each.mistake for each in given if each.mistake in MISCONCEPTIONS)
    if not mistakes:
        return []
    mistake, count = min(mistakes.items(), key=lambda each: (-each[1], each[0]))
    people = "1 person" if count == 1 else f"{count} people"
    found = MISCONCEPTIONS[mistake]
    return [Text(text=f"The commonest mistake ({people}): {found.name}. Those who made it see why in My answer.")]


def _practise(weak: Sequence[Weak]) -> list[Part]:
    if not weak:
        return []
    rows = tuple(
        (each.topic, counted(each.wrong, "answer"), MISCONCEPTIONS[each.mistake].name if each.mistake else "")
        for each in weak[:MOST_TOPICS]
    )
    return [Table(title="What to practise", headers=("topic", "missed", "the commonest mistake"), rows=rows)]


def _practise_button(weak: Weak) -> Button:
    words = weak.topic.replace(":", " ")[:60]
    return Button(label=f"Practise {weak.topic}"[:60], action=Action("practice-about", (words,)))
