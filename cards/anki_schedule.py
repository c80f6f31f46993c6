"""When Anki asks a card again, and when Stride does: the same dates, and the same state of FSRS, in both directions.

Anki counts days from the day on which its collection began, on its owner's clock; FSRS's stability and difficulty stand
as JSON beside the card. Where Anki's older scheduler was used there are none: they are reckoned as Anki reckons them.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import fsrs

from cards.anki_collection import Collection, Row
from cards.calendar import Calendar
from cards.memory import LEARNING_STEPS, LONGEST_DAYS, RELEARNING_STEPS, RETENTION, Memory, Phase

NEW, LEARNING, REVIEW, RELEARNING = range(4)  # Anki's types of cards
SUSPENDED = -1  # a queue: never asked, until its owner says so
_PHASES: dict[int, Phase] = {LEARNING: "learning", REVIEW: "review", RELEARNING: "relearning"}
_STEPS = {"learning": len(LEARNING_STEPS), "relearning": len(RELEARNING_STEPS)}
_BY_DAY = (REVIEW, 3)  # queues whose cards are due on a day
_USUAL_FACTOR = 2500  # thousandths
_MOST = 10**6  # answers to one card
_DAY = timedelta(days=1)


class Scheduled(NamedTuple):
    """The columns of a card that say when it is asked; `due` of new cards is their place."""

    type: int = NEW
    queue: int = NEW
    due: int = 0
    interval: int = 0
    factor: int = 0
    reps: int = 0
    lapses: int = 0
    left: int = 0
    data: str = "{}"


def position(row: Row) -> int:
    """A card's place among those that were new once."""
    place = row.due if row.type == NEW else _data(row.data).get("pos", 0)
    return place if isinstance(place, int) else 0


def memory_of(row: Row, card: str, collection: Collection, calendar: Calendar) -> Memory | None:
    """What Anki knows of a card that has been answered; None for a new one, and where it makes no sense."""
    phase = _PHASES.get(row.type)
    if phase is None:
        return None
    try:
        return _memory(row, phase, card, collection, calendar)
    except (ValueError, OverflowError, OSError):
        return None


def _memory(row: Row, phase: Phase, card: str, collection: Collection, calendar: Calendar) -> Memory | None:
    data = _data(row.data)
    began = _began(collection, calendar)
    by_day = row.type == REVIEW or row.queue in _BY_DAY
    due_day = began + row.due * _DAY if by_day else None
    first, last = _answers(row, data, collection, due_day, calendar)
    state = _state(data, row)
    if state is None:
        return None
    day = calendar.day(last)
    due: datetime | date
    if phase == "review":
        due = max(due_day or day, day)
    else:
        due = calendar.begins(due_day) if due_day is not None else datetime.fromtimestamp(row.due, UTC)
    return Memory(
        card=card,
        phase=phase,
        step=None if phase == "review" else _step(phase, row.left),
        stability=state[0],
        difficulty=state[1],
        due=due,
        first=min(calendar.day(first), day),
        day=day,
        last=last,
        reviews=min(max(1, row.reps), _MOST),
        lapses=min(max(0, row.lapses), _MOST),
    )


def scheduled(memory: Memory, calendar: Calendar, began: date, place: int) -> Scheduled:
    """A memory as Anki has it, in a collection that began on a day; `place` is the card's among the new ones."""
    interval = min(max(1, round(memory.stability)), LONGEST_DAYS)
    type_, queue, left = REVIEW, REVIEW, 0
    if memory.phase == "review":
        day = memory.due if not isinstance(memory.due, datetime) else calendar.day(memory.due)
        due = (day - began).days
        interval = max(1, (day - memory.day).days)
    else:
        type_, queue = (LEARNING if memory.phase == "learning" else RELEARNING), LEARNING
        moment = memory.due if isinstance(memory.due, datetime) else calendar.begins(memory.due)
        due = int(moment.timestamp())
        interval = interval if type_ == RELEARNING else 0
        left = max(1, _STEPS[memory.phase] - (memory.step or 0))
    data = {
        "pos": place,
        "s": memory.stability,
        "d": memory.difficulty,
        "dr": RETENTION,
        "decay": round(fsrs.scheduler.DEFAULT_PARAMETERS[20], 3),  # without it Anki takes that of an older FSRS
        "lrt": int(memory.last.timestamp()),
    }
    return Scheduled(
        type=type_,
        queue=queue,
        due=due,
        interval=interval,
        factor=_USUAL_FACTOR if type_ != LEARNING else 0,
        reps=memory.reviews,
        lapses=memory.lapses,
        left=left,
        data=json.dumps(data, separators=(",", ":")),
    )


def _began(collection: Collection, calendar: Calendar) -> date:
    """The day from which a collection counts its days."""
    moment = datetime.fromtimestamp(collection.created, UTC)
    if collection.west is None:
        return calendar.day(moment)  # it begins at four in the morning where its owner was
    return (moment - timedelta(minutes=collection.west)).date()


def _answers(
    row: Row, data: dict[str, Any], collection: Collection, due: date | None, calendar: Calendar
) -> tuple[datetime, datetime]:
    """The moments of the first and the last answer, as far as they are known."""
    first, last = (datetime.fromtimestamp(at / 1000, UTC) for at in collection.reviews.get(row.id, (0, 0)))
    told = data.get("lrt")
    if isinstance(told, int) and told > 0:
        last = datetime.fromtimestamp(told, UTC)
    elif row.id not in collection.reviews:
        if due is None:
            raise ValueError("nobody knows when it was answered")
        last = calendar.begins(due - max(0, row.interval) * _DAY)
    if row.id not in collection.reviews:
        first = last if row.reps <= 1 else last - _DAY  # on an earlier day, so that it counts as none of that day's new
    return first, last


def _state(data: dict[str, Any], row: Row) -> tuple[float, float] | None:
    """FSRS's stability and difficulty; None where there is no ground for any."""
    stability, difficulty = data.get("s"), data.get("d")
    if not isinstance(stability, int | float) or not isinstance(difficulty, int | float):
        if row.type != REVIEW or row.interval < 1:
            return None
        stability, difficulty = _reckoned(row)
    if not (math.isfinite(stability) and math.isfinite(difficulty) and stability > 0):
        return None
    return min(max(stability, 0.001), float(LONGEST_DAYS)), min(max(difficulty, 1.0), 10.0)


def _reckoned(row: Row) -> tuple[float, float]:
    """FSRS's state of a card that its forerunner scheduled, as Anki reckons it itself.

    After the interval nine in ten remember; the difficulty is the one with which the next interval would grow by the
    card's ease.
    """
    weights = fsrs.scheduler.DEFAULT_PARAMETERS
    stability = float(min(row.interval, LONGEST_DAYS))
    ease = (row.factor or _USUAL_FACTOR) / 1000
    growth = math.exp(weights[8]) * stability ** -weights[9] * math.expm1(weights[10] * (1 - RETENTION))
    return stability, 11 - (ease - 1) / growth


def _step(phase: Phase, left: int) -> int:
    steps = _STEPS[phase]
    return min(max(0, steps - left % 1000), steps - 1)


def _data(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
