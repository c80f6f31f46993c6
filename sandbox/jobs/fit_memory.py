"""The FIT job: FSRS's weights for one learner, from their own answers, where `fsrs[optimizer]` is installed.

Payload: `{"reviews": [[card, day, rating], ...], "weights": [21 numbers] | null}`: in the order in which they came, a
card by a number, a day as an ordinal, a rating from 1 to 4; and the weights in use, where they are not FSRS's own.
Value: `{"weights": [21 numbers] | null, "reviews": int, "held_out": int, "before": float | null, "after": float | null,
"why": str}`. The last fifth is held out: weights are fitted to what came before, and both losses are of that fifth, so
that what is only learnt by heart shows. `weights` is null where nothing better was found, and `why` says so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from importlib.util import find_spec
from typing import Any

import fsrs

from sandbox.protocol import Status

FEWEST = (
    640  # reviews on a later day than the one before: FSRS takes no step on fewer than 512, and a fifth is held out
)
HELD_OUT = 5  # one part in so many
_NEEDS = ("fsrs.optimizer", "torch", "pandas", "tqdm")
_WAY = "Install it with: .venv/bin/pip install -c deploy/constraints.txt -e '.[optimizer]'"
_NOON = time(12, tzinfo=UTC)
_SURE = 1e-6  # a loss has to be finite

Review = tuple[int, int, int]  # card, day, rating
Answer = dict[str, Any]


def perform(payload: Mapping[str, Any]) -> Answer:
    """The answer: `{"status", "value", "limit", "error"}`."""
    reviews = [(int(card), int(day), int(rating)) for card, day, rating in payload["reviews"]]
    given = payload.get("weights")
    value = _fitted(reviews, None if given is None else tuple(map(float, given)))
    return {"status": Status.OK.value, "value": value, "limit": None, "error": ""}


def _fitted(reviews: Sequence[Review], in_use: tuple[float, ...] | None) -> Answer:
    """The value of the result."""
    value: Answer = {"weights": None, "reviews": 0, "held_out": 0, "before": None, "after": None, "why": ""}
    counted = list(_counted(reviews))
    value["reviews"] = len(counted)
    if len(counted) < FEWEST:
        return value | {"why": f"there are {len(counted)} reviews on a later day, and {FEWEST} are needed"}
    missing = [name for name in _NEEDS if find_spec(name) is None]
    if missing:
        return value | {"why": f"fsrs[optimizer] is not installed: {', '.join(missing)} is missing. {_WAY}"}
    split = counted[-len(counted) // HELD_OUT]
    before = loss(reviews, split, in_use)
    weights = _weights(reviews[:split])
    after = loss(reviews, split, weights)
    value |= {"held_out": sum(place >= split for place in counted), "before": before, "after": after}
    if after < before:
        return value | {"weights": list(weights)}
    return value | {"why": "what was held out is foreseen no better with other weights"}


def _weights(reviews: Sequence[Review]) -> tuple[float, ...]:
    """What FSRS's own optimiser finds."""
    from fsrs import Optimizer  # the one place for it

    logs = [fsrs.ReviewLog(card, fsrs.Rating(rating), _noon(day), None) for card, day, rating in reviews]
    return tuple(float(weight) for weight in Optimizer(logs).compute_optimal_parameters())


def loss(reviews: Sequence[Review], split: int, weights: tuple[float, ...] | None) -> float:
    """The log loss over the reviews from a place on that count, each foreseen from all that came before it."""
    scheduler = fsrs.Scheduler(weights or fsrs.scheduler.DEFAULT_PARAMETERS, enable_fuzzing=False)
    counted = set(_counted(reviews))
    cards: dict[int, fsrs.Card] = {}
    lost = []
    for place, (name, day, rating) in enumerate(reviews):
        noon = _noon(day)
        card = cards.get(name) or fsrs.Card(card_id=name, due=noon)
        if place >= split and place in counted:
            known = min(max(scheduler.get_card_retrievability(card, noon), _SURE), 1 - _SURE)
            lost.append(-math.log(known if rating > 1 else 1 - known))
        cards[name], _ = scheduler.review_card(card, fsrs.Rating(rating), noon)
    return sum(lost) / len(lost)


def _counted(reviews: Sequence[Review]) -> Iterator[int]:
    """The places of those that came on a later day than the card's one before: nothing is forgotten within a day."""
    days: dict[int, int] = {}
    for place, (card, day, _) in enumerate(reviews):
        if days.get(card, day) < day:
            yield place
        days[card] = day


def _noon(day: int) -> datetime:
    return datetime.combine(date.fromordinal(day), _NOON)
