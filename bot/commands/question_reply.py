"""A question as people see it: what is asked, how to answer it, and the buttons for that."""

from __future__ import annotations

from typing import Any

from bot.actions import Action
from bot.commands.learning_words import LETTERS, UNPROVED, how_to_write
from bot.reply import Button, Buttons, Code, Field, Form, Part, Reply, Text
from bot.tutor.model import Posed


def question(posed: Posed, *, above: tuple[Part, ...] = (), left: int | None = None) -> Reply:
    """One question; `left` is how many are to be reviewed, where that says more than its place in a session."""
    return Reply(parts=(*above, *asked(posed, left=left)), private=True, data={"questions": [described(posed)]})


def asked(posed: Posed, *, left: int | None = None) -> tuple[Part, ...]:
    """The question's parts, its buttons last."""
    parts: list[Part] = [Text(text=_where(posed, left), tone="note"), Text(text=posed.prompt)]
    if posed.code:
        parts.append(Code(code=posed.code, language="python"))
    if posed.choices:
        lines = (f"{letter}: {choice}" for letter, choice in zip(LETTERS, posed.choices, strict=False))
        parts.append(Text(text="\n".join(lines)))
    parts.append(buttons(posed))
    named = "" if posed.person else f" {posed.id}"
    parts.append(Text(text=f"Or type `/answer{named}` and {how_to_write(posed)}.", tone="note"))
    return tuple(parts)


def buttons(posed: Posed, *, hint: bool = True) -> Buttons:
    """What can be pressed to answer."""
    found: list[Button] = []
    if posed.choices and posed.asks != "order":
        found += [
            Button(label=letter, action=Action("answer-pick", (posed.id, str(place))), style="primary")
            for place, (letter, _) in enumerate(zip(LETTERS, posed.choices, strict=False))
        ]
    else:
        found.append(Button(label="Answer", action=Action("answer-form", (posed.id,)), style="primary"))
    if posed.rated:
        found.append(Button(label="Show the answer", action=Action("answer-show", (posed.id,))))
    else:
        found.append(Button(label="I don't know", action=Action("answer-unknown", (posed.id,))))
    if hint and posed.hint:
        found.append(Button(label="Hint", action=Action("answer-hint", (posed.id,))))
    return Buttons(buttons=tuple(found))


def form(posed: Posed) -> Reply:
    """The form that a typed answer goes into, below the question, which a phone may hide behind it."""
    field = Field(name="answer", label=how_to_write(posed))
    asked_for = Form(title="Your answer", fields=(field,), action=Action("answer-sent", (posed.id,)))
    return Reply(parts=(Text(text=posed.prompt), asked_for), private=True)


def described(posed: Posed) -> dict[str, Any]:
    """The question for programs; what is not there is left out."""
    found: dict[str, Any] = {
        "id": posed.id,
        "kind": posed.asks,
        "prompt": posed.prompt,
        "topic": posed.topic,
        "position": posed.position,
        "of": posed.of,
        "purpose": posed.purpose,
    }
    optional = {"code": posed.code, "choices": list(posed.choices), "unit": posed.unit, "hint": posed.hint}
    return found | {name: value for name, value in optional.items() if value}


def _where(posed: Posed, left: int | None) -> str:
    if left is not None:
        place = f"Review, {left} to go" if left > 1 else "Review, the last one for now"
    else:
        place = f"Question {posed.position} of {posed.of}" if posed.of > 1 else "Question"
    unproved = "" if posed.proof else UNPROVED
    return " · ".join(piece for piece in (place, posed.topic, unproved, posed.id) if piece)
