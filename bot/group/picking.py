"""Which card a group is asked next: never the same twice in a row, topics in turns, its weak spots more often."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
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


def picks(
    candidates: Sequence[Candidate], *, recent: Sequence[str], tallies: Mapping[str, Tally], draw: Random
) -> Iterator[str]:
    """Names, one after the other, each as if those before it had been asked; endless where there is anything.

    Args:
        candidates: what may be asked.
        recent: names of what was asked lately, the oldest first; some may be no candidates any more.
        tallies: how the group has done, by name.
        draw: decides.
    """
    if not candidates:
        return
    known = {each.name: each for each in candidates}
    asked = deque((name for name in recent if name in known), maxlen=RESTS)
    topics = _by_topic(candidates)
    pulls = {
        topic: sum((tallies.get(each.name, NOTHING) for each in held), NOTHING).pull for topic, held in topics.items()
    }
    while True:
        chosen = _one(candidates, [known[name] for name in asked], topics, pulls, tallies, draw)
        asked.append(chosen.name)
        yield chosen.name


def level(tally: Tally) -> int:
    """How hard a group is asked a skill, from 1 to 3: harder as it does better."""
    if tally.answers < ENOUGH:
        return 1
    right = 1 - tally.wrong / tally.answers
    return 1 + (right >= HALF) + (right >= KNOWN)


def _one(
    candidates: Sequence[Candidate],
    asked: Sequence[Candidate],
    topics: Mapping[str, Sequence[Candidate]],
    pulls: Mapping[str, float],
    tallies: Mapping[str, Tally],
    draw: Random,
) -> Candidate:
    """The topic first, then something of it: a topic with many cards is not asked more often for that."""
    rests = _resting(candidates, asked)
    last = asked[-1] if asked else None
    lately = list(dict.fromkeys(each.topic for each in reversed(asked)))
    tired = set(lately[: min(TOPICS_REST, len(topics) - 1)])
    open_ones = {
        topic: [each for each in held if each.name not in rests] for topic, held in topics.items() if topic not in tired
    }
    open_ones = {topic: held for topic, held in open_ones.items() if held}
    if not open_ones:  # all that is rested belongs to topics that are not
        open_ones = {
            topic: left for topic, held in topics.items() if (left := [each for each in held if each.name not in rests])
        }
    names = list(open_ones)
    topic = draw.choices(names, [pulls[name] for name in names])[0]
    held = open_ones[topic]
    if last is not None:
        held = [each for each in held if each.rule != last.rule] or held
    return draw.choices(held, [tallies.get(each.name, NOTHING).pull for each in held])[0]


def _resting(candidates: Sequence[Candidate], asked: Sequence[Candidate]) -> frozenset[str]:
    """What was asked lately: the last one always, half of what there is at most."""
    most = max(min(1, len(candidates) - 1), min(RESTS, len(candidates) // 2))
    newest = list(dict.fromkeys(each.name for each in reversed(asked)))
    return frozenset(newest[:most])


def _by_topic(candidates: Sequence[Candidate]) -> dict[str, list[Candidate]]:
    found: dict[str, list[Candidate]] = {}
    for each in candidates:
        found.setdefault(each.topic, []).append(each)
    return found
