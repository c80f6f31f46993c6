"""One learner and the cards: what comes now and in what order, and what became of an answer.

Everything here follows from the memories, so that a log replayed gives the same learner. Nothing reads a clock: the
moment and the learner's calendar come in with each call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Literal

from cards import backlog
from cards.backlog import Plan
from cards.calendar import Calendar
from cards.grade import Rating
from cards.memory import Memory, postponed, review
from cards.model import Card
from cards.shelf import Rules, Shelf, Syllabus, same_family, turns

LEECH_LAPSES = 6  # times forgotten, after which a card is taught in another way
LEECH_AGAIN = 3  # and after so many more, again


EntryKind = Literal["answer", "plan", "brought"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a learner's log: an answer, that a plan was taken up, or memories brought along from elsewhere.

    What else was due, and which cards there were, decided some of it: that is kept, too, so that a log is enough.

    Attributes:
        kind: which of these.
        at: when, in UTC.
        zone: where the learner was.
        card: of an answer.
        rating: of an answer.
        due: of an answer, the day that was chosen; None where it is asked again by the minute.
        easier: of an answer, the card that comes first from now on; or empty.
        days: of a plan, each card's day.
        memories: that were brought along.
    """

    kind: EntryKind
    at: datetime
    zone: str
    card: str = ""
    rating: Rating | None = None
    due: date | None = None
    easier: str = ""
    days: Mapping[str, date] = field(default_factory=dict)
    memories: tuple[Memory, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "kind": self.kind,
            "at": self.at.isoformat(),
            "zone": self.zone,
            "card": self.card,
            "rating": None if self.rating is None else int(self.rating),
            "due": None if self.due is None else self.due.isoformat(),
            "easier": self.easier,
            "days": {card: day.isoformat() for card, day in self.days.items()},
            "memories": [memory.to_data() for memory in self.memories],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Entry:
        """What `to_data` gave; raises `KeyError` or `ValueError`."""
        return cls(
            kind=data["kind"],
            at=datetime.fromisoformat(data["at"]),
            zone=data["zone"],
            card=data["card"],
            rating=None if data["rating"] is None else Rating(data["rating"]),
            due=None if data["due"] is None else date.fromisoformat(data["due"]),
            easier=data["easier"],
            days={card: date.fromisoformat(day) for card, day in data["days"].items()},
            memories=tuple(map(Memory.from_data, data["memories"])),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What became of an answer.

    Attributes:
        memory: after it.
        entry: for the log.
        leech: the card has been forgotten so often that repeating it is no use.
        easier: the card that comes instead, if there is one; or empty.
        freed: the memories of cards that waited for this one.
    """

    memory: Memory
    entry: Entry
    leech: bool = False
    easier: str = ""
    freed: tuple[Memory, ...] = ()


class Learner:
    """One learner's memories, and what comes of them."""

    def __init__(
        self,
        cards: Sequence[Card] | Syllabus,
        *,
        seed: int,
        rules: Rules | None = None,
        memories: Iterable[Memory] = (),
    ) -> None:
        """`cards` in the order in which they are taught; memories of cards that are gone stay, and are not asked."""
        syllabus = cards if isinstance(cards, Syllabus) else Syllabus(cards)
        self.rules = rules or Rules()
        self.seed = seed
        self._shelf = Shelf(syllabus, seed=seed, rules=self.rules)
        for memory in memories:
            self._shelf.put(memory)

    # What is known.

    @property
    def memories(self) -> tuple[Memory, ...]:
        """All of them, in the order of their cards' ids."""
        return tuple(self._shelf.memories[card] for card in sorted(self._shelf.memories))

    @property
    def load(self) -> Mapping[date, int]:
        """How many cards are due on each day."""
        return self._shelf.load

    def memory(self, card: str) -> Memory | None:
        """Of one card; None where it is new."""
        return self._shelf.memories.get(card)

    def due(self, day: date) -> int:
        """How many learnt cards are due on a day or were before."""
        return self._shelf.due(day)

    def waiting_now(self, now: datetime, days: Calendar) -> int:
        """How many learnt cards are due now, by the day or by the minute."""
        now = now.astimezone(UTC)
        return self._shelf.due(days.day(now)) + self._shelf.due_by_the_minute(now)

    def may_ask(self, card: str, now: datetime, days: Calendar) -> bool:
        """Whether a card is due, or new, and nothing keeps it back."""
        now = now.astimezone(UTC)
        if card not in self._shelf.cards:
            return False
        today = days.day(now)
        new = card not in self._shelf.memories
        return self._shelf.free(card, today) if new else self._shelf.due_now(card, now, today)

    def room_for_new(self, day: date) -> int:
        """How many more new cards come on a day."""
        return self._shelf.room_for_new(day)

    def waits_until(self, now: datetime) -> datetime | None:
        """When the next card of the minutes is due, of those that are not yet."""
        return self._shelf.waits_until(now)

    # What comes now.

    def next(self, now: datetime, days: Calendar) -> str | None:
        """The card to ask now; None where there is nothing more."""
        return next(self.order(now, days), None)

    def order(self, now: datetime, days: Calendar) -> Iterator[str]:
        """All that can be asked now, in that order; found one at a time, and over with the next answer.

        Easier cards for what was forgotten too often come first, then what is due by the minute, by the day, and what
        is new; before a card come those that it needs, and between two of a topic one of another.
        """
        now = now.astimezone(UTC)
        return turns(self._shelf, now, days.day(now))

    # What became of it.

    def answer(self, card: str, rating: Rating, now: datetime, days: Calendar) -> Answered:
        """Takes an answer in; raises `KeyError` for a card that is not there."""
        if card not in self._shelf.cards:
            raise KeyError(card)
        before = self._shelf.memories.get(card)
        self._shelf.pull(card)
        memory = review(
            before,
            card,
            rating,
            now,
            calendar=days,
            load=self._shelf.load,
            seed=self.seed,
            teacher=self.rules.teacher,
        )
        leech = is_leech(before, memory)
        easier = self._easier(card) if leech and self.rules.reteach else ""
        if easier:
            memory = replace(memory, waits_for=easier)
        self._shelf.put(memory)
        let_go = self._taught(card, days) if rating is not Rating.AGAIN else ()
        due = None if isinstance(memory.due, datetime) else memory.due
        entry = Entry(kind="answer", at=memory.last, zone=days.zone, card=card, rating=rating, due=due, easier=easier)
        return Answered(memory=memory, entry=entry, leech=leech, easier=easier, freed=let_go)

    def _easier(self, card: str) -> str:
        """A card that teaches the same more easily and waits for nothing itself; or empty."""
        hard = self._shelf.cards[card]
        facts = set(hard.facts)
        near = [
            other
            for other in self._shelf.cards.values()
            if other.id != card
            and not ((known := self._shelf.memories.get(other.id)) and known.waits_for)
            and (
                other.id in hard.needs
                or (other.difficulty < hard.difficulty and (same_family(other, hard) or facts & set(other.facts)))
            )
        ]
        nearest = min(
            near, key=lambda o: (not same_family(o, hard), o.difficulty, self._shelf.place[o.id]), default=None
        )
        return "" if nearest is None else nearest.id

    def _taught(self, easier: str, days: Calendar) -> tuple[Memory, ...]:
        """Lets those go on that waited for it."""
        day = self._shelf.memories[easier].day
        found = [self._shelf.memories[card] for card in sorted(self._shelf.waiting.get(easier, ()))]
        let_go = tuple(freed(memory, day, days) for memory in found)
        for memory in let_go:
            self._shelf.pull(memory.card)
            self._shelf.put(memory)
        return let_go

    # What comes from elsewhere.

    def bring(self, memories: Iterable[Memory], now: datetime, days: Calendar) -> Entry:
        """Takes in what was learnt elsewhere; what is remembered here already stays as it is."""
        new = tuple(replace(memory, waits_for="") for memory in memories if memory.card not in self._shelf.memories)
        for memory in new:
            self._shelf.put(memory)
        return Entry(kind="brought", at=now.astimezone(UTC), zone=days.zone, memories=new)

    # After a break.

    def catch_up(self, now: datetime, days: Calendar) -> Plan | None:
        """How a backlog could be spread over days; None where there is none. Changes nothing."""
        if not self.rules.smooth:
            return None
        today = days.day(now.astimezone(UTC))
        return backlog.plan(
            self._shelf.pile(today), self._shelf.load, today, budget=self.rules.budget, teacher=self.rules.teacher
        )

    def take_up(self, plan: Plan, now: datetime, days: Calendar) -> Entry:
        """Moves the cards to the days of a plan that `catch_up` has just given."""
        for card, day in plan.days_of.items():
            memory = self._shelf.memories[card]
            self._shelf.pull(card)
            self._shelf.put(postponed(memory, day))
        return Entry(kind="plan", at=now.astimezone(UTC), zone=days.zone, days=dict(plan.days_of))


def is_leech(before: Memory | None, memory: Memory) -> bool:
    """Whether the answer between the two shows that repeating the card is no use."""
    lapsed = before is not None and memory.lapses > before.lapses
    return lapsed and memory.lapses >= LEECH_LAPSES and (memory.lapses - LEECH_LAPSES) % LEECH_AGAIN == 0


def freed(memory: Memory, day: date, days: Calendar) -> Memory:
    """What waited for an easier card goes on after that day, when it is not in the ear any more."""
    due = max(memory.due, days.ends(day)) if isinstance(memory.due, datetime) else memory.due
    return replace(memory, due=due, waits_for="")
