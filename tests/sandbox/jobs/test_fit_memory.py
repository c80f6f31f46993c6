"""Weights of FSRS fitted to a learner: found where they foresee more, refused where the log is too short or random."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from random import Random
from typing import Any

import fsrs
import pytest

from sandbox.fit_outcome import WEIGHTS, fit_value
from sandbox.jobs import fit_memory

FIRST = date(2026, 1, 1).toordinal()
FORGETFUL = tuple(
    weight * {0: 0.5, 1: 0.3, 2: 0.2, 3: 0.2, 8: 0.6}.get(place, 1.0)
    for place, weight in enumerate(fsrs.scheduler.DEFAULT_PARAMETERS)
)


def log(weights: tuple[float, ...], *, cards: int, seed: int = 1) -> list[list[int]]:
    """What somebody with such a memory answers who is asked by FSRS's defaults, in the order of the days."""
    draw = Random(seed)  # noqa: S311 - answers, not secrets
    asked, true = fsrs.Scheduler(enable_fuzzing=False), fsrs.Scheduler(weights, enable_fuzzing=False)
    reviews = []
    for number in range(cards):
        day = FIRST + number // 4
        card = memory = fsrs.Card(card_id=number, due=noon(day))
        for _ in range(7):
            known = 0.5 if card.last_review is None else true.get_card_retrievability(memory, noon(day))
            rating = 3 if draw.random() < known else 1
            reviews.append([number, day, rating])
            card, _ = asked.review_card(card, fsrs.Rating(rating), noon(day))
            memory, _ = true.review_card(memory, fsrs.Rating(rating), noon(day))
            day += max(1, (card.due - noon(day)).days)
    return sorted(reviews, key=lambda review: review[1])


def noon(day: int) -> datetime:
    return datetime.combine(date.fromordinal(day), time(12), UTC)


@pytest.fixture(scope="module")
def forgetful() -> list[list[int]]:
    return log(FORGETFUL, cards=220)


def value(reviews: list[list[int]], weights: list[float] | None = None) -> dict[str, Any]:
    answer = fit_memory.perform({"reviews": reviews, "weights": weights})
    assert (answer["status"], answer["limit"]) == ("ok", None)
    return fit_value(answer["value"])


@pytest.mark.long
def test_a_learner_who_forgets_sooner_gets_weights_that_foresee_what_was_held_out(forgetful: list[list[int]]) -> None:
    found = value(forgetful)
    assert found["weights"] is not None
    assert len(found["weights"]) == WEIGHTS
    assert found["after"] < found["before"] - 0.01
    assert found["held_out"] >= found["reviews"] // fit_memory.HELD_OUT
    fsrs.Scheduler(found["weights"])  # within FSRS's own bounds


def test_a_short_log_is_refused_with_how_much_is_needed() -> None:
    found = value(log(FORGETFUL, cards=3))
    assert found["weights"] is None
    assert str(fit_memory.FEWEST) in found["why"]
    assert value([])["reviews"] == 0


def test_where_the_optimiser_is_not_installed_it_says_what_is_missing(
    forgetful: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit_memory, "find_spec", lambda name: None if name == "pandas" else object())
    found = value(forgetful)
    assert found["weights"] is None
    assert found["why"].startswith("fsrs[optimizer] is not installed: pandas is missing. Install it with: ")


def test_the_right_weights_lose_less_than_fsrs_own(forgetful: list[list[int]]) -> None:
    reviews = [(card, day, rating) for card, day, rating in forgetful]
    assert fit_memory.loss(reviews, 0, FORGETFUL) < fit_memory.loss(reviews, 0, None)


@pytest.mark.parametrize(
    "change",
    [
        {"weights": [1.0] * 20},
        {"weights": ["a"] * WEIGHTS},
        {"weights": [float("nan")] * WEIGHTS},
        {"weights": {}},
        {"reviews": -1},
        {"reviews": True},
        {"before": "0.3"},
        {"after": float("inf")},
        {"why": None},
    ],
)
def test_what_a_jail_sends_is_checked(change: dict[str, Any]) -> None:
    good = {"weights": None, "reviews": 1, "held_out": 0, "before": None, "after": None, "why": ""}
    assert fit_value(good) == good
    with pytest.raises((TypeError, ValueError, KeyError)):
        fit_value(good | change)
