"""A line in which people take turns: whoever asks most waits behind those who ask less. Pure."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class LineFullError(Exception):
    """As many wait as may wait."""


class Line(Generic[T]):
    """So many at a time, and so many waiting; turns go round the people, and each one's own in order."""

    def __init__(self, *, at_a_time: int, waiting: int) -> None:
        """`at_a_time` turns are taken at once; at most `waiting` wait."""
        self._at_a_time = at_a_time
        self._most = waiting
        self._waiting: OrderedDict[str, deque[T]] = OrderedDict()
        self._taken: set[T] = set()

    def join(self, person: str, ticket: T) -> None:
        """Comes last; raises `LineFullError` where too many wait already."""
        if len(self) >= self._most and not self._has_room():
            raise LineFullError
        self._waiting.setdefault(person, deque()).append(ticket)

    def leave(self, ticket: T) -> None:
        """Gives a turn back, or waits no longer; nothing where it was not here."""
        self._taken.discard(ticket)
        for person, tickets in self._waiting.items():
            if ticket in tickets:
                tickets.remove(ticket)
                if not tickets:
                    del self._waiting[person]
                return

    def call(self) -> list[T]:
        """Who takes a turn now, in order: they have it from here on, until they leave."""
        called = []
        while self._waiting and len(self._taken) < self._at_a_time:
            person, tickets = next(iter(self._waiting.items()))
            ticket = tickets.popleft()
            if tickets:
                self._waiting.move_to_end(person)
            else:
                del self._waiting[person]
            self._taken.add(ticket)
            called.append(ticket)
        return called

    def position(self, ticket: T) -> int:
        """How many turns until this one is called, with nobody new in line: 1 is next, 0 has a turn or is not here."""
        people = list(self._waiting.values())
        for place, tickets in enumerate(people):
            if ticket in tickets:
                before = tickets.index(ticket)
                others = enumerate(people)
                ahead = (min(len(each), before + (at < place)) for at, each in others if at != place)
                return before + sum(ahead) + 1
        return 0

    def __len__(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    def _has_room(self) -> bool:
        return not self._waiting and len(self._taken) < self._at_a_time
