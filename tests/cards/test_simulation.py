"""Made-up learners: the same seed lives the same year, and each rule does what it is there for."""

from __future__ import annotations

from dataclasses import replace

from cards.model import Card
from cards.simulation import RULES, Year, year

CARDS = [
    Card(
        id=f"{topic}{number}",
        kind="recall",
        topic=topic,
        front="?",
        answer="!",
        reason="",
        family=f"{topic}-{number // 3}",
        difficulty=1 + number % 3,
    )
    for topic in ("conv", "pool", "norm", "rnn", "loss")
    for number in range(40)
]
SEEDS = range(2)


def years(rule: str, days: int) -> list[Year]:
    return [year(CARDS, RULES[rule], seed, days) for seed in SEEDS]


def test_the_same_learner_lives_the_same_year() -> None:
    assert year(CARDS, RULES["all rules"], 3, 60) == year(CARDS, RULES["all rules"], 3, 60)
    assert year(CARDS, RULES["all rules"], 3, 60) != year(CARDS, RULES["all rules"], 4, 60)


def test_most_of_what_was_met_is_remembered_and_everything_is_met() -> None:
    for each in years("all rules", 120):
        assert each.met == len(CARDS)
        assert 0.8 < each.remembered < 1
        assert len(each.answers) == 120


def test_topics_are_mixed_by_interleaving_and_siblings_kept_apart_by_burying() -> None:
    whole, in_order, together = (years(rule, 60) for rule in ("all rules", "no interleaving", "siblings on one day"))
    for one, other in zip(whole, in_order, strict=True):
        assert one.in_a_row < other.in_a_row / 2
    for one, other in zip(whole, together, strict=True):
        assert one.siblings < other.siblings / 4


def test_without_the_cap_and_the_plan_the_fullest_day_is_fuller() -> None:
    def fullest(rule: str) -> float:
        rules = replace(RULES[rule], budget=20)
        return sum(max(year(CARDS, rules, seed, 280).answers) for seed in SEEDS)

    whole = fullest("all rules")
    assert whole < fullest("no cap on new cards")
    assert whole < fullest("no plan after a break")
