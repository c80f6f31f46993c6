"""What is due: memories kept in order, so that among ten thousand cards the next is found at once.

`Shelf` holds the memories by topic, each topic in the order in which its cards are asked; `turns` goes through the
topics, so that two in a row are of different ones.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from cards.memory import Memory, Teacher, mixed
from cards.model import Card

_Row = TypeVar("_Row", bound=tuple[Any, ...])
Head = tuple[int, Any, str]  # stage, place in it, card
RETEACH, MINUTES, DAYS, NEW = range(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How a learner is taught.

    Attributes:
        new_a_day: new cards on a day without much else.
        budget: answers a day that are no burden: new cards get fewer from half of it on, and none beyond it.
        cap_new: whether the budget keeps new cards back.
        bury: whether cards of one family keep off each other's days.
        interleave: whether two in a row are of different topics, where there is another.
        reteach: whether an easier card stands in for one that is forgotten again and again.
        smooth: whether a backlog is spread over days.
        teacher: how FSRS is set.
    """

    new_a_day: int = 8
    budget: int = 60
    cap_new: bool = True
    bury: bool = True
    interleave: bool = True
    reteach: bool = True
    smooth: bool = True
    teacher: Teacher = field(default_factory=Teacher)


class Syllabus:
    """Cards in the order in which they are taught: what is the same for all who learn them, so that each costs little.

    Attributes:
        cards: by their ids.
        place: of each card in that order.
        topics: the places and ids of each topic's cards.
    """

    def __init__(self, cards: Sequence[Card]) -> None:
        """Reads every card; nothing of it is ever changed."""
        self.cards: Mapping[str, Card] = {card.id: card for card in cards}
        self.place: Mapping[str, int] = {card.id: place for place, card in enumerate(cards)}
        self.topics: Mapping[str, list[tuple[int, str]]] = {card.topic: [] for card in cards}
        for place, card in enumerate(cards):
            self.topics[card.topic].append((place, card.id))


class Shelf:
    """The memories of one learner. Cards that are gone keep theirs, and are not asked."""

    def __init__(self, syllabus: Syllabus, *, seed: int, rules: Rules) -> None:
        """Nothing is remembered yet."""
        self.cards = syllabus.cards
        self.place = syllabus.place
        self.rules = rules
        self.memories: dict[str, Memory] = {}
        self.load: Counter[date] = Counter()
        self.waiting: dict[str, set[str]] = {}  # easier card -> those that wait for it
        self.last: tuple[datetime, str] | None = None
        self._seed = seed
        self._minutes: dict[str, list[tuple[datetime, str]]] = {topic: [] for topic in syllabus.topics}
        self._days: dict[str, list[tuple[date, int, str]]] = {topic: [] for topic in syllabus.topics}
        self._new = {topic: rows.copy() for topic, rows in syllabus.topics.items()}
        self._began: Counter[date] = Counter()
        self._repeated: Counter[date] = Counter()
        self._families: dict[str, tuple[datetime, date, str]] = {}

    def topics(self, now: datetime, today: date, *, new: bool) -> list[str]:
        """Those in which something may be asked: on most days they are few."""
        found = [topic for topic, rows in self._minutes.items() if rows and rows[0][0] <= now]
        found += [topic for topic, rows in self._days.items() if rows and rows[0][0] <= today]
        if new:
            found += [topic for topic, rows in self._new.items() if rows]
        found += [self.cards[easier].topic for easier in self.waiting if easier in self.cards]
        return list(dict.fromkeys(found))

    def due(self, day: date) -> int:
        """How many learnt cards are due on a day or were before."""
        after = (day + timedelta(days=1),)  # before every row of that day
        return sum(bisect_left(rows, after) for rows in self._days.values() if rows and rows[0][0] <= day)

    def due_by_the_minute(self, now: datetime) -> int:
        """How many of those that are being learnt are due."""
        return sum(1 for rows in self._minutes.values() for due, _ in rows if due <= now)

    def pile(self, day: date) -> list[Memory]:
        """The memories of these."""
        after = (day + timedelta(days=1),)
        return [self.memories[row[2]] for rows in self._days.values() for row in rows[: bisect_left(rows, after)]]

    def room_for_new(self, day: date) -> int:
        """How many more new cards come on a day."""
        most = self.rules.new_a_day
        if self.rules.cap_new:
            free = self.rules.budget - self.due(day) - self._repeated[day]
            most = max(0, min(most, most * 2 * free // max(1, self.rules.budget)))
        return max(0, most - self._began[day])

    def waits_until(self, now: datetime) -> datetime | None:
        """When the next card of the minutes is due, of those that are not yet."""
        return min((due for rows in self._minutes.values() for due, _ in rows if due > now), default=None)

    def topic_before(self) -> str:
        """Of the card that was answered last."""
        return self.cards[self.last[1]].topic if self.last is not None else ""

    def stream(self, topic: str, now: datetime, today: date, *, new: bool) -> Iterator[Head]:
        """What can be asked of one topic, in order."""
        for easier in sorted(self.waiting):
            if easier in self.cards and self.cards[easier].topic == topic and self._to_be_retaught(easier):
                yield RETEACH, easier, easier
        for head in self._due(topic, now, today):
            if self.free(head[2], today):
                yield head
        for place, card in self._new[topic] if new else ():
            if self.free(card, today) and self._ready(card):
                yield NEW, place, card

    def _due(self, topic: str, now: datetime, today: date) -> Iterator[Head]:
        for due, card in self._minutes[topic]:
            if due > now:
                break
            yield MINUTES, due, card
        for day, mix, card in self._days[topic]:
            if day > today:
                break
            yield DAYS, (day, mix), card

    def free(self, card: str, today: date) -> bool:
        """Whether nothing keeps it back today: no sibling was answered, and it waits for no easier card."""
        memory = self.memories.get(card)
        if memory is not None and memory.waits_for in self.cards:
            return False
        family = self.cards[card].family
        if not family or not self.rules.bury or family not in self._families:
            return True
        _, day, sibling = self._families[family]
        return day != today or sibling == card

    def _ready(self, card: str) -> bool:
        """Whether all that it needs has been learnt."""
        known = (self.memories.get(need) for need in self.cards[card].needs if need in self.cards)
        return all(memory is not None and memory.phase == "review" for memory in known)

    def due_now(self, card: str, now: datetime, today: date) -> bool:
        """Whether it has been learnt and is due, and nothing keeps it back."""
        memory = self.memories.get(card)
        if memory is None or not self.free(card, today):
            return False
        return memory.due <= now if isinstance(memory.due, datetime) else memory.due <= today

    def _to_be_retaught(self, easier: str) -> bool:
        """Whether it is asked at once; where it is being learnt itself, its own steps say when."""
        if self.waiting[easier].isdisjoint(self.cards):
            return False
        memory = self.memories.get(easier)
        return memory is None or (memory.phase == "review" and memory.waits_for not in self.cards)

    def _mix(self, card: str) -> int:
        """The order among those of one day."""
        return mixed(f"{self._seed}.{card}")

    # The index.

    def put(self, memory: Memory) -> None:
        """Takes a memory in, in its place."""
        self.memories[memory.card] = memory
        if memory.waits_for:
            self.waiting.setdefault(memory.waits_for, set()).add(memory.card)
        card = self.cards.get(memory.card)
        if card is None:
            return
        if isinstance(memory.due, datetime):
            insort(self._minutes[card.topic], (memory.due, card.id))
        else:
            self.load[memory.due] += 1
            insort(self._days[card.topic], (memory.due, self._mix(card.id), card.id))
        _drop(self._new[card.topic], (self.place[card.id], card.id))
        (self._began if memory.first == memory.day else self._repeated)[memory.day] += 1
        self.last = max(self.last or (memory.last, card.id), (memory.last, card.id))
        if card.family:
            answered = (memory.last, memory.day, card.id)
            self._families[card.family] = max(self._families.get(card.family, answered), answered)

    def pull(self, card: str) -> None:
        """Takes a card's memory out of its place, before it changes."""
        memory = self.memories.get(card)
        if memory is None:
            return
        others = self.waiting.get(memory.waits_for, set())
        others.discard(card)
        if not others:
            self.waiting.pop(memory.waits_for, None)
        if card not in self.cards:
            return
        topic = self.cards[card].topic
        if isinstance(memory.due, datetime):
            _drop(self._minutes[topic], (memory.due, card))
        else:
            self.load[memory.due] -= 1
            _drop(self._days[topic], (memory.due, self._mix(card), card))
        (self._began if memory.first == memory.day else self._repeated)[memory.day] -= 1


def turns(shelf: Shelf, now: datetime, today: date) -> Iterator[str]:
    """All that can be asked now, in that order, found one at a time; over with the next change of the shelf."""
    room = shelf.room_for_new(today)
    last = shelf.topic_before()
    round_ = _Round(shelf, now, today, new=room > 0)
    while (card := round_.choose(last)) is not None:
        yield card
        room -= card not in shelf.memories
        last = shelf.cards[card].topic
        round_.take(card, new=room > 0)


class _Round:
    """One way through what is due: the first card of each topic, and what has been taken."""

    def __init__(self, shelf: Shelf, now: datetime, today: date, *, new: bool) -> None:
        self._shelf, self._now, self._today = shelf, now, today
        self._taken: set[str] = set()
        self._families: set[str] = set()
        self._heads: list[Head] = []  # in order
        self._streams = {topic: shelf.stream(topic, now, today, new=new) for topic in shelf.topics(now, today, new=new)}
        for topic in self._streams:
            self._advance(topic)

    def choose(self, last: str) -> str | None:
        """Whose turn it is after a card of that topic: the first, or a card that it needs."""
        reserve = None
        for _, _, head in self._heads:
            card = self._needed_first(head)
            if not self._shelf.rules.interleave or self._shelf.cards[card].topic != last:
                return card
            reserve = reserve or card
        return reserve

    def take(self, card: str, *, new: bool) -> None:
        """Goes on without it and its siblings, and without new ones where there is no more room."""
        cards = self._shelf.cards
        family = cards[card].family if self._shelf.rules.bury else ""
        self._taken.add(card)
        if family:
            self._families.add(family)
        over = [head for head in self._heads if head[2] == card or (family and cards[head[2]].family == family)]
        for head in over:
            self._heads.remove(head)
            self._advance(cards[head[2]].topic)
        if not new:
            self._heads = [head for head in self._heads if head[0] != NEW]

    def _advance(self, topic: str) -> None:
        """Puts the next of a topic in."""
        head = next((head for head in self._streams[topic] if not self._over(head[2])), None)
        if head is not None:
            insort(self._heads, head)

    def _over(self, card: str) -> bool:
        """Whether it, or a sibling of it, has been taken."""
        return card in self._taken or self._shelf.cards[card].family in self._families

    def _needed_first(self, card: str) -> str:
        """The card, or one that it needs and that is due itself."""
        shelf = self._shelf
        while True:
            needs = (need for need in shelf.cards[card].needs if need in shelf.cards and not self._over(need))
            due = next((need for need in needs if shelf.due_now(need, self._now, self._today)), None)
            if due is None:
                return card
            card = due


def same_family(one: Card, other: Card) -> bool:
    """Whether two cards ask nearly the same."""
    return bool(one.family) and one.family == other.family


def _drop(rows: list[_Row], row: _Row) -> None:
    """Takes a row out of a sorted list, where it is there."""
    place = bisect_left(rows, row)
    if place < len(rows) and rows[place] == row:
        del rows[place]
