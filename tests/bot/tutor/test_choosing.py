"""What a practice is made of."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice, pairwise
from random import Random

from bot.tutor.choosing import chosen, piles, rule_of
from bot.tutor.model import Catalogue
from cards import deck as decks
from cards.calendar import calendar
from cards.learner import Learner

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUSE = decks.house()
CARDS = {f"stride/{card.id}": card for card in HOUSE.cards}
CATALOGUE = Catalogue(decks=(HOUSE,), cards=CARDS, skills={}, topics={}, taught=HOUSE.cards)


def practice(topic: str, count: int, seed: int) -> list[str]:
    """The first cards of a practice of one topic, which has no skills."""
    names = [name for name, card in CARDS.items() if card.topic == topic]
    learner = Learner(HOUSE.cards, seed=1)
    found = piles([], names, CATALOGUE, learner, NOW, calendar("UTC"))
    return list(islice(chosen(found, Random(seed)), count))  # noqa: S311 - an order, no secret


def test_no_card_comes_twice_and_none_is_left_out() -> None:
    for topic in HOUSE.topics:
        every = [name for name, card in CARDS.items() if card.topic == topic]
        assert sorted(practice(topic, 1000, seed=3)) == sorted(every)


def test_two_in_a_row_are_not_answered_by_one_rule_where_another_is_left() -> None:
    asked = practice("conv1d-padding", 6, seed=5)
    assert all(rule_of(CATALOGUE, one) != rule_of(CATALOGUE, other) for one, other in pairwise(asked))
