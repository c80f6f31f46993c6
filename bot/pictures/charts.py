"""What Stride draws of its own numbers: each chart as the facts on it, bounded, with nothing of how it looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Union

from bot.group.streaks import Kind
from bot.pictures.errors import DrawingError

MOST_DAYS = 371  # of a year: 53 weeks
MOST_BARS = 8
MOST_TOPICS = 12
MOST_PEOPLE = 10
MOST_WEEKS = 12
MOST_AHEAD = 366  # days
MOST_COUNT = 10**9
OTHERS = "other answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayShown:
    """A day of somebody's own: its date, how many meaningful answers it had, and what it was for their streak."""

    date: date
    answers: int
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """The answers of a year, day by day, as a calendar.

    Attributes:
        days: in the order of their dates; the last is today. At most `MOST_DAYS`, at least one; a date may be missing.
        title: over it.
    """

    days: tuple[DayShown, ...]
    title: str = "Your days"

    def __post_init__(self) -> None:
        _bounded("days", self.days, MOST_DAYS)
        for day in self.days:
            _count(day.answers)
        if any(a.date >= b.date for a, b in zip(self.days, self.days[1:], strict=False)):
            raise DrawingError("the days are not in the order of their dates")
        if (self.days[-1].date - self.days[0].date).days >= MOST_DAYS:
            raise DrawingError("the days are further apart than a year")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One answer to a question.

    Attributes:
        answer: as it is shown.
        count: how many gave it.
        right: whether it is right.
        letter: of a choice; empty where there was none to choose.
        mistake: the name of the misconception behind a wrong one; may be empty.
    """

    answer: str
    count: int
    right: bool = False
    letter: str = ""
    mistake: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Who answered what, in numbers. `bars` in the order in which they are shown; see `folded`."""

    bars: tuple[Bar, ...]
    title: str = "What was answered"

    def __post_init__(self) -> None:
        _bounded("answers", self.bars, MOST_BARS)
        for bar in self.bars:
            _count(bar.count)

    @property
    def total(self) -> int:
        """How many answered."""
        return sum(bar.count for bar in self.bars)

    @property
    def right(self) -> int:
        """How many of them rightly."""
        return sum(bar.count for bar in self.bars if bar.right)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """How well a topic is known.

    Attributes:
        name: its title.
        remembered: the share of the cards begun that is remembered now, from 0 to 1.
        begun: cards that were ever answered.
        cards: that there are; at least one, and no fewer.
    """

    name: str
    remembered: float
    begun: int
    cards: int

    @property
    def mastered(self) -> float:
        """The share of all its cards that is remembered now."""
        return self.remembered * self.begun / self.cards


@dataclass(frozen=True, slots=True, kw_only=True)
class Mastery:
    """What is remembered of each topic, in the order in which they are shown; at most `MOST_TOPICS`."""

    topics: tuple[Topic, ...]
    title: str = "What you remember"

    def __post_init__(self) -> None:
        _bounded("topics", self.topics, MOST_TOPICS)
        for topic in self.topics:
            _share(topic.remembered)
            _count(topic.begun)
            _count(topic.cards)
            if not 0 < topic.cards >= topic.begun:
                raise DrawingError("more cards of a topic were begun than there are")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """What will be remembered of what is known now.

    Attributes:
        reviewed: the share on each day from today on where everything is reviewed when it is due, from 0 to 1.
        left: the same where nothing is reviewed any more; as many days.
        cards: how many there are.
    """

    reviewed: tuple[float, ...]
    left: tuple[float, ...]
    cards: int
    title: str = "What you will remember"

    def __post_init__(self) -> None:
        _bounded("days", self.reviewed, MOST_AHEAD)
        if len(self.reviewed) != len(self.left):
            raise DrawingError("the two curves are of different lengths")
        for share in (*self.reviewed, *self.left):
            _share(share)
        _count(self.cards)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorer:
    """Somebody's points, a number for each week; their place is theirs also where somebody else has as many."""

    name: str
    points: tuple[int, ...]
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """Points by the week. Whoever is hidden must be left out by whoever makes this.

    Attributes:
        weeks: the first day of each, in order; the last is the one that it is about. At most `MOST_WEEKS`.
        people: in the order of their places; at most `MOST_PEOPLE`.
    """

    weeks: tuple[date, ...]
    people: tuple[Scorer, ...]
    title: str = "This season"

    def __post_init__(self) -> None:
        _bounded("weeks", self.weeks, MOST_WEEKS)
        _bounded("people", self.people, MOST_PEOPLE)
        for each in self.people:
            if len(each.points) != len(self.weeks):
                raise DrawingError("somebody's points are not those of the weeks")
            for points in each.points:
                _count(points)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A misconception by its name, and how often it was behind a wrong answer."""

    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistakes:
    """The commonest misconceptions, the commonest first; at most `MOST_BARS`."""

    mistakes: tuple[Mistake, ...]
    title: str = "Your commonest mistakes"

    def __post_init__(self) -> None:
        _bounded("mistakes", self.mistakes, MOST_BARS)
        for each in self.mistakes:
            _count(each.count)


Chart = Union[Year, Distribution, Mastery, Forgetting, Season, Mistakes]


def folded(bars: Sequence[Bar], most: int = MOST_BARS) -> tuple[Bar, ...]:
    """Bars that fit: right ones and those that most gave stay in their order, the rest becomes `other answers`."""
    if len(bars) <= most:
        return tuple(bars)
    ranked = sorted(range(len(bars)), key=lambda place: (not bars[place].right, -bars[place].count, place))
    kept = set(ranked[: most - 1])
    rest = Bar(answer=OTHERS, count=sum(bar.count for place, bar in enumerate(bars) if place not in kept))
    return (*(bar for place, bar in enumerate(bars) if place in kept), rest)


def _bounded(what: str, given: Sequence[object], most: int) -> None:
    if not 0 < len(given) <= most:
        raise DrawingError(f"there are {len(given)} {what} to draw; 1 to {most} have a picture")


def _count(given: int) -> None:
    if not 0 <= given <= MOST_COUNT:
        raise DrawingError("a number to draw is out of bounds")


def _share(given: float) -> None:
    if not 0 <= given <= 1:  # which NaN is not, either
        raise DrawingError("a share to draw is none")
