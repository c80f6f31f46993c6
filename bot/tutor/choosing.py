"""What to practise: skills and cards of a topic in turns, never two in a row by one rule where there is another."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from bot.tutor.posing import card_rule
from cards.generate import Turns

if TYPE_CHECKING:
    from datetime import datetime

    from bot.tutor.model import Catalogue
    from cards.calendar import Calendar
    from cards.learner import Learner

FEW_RULES = 3  # skills with fewer rules than that are mixed with cards of their topics


@dataclass(frozen=True, slots=True)
class Pile:
    """Things to ask that take turns with others as one: a skill, again and again, or the cards of a topic."""

    rule: str
    names: tuple[str, ...]
    endless: bool = False


def chosen(piles: Sequence[Pile], draw: Random, *, last: str = "") -> Iterator[str]:
    """Names of skills and cards, for as long as there are any: skills come again, cards do not.

    Args:
        piles: between which turns are taken.
        draw: decides the order.
        last: the rule of what was asked before.
    """
    turns = Turns(piles, lambda pile: pile.rule, draw, last=last)
    left = {pile: deque(pile.names) for pile in piles}
    while turns:
        pile = turns.next()
        if pile.endless:
            yield pile.names[0]
            continue
        yield left[pile].popleft()
        if not left[pile]:
            turns.drop(pile)


def piles(
    skills: Sequence[str], cards: Sequence[str], catalogue: Catalogue, learner: Learner, now: datetime, days: Calendar
) -> list[Pile]:
    """Skills, and the cards of topics that have none; all cards where the skills are few.

    Of each topic what is due comes first, then what is new, then what is least well known.
    """
    found = [Pile(rule=catalogue.skills[name].rule, names=(name,), endless=True) for name in skills]
    drilled = {catalogue.skills[name].topic for name in skills} if len(found) >= FEW_RULES else set()
    topics: dict[str, list[str]] = {}
    for name in cards:
        topic = catalogue.cards[name].topic
        if topic.partition("/")[2] not in drilled or not topic.startswith("stride/"):
            topics.setdefault(topic, []).append(name)
    for names in topics.values():
        names.sort(key=lambda name: _urgency(name, learner, now, days))
    if len(found) + len(topics) >= FEW_RULES:
        return [*found, *(Pile(rule=topic, names=tuple(names)) for topic, names in topics.items())]
    return [*found, *(pile for names in topics.values() for pile in by_rule(names, catalogue))]


def by_rule(names: Sequence[str], catalogue: Catalogue) -> list[Pile]:
    """Things that come once each, those that one rule answers together."""
    rules: dict[str, list[str]] = {}
    for name in names:
        rules.setdefault(rule_of(catalogue, name), []).append(name)
    return [Pile(rule=rule, names=tuple(each)) for rule, each in rules.items()]


def rule_of(catalogue: Catalogue, name: str) -> str:
    """What one has to know for it."""
    return catalogue.skills[name].rule if name in catalogue.skills else card_rule(catalogue.cards[name])


def _urgency(name: str, learner: Learner, now: datetime, days: Calendar) -> tuple[int, float]:
    memory = learner.memory(name)
    if memory is None:
        return (1, 0.0)
    return (0, memory.stability) if learner.may_ask(name, now, days) else (2, memory.stability)
