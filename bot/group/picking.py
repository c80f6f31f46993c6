"""Which card a group is asked next: never the same twice in a row, topics in turns, its weak spots more often."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

RESTS = 60  # things that were asked lately, at most, that are not asked again while there are others
TOPICS_REST = 2  # topics that were asked last, where there are others
PULL = 6.0  # how much likelier what everybody gets wrong is asked than what nobody does
ENOUGH = 5  # answers that say how well a group knows something
KNOWN, HALF = 0.8, 0.5  # shares of right answers from which a skill is asked on level 3, and on level 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Something that a group may be asked.

    Attributes:
        name: of a card or a skill.
        topic: to which it belongs.
        rule: what one has to know for it.
        difficulty: from 1 to 3; 0: any, since its numbers are drawn.
    """

    name: str
    topic: str
    rule: str
    difficulty: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How a group has done: its answers, and how many of them were wrong."""

    answers: int = 0
    wrong: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.answers + other.answers, self.wrong + other.wrong)

    @property
    def pull(self) -> float:
        """How likely it is asked beside others; what nobody has answered stands for a quarter wrong."""
        return 1.0 + (PULL - 1.0) * (self.wrong + 0.5) / (self.answers + 2)


NOTHING = Tally()


class Stock:
    """What may be asked, in the order in which it is taught; looked through once for all channels that are asked of it.

    Attributes:
        known: by name.
        topics: what belongs to each.
    """

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        """Names are each of one candidate."""
        self.known = {each.name: each for each in candidates}
        self.topics: dict[str, list[Candidate]] = {}
        for each in self.known.values():
            self.topics.setdefault(each.topic, []).append(each)

    def __len__(self) -> int:
        return len(self.known)

    def pulls(self, tallies: Mapping[str, Tally]) -> dict[str, float]:
        """How likely each topic is asked beside others."""
        found = dict.fromkeys(self.topics, NOTHING)
        for name, tally in tallies.items():
            if name in self.known:
                found[self.known[name].topic] += tally
        return {topic: tally.pull for topic, tally in found.items()}


def picks(stock: Stock, *, recent: Sequence[str], tallies: Mapping[str, Tally], draw: Random) -> Iterator[str]:
    """Names, one after the other, each as if those before it had been asked; endless where there is anything.

    Args:
        stock: what may be asked.
        recent: names of what was asked lately, the oldest first; some may be no candidates any more.
        tallies: how the group has done, by name.
        draw: decides.
    """
    if not stock:
        return
    known, pulls = stock.known, stock.pulls(tallies)
    asked = deque((name for name in recent if name in known), maxlen=RESTS)
    while True:
        chosen = _one(stock, [known[name] for name in asked], pulls, tallies, draw)
        asked.append(chosen.name)
        yield chosen.name


def level(tally: Tally) -> int:
    """How hard a group is asked a skill, from 1 to 3: harder as it does better."""
    if tally.answers < ENOUGH:
        return 1
    right = 1 - tally.wrong / tally.answers
    return 1 + (right >= HALF) + (right >= KNOWN)


def _one(
    stock: Stock,
    asked: Sequence[Candidate],
    pulls: Mapping[str, float],
    tallies: Mapping[str, Tally],
    draw: Random,
) -> Candidate:
    """The topic first, then something of it: a topic with many cards is not asked more often for that."""
    rests = _resting(len(stock), asked)
    last = asked[-1] if asked else None
    lately = list(dict.fromkeys(each.topic for each in reversed(asked)))
    tired = set(lately[: min(TOPICS_REST, len(stock.topics) - 1)])
    resting = Counter(stock.known[name].topic for name in rests)
    rested = [topic for topic, held in stock.topics.items() if len(held) > resting[topic]]
    names = [topic for topic in rested if topic not in tired]
    names = names or rested  # all that is rested belongs to topics that are not
    topic = draw.choices(names, [pulls[name] for name in names])[0]
    held = [each for each in stock.topics[topic] if each.name not in rests]
    if last is not None:
        held = [each for each in held if each.rule != last.rule] or held
    return draw.choices(held, [tallies.get(each.name, NOTHING).pull for each in held])[0]


def _resting(count: int, asked: Sequence[Candidate]) -> frozenset[str]:
    """What was asked lately: the last one always, half of what there is at most."""
    most = max(min(1, count - 1), min(RESTS, count // 2))
    newest = list(dict.fromkeys(each.name for each in reversed(asked)))
    return frozenset(newest[:most])
