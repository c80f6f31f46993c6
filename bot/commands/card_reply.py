"""A card as people see it who look it up: question, answer, reason, example, and who says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.actions import Action
from bot.commands.learning_words import UNPROVED
from bot.commands.marked_reply import sentence, version
from bot.reply import Button, Buttons, Code, Part, Reply, Table, Text
from bot.tutor.model import LookedUp
from cards.grade import written
from cards.model import Card

SHAPE = "/shape "
MOST_LABEL = 60  # characters on a button
_NOT_TEXT = frozenset({"shape", "number", "predict"})  # answers that are shown as code
_FIXED_WIDTH = 60  # characters of an output that fit into a sentence


def front(looked: LookedUp, carried: str) -> Reply:
    """The question alone; `carried` is what a button says for the card."""
    ways = (
        Button(label="Show the answer", action=Action("card", (carried,)), style="primary"),
        Button(label="Ask me this", action=Action("practice-card", (carried,))),
        Button(label="Another card", action=Action("card-any")),
    )
    parts = (*_question(looked), *_options(looked.card), Buttons(buttons=ways))
    return Reply(parts=parts, data={"card": _asked(looked), "near": []})


def back(looked: LookedUp, *, ways: Buttons, near: Buttons, names: Sequence[str], read: Mapping[str, str]) -> Reply:
    """The whole card.

    Args:
        looked: the card.
        ways: what can be done with it.
        near: buttons for other cards.
        names: of those.
        read: words that were taken for others.
    """
    card = looked.card
    parts: list[Part] = [Text(text=f"I read `{typed}` as `{meant}`.", tone="note") for typed, meant in read.items()]
    parts += [*_question(looked), *_answer(card)]
    if card.reason:
        parts.append(Text(text=sentence(card.reason)))
    parts += [*_wrong(card), *_example(card)]
    parts += [Text(text=_stamp(looked), tone="note"), ways]
    if near.buttons:
        parts += [Text(text="Near it:", tone="note"), near]
    data = {"card": _described(looked), "near": list(names), "read": dict(read), "torch": looked.torch}
    return Reply(parts=tuple(parts), data=data)


def label(card: Card, name: str = "") -> str:
    """A card's question on a button: as much as fits of it, behind the card's name where that is given."""
    text = " ".join(card.front.replace("`", "").split())
    if card.code and len(text) < len(card.code):  # "What does this give?" says nothing about it
        text = f"{text} {' '.join(card.code.split())}"
    if name:
        text = f"{name.rpartition('/')[2][: MOST_LABEL // 2]}: {text}"
    return text if len(text) <= MOST_LABEL else f"{text[: MOST_LABEL - 1].rstrip()}…"


def _question(looked: LookedUp) -> Iterator[Part]:
    yield Text(text=f"{looked.topic} · {looked.name}", tone="note")
    yield Text(text=looked.card.front)
    if looked.card.code:
        yield Code(code=looked.card.code, language="python")


def _options(card: Card) -> Iterator[Part]:
    """What there is to choose from, in an order that says nothing."""
    if card.kind == "choice":
        texts = sorted([written(card.answer), *(wrong.text for wrong in card.wrong)])
        yield Text(text="\n".join(f"- {text}" for text in texts))
    elif card.kind == "order" and isinstance(card.answer, tuple):
        yield Text(text="\n".join(f"- {step}" for step in sorted(map(str, card.answer))))


def _answer(card: Card) -> Iterator[Part]:
    if card.kind == "order" and isinstance(card.answer, tuple):
        lines = (f"{place}: {step}" for place, step in enumerate(card.answer, start=1))
        yield Text(text="\n".join(lines), tone="good")
        return
    answer = written(card.answer)
    if card.kind not in _NOT_TEXT or "`" in answer:
        yield Text(text=sentence(answer), tone="good")
    elif "\n" in answer or len(answer) > _FIXED_WIDTH:
        yield Code(code=answer)
    else:
        unit = f" {card.unit}" if card.unit else ""
        yield Text(text=f"`{answer}`{unit}", tone="good")


def _wrong(card: Card) -> Iterator[Part]:
    rows = tuple((wrong.text.replace("`", ""), wrong.because.replace("`", "")) for wrong in card.wrong)
    if rows:
        yield Table(headers=("not", "because"), rows=rows)


def _example(card: Card) -> Iterator[Part]:
    if card.example:
        yield Text(text="Try it:", tone="note")
        yield Code(code=card.example, language="" if card.example.startswith(SHAPE) else "python")


def _stamp(looked: LookedUp) -> str:
    card = looked.card
    if card.proof is None:
        why = f" {sentence(card.why_no_proof)}" if card.why_no_proof else ""
        return f"{UNPROVED[:1].upper()}{UNPROVED[1:]}.{why}"
    if not looked.torch:
        return "Torch could not be asked just now; Why runs the proof."
    return f"torch {version(looked.torch)} proved it."


def _asked(looked: LookedUp) -> dict[str, Any]:
    """What may be known before the answer."""
    known = _described(looked)
    return {name: known[name] for name in ("id", "kind", "topic", "front", "code")} | {"answer": None}


def _described(looked: LookedUp) -> dict[str, Any]:
    card = looked.card
    return {
        "id": looked.name,
        "kind": card.kind,
        "topic": looked.topic,
        "front": card.front,
        "code": card.code,
        "answer": written(card.answer),
        "reason": card.reason,
        "wrong": [{"text": wrong.text, "because": wrong.because} for wrong in card.wrong],
        "example": card.example,
        "proof": card.proof.code if card.proof else "",
        "why_no_proof": card.why_no_proof,
        "torch": looked.torch,
    }
