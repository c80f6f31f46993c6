"""The rows of learning as the code sees them: a learner, a question as posed, and a line of the log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, Literal

from bot.command import Place
from cards.grade import Rating
from cards.learner import Entry, EntryKind
from cards.memory import Memory

LineKind = Literal["answer", "override", "credit", "plan", "brought", "double"]


_KINDS: Mapping[LineKind, EntryKind] = {"answer": "answer", "plan": "plan", "brought": "brought"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pupil:
    """A learner's own row.

    Attributes:
        person: their id.
        zone: where their days begin at 04:00.
        seed: for what is chosen at random.
        weights: FSRS's, fitted to them; None: its defaults.
        version: grows with each change of their memories.
    """

    person: str
    zone: str
    seed: int
    weights: tuple[float, ...] | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that was posed; `data` is how it was shown, with its key, as JSON."""

    id: str
    person: str
    place: Place
    at: datetime
    session: str
    position: int
    total: int
    purpose: str
    card: str
    source: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the log; see the table for what each column says."""

    id: int = 0
    person: str
    at: datetime
    zone: str
    kind: LineKind
    platform: str
    community: str
    posed: str | None = None
    about: int | None = None
    card: str = ""
    source: str = ""
    correct: bool | None = None
    rating: int | None = None
    confidence: int | None = None
    mistake: str = ""
    said: str = ""
    tried: bool = True
    effect: Mapping[str, Any] = field(default_factory=dict)
    marked: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A line of the log; where it is not `fresh`, the one that was there before it."""

    line: Line
    fresh: bool


_NAMES = {kind: tuple(each.name for each in fields(kind)) for kind in (Asked, Line)}


def entries(lines: Iterable[Line]) -> list[Entry]:
    """A log as `cards.replay` takes it: each answer as it was rated last."""
    lines = list(lines)
    anew = {each.about: each.rating for each in lines if each.about is not None}
    return [_entry(each, anew.get(each.id, each.rating)) for each in lines if each.kind in _KINDS]


def _entry(given: Line, rating: int | None) -> Entry:
    due = given.effect.get("due")
    return Entry(
        kind=_KINDS[given.kind],
        at=given.at,
        zone=given.zone,
        card=given.card,
        rating=None if rating is None else Rating(rating),
        due=None if due is None else date.fromisoformat(due),
        easier=given.effect.get("easier", ""),
        days={card: date.fromisoformat(day) for card, day in given.effect.get("days", {}).items()},
        memories=tuple(map(Memory.from_data, given.effect.get("memories", ()))),
    )


def effect(entry: Entry) -> dict[str, Any]:
    """What a line keeps of an entry beside its own columns."""
    data = entry.to_data()
    return {name: data[name] for name in ("due", "easier", "days", "memories") if data[name]}


def columns(row: Asked | Line) -> dict[str, Any]:
    """What a row's columns hold."""
    found = {name: getattr(row, name) for name in _NAMES[type(row)]}
    if isinstance(row, Asked):
        place = found.pop("place")
        return found | {"platform": place.platform, "community": place.community, "channel": place.channel}
    correct = None if row.correct is None else int(row.correct)
    return found | {
        "correct": correct,
        "tried": int(row.tried),
        "effect": json.dumps(row.effect),
        "marked": json.dumps(row.marked),
    }


def question(row: Any) -> Asked:
    """The question in a row of `posed`."""
    found = dict(row)
    del found["number"]
    place = Place(**{name: found.pop(name) for name in ("platform", "community", "channel")})
    return Asked(**found, place=place)


def line(row: Any) -> Line:
    """The line in a row of `answers`."""
    correct = None if row["correct"] is None else bool(row["correct"])
    decoded = {
        "correct": correct,
        "tried": bool(row["tried"]),
        "effect": json.loads(row["effect"]),
        "marked": json.loads(row["marked"]),
    }
    return Line(**dict(row) | decoded)
