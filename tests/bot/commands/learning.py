"""What the tests of the learning commands share: questions and answers as the tutor gives them, and ways to look."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.command import Incoming, Place
from bot.reply import Buttons, Reply
from bot.tutor.model import Drawn, Marked, Posed
from cards.grade import Rating, written
from cards.misconceptions import Wrong
from cards.model import Card
from sandbox.client import Sandbox
from tests.bot.commands.running import AT_EASE
from tests.bot.conversation import Conversation, conversation


class Lesson(Conversation):
    """A conversation in which time passes: each thing that is done takes a second."""

    def incoming(self, name: str, **done: Any) -> Incoming:
        """An event as an adapter would make it."""
        self.clock.advance(seconds=1)
        return super().incoming(name, **done)


@asynccontextmanager
async def lesson(folder: Path, sandbox: AbstractAsyncContextManager[Sandbox] | None = None) -> AsyncIterator[Lesson]:
    """A channel to learn in; without a sandbox torch is away."""
    async with conversation(folder, sandbox=sandbox, fairness=AT_EASE) as talk:
        yield Lesson(talk.core, talk.clock, talk.place)


AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PLACE = Place(platform="test", community="page", channel="group")
DRAWN = Drawn(
    family="conv1d-length",
    level=1,
    key=31,
    wrong=(Wrong(value=30, misconception="M1"), Wrong(value=92, misconception="M5")),
    working="floor((100 + 2*2 - 2*(7-1) - 1) / 3) + 1 = 31",
    proof="/shape conv1d 8 3 k7 s3 p2 d2 @ 1x8x100",
)


def posed(secret: Card | Drawn = DRAWN, **changed: Any) -> Posed:
    """A question of a session of five, the second."""
    usual: dict[str, Any] = {
        "id": "k3f9x2",
        "person": "test:alice",
        "place": PLACE,
        "at": AT,
        "session": "s",
        "position": 2,
        "of": 5,
        "purpose": "practice",
        "card": "~conv1d-length",
        "source": "conv1d-length.1.b",
        "asks": "number",
        "prompt": "How long is the output?",
        "topic": "Conv1d",
        "secret": secret,
    }
    return Posed(**(usual | changed))


def marked(question: Posed, *, correct: bool = True, **changed: Any) -> Marked:
    """An answer to it, right unless it is said to be wrong."""
    usual: dict[str, Any] = {
        "posed": question,
        "correct": correct,
        "key": question.key,
        "said": question.key,
        "understood": question.key,
        "reason": question.reason,
        "proof": question.proof,
        "torch": "2.13.0+cpu",
        "rating": Rating.GOOD if correct else Rating.AGAIN,
        "due": AT + timedelta(minutes=10),
        "day": date(2026, 3, 2),
        "at": AT,
    }
    return Marked(**(usual | changed))


def card(**changed: Any) -> Card:
    """A card that asks for a shape."""
    usual: dict[str, Any] = {
        "id": "a",
        "kind": "shape",
        "topic": "conv1d",
        "front": "What shape comes out?",
        "answer": (16, 98),
        "reason": "The kernel takes 2 off",
        "why_no_proof": "nothing to run",
    }
    return Card(**(usual | changed))


def actions(reply: Reply) -> list[str]:
    """The names of what can be pressed, in order."""
    rows = [part for part in reply.parts if isinstance(part, Buttons)]
    return [button.action.name for row in rows for button in row.buttons]


def right(question: Posed) -> str:
    """What to type to be right."""
    secret = question.secret
    if question.asks == "order" and isinstance(secret, Card) and isinstance(secret.answer, tuple):
        return " ".join(chr(ord("a") + question.choices.index(str(step))) for step in secret.answer)
    return question.key


def wrong(question: Posed) -> str:
    """What to type to be wrong."""
    secret = question.secret
    if question.rated:
        return "?"
    if isinstance(secret, Drawn) and secret.wrong:
        return written(secret.wrong[0].value)
    if question.asks == "order":
        return " ".join(reversed(right(question).split()))
    if question.asks == "choice":
        return next(choice for choice in question.choices if choice != question.key)
    return {"shape": "7x7x7x7x7x7x7", "pair": "99 99", "numbers": "77, 78, 79"}.get(question.asks, "987654")
