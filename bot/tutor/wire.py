"""Questions and what was said of their answers, as JSON and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from bot.store import card_rows
from bot.store.learning_rows import Asked, Line
from bot.tutor.model import Drawn, Marked, Posed
from cards.grade import Rating
from cards.misconceptions import Wrong
from cards.model import Card, Value
from cards.proof import listed

_ROW = ("id", "person", "place", "at", "session", "position", "purpose", "card", "source")
_SHOWN = ("asks", "prompt", "code", "choices", "unit", "hint", "topic", "rule", "torch", "rated")
_MARKED = ("correct", "key", "said", "understood", "sure", "mistake", "diagnosis", "torch", "leech", "easier")


def asked(posed: Posed) -> Asked:
    """The row of a question."""
    data: dict[str, Any] = {name: getattr(posed, name) for name in _SHOWN}
    if isinstance(posed.secret, Card):
        data["secret"] = {"card": card_rows.written(posed.secret)}
    else:
        data["secret"] = {"drawn": _drawn_data(posed.secret)}
    return Asked(**{name: getattr(posed, name) for name in _ROW}, total=posed.of, data=json.dumps(data))


def posed(row: Asked) -> Posed:
    """The question in a row."""
    data = json.loads(row.data)
    secret = data["secret"]
    return Posed(
        **{name: getattr(row, name) for name in _ROW},
        of=row.total,
        **{name: data[name] for name in _SHOWN if name != "choices"},
        choices=tuple(data["choices"]),
        secret=card_rows.read(secret["card"]) if "card" in secret else _drawn(secret["drawn"]),
    )


def marked_data(marked: Marked) -> dict[str, Any]:
    """What a line of the log keeps of what was said."""
    return {name: getattr(marked, name) for name in _MARKED} | changed_data(marked.due, marked.day)


def changed_data(due: datetime | date, day: date) -> dict[str, Any]:
    """The same for a line that changes an answer: when the question comes back now."""
    moment = isinstance(due, datetime)
    return {"moment" if moment else "due": due.isoformat(), "day": day.isoformat()}


def marked(question: Posed, lines: Sequence[Line]) -> Marked:
    """What was said of an answer, by its line and those that changed it since."""
    first = lines[0]
    found = Marked(
        posed=question,
        **{name: first.marked[name] for name in _MARKED},
        reason=question.reason,
        example=example(question),
        proof=question.proof,
        rating=Rating(first.rating or Rating.AGAIN),
        due=_due(first.marked),
        day=date.fromisoformat(first.marked["day"]),
        at=first.at,
    )
    for line in lines[1:]:
        found = replace(
            found,
            rating=Rating(line.rating or Rating.AGAIN),
            due=_due(line.marked),
            day=date.fromisoformat(line.marked["day"]),
            credited=found.credited or line.kind == "credit",
        )
    return found


def example(question: Posed) -> str:
    """Something to try; may be empty."""
    return question.secret.example if isinstance(question.secret, Card) else ""


def _due(data: Mapping[str, Any]) -> datetime | date:
    return datetime.fromisoformat(data["moment"]) if "moment" in data else date.fromisoformat(data["due"])


def _drawn_data(drawn: Drawn) -> dict[str, Any]:
    return {
        "family": drawn.family,
        "level": drawn.level,
        "key": listed(drawn.key),
        "wrong": [[listed(each.value), each.misconception, each.says] for each in drawn.wrong],
        "working": drawn.working,
        "proof": drawn.proof,
        "tolerance": drawn.tolerance,
    }


def _drawn(data: Mapping[str, Any]) -> Drawn:
    wrong = tuple(Wrong(value=_value(value), misconception=rule, says=says) for value, rule, says in data["wrong"])
    return Drawn(**dict(data) | {"key": _value(data["key"]), "wrong": wrong})


def _value(value: Any) -> Value:
    return tuple(_value(item) for item in value) if isinstance(value, list) else value
