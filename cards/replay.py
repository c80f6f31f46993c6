"""A learner's memories from their log alone: the same each time, whatever decks there are by now.

This is how an answer is rated anew long after it was given, how other weights of FSRS are taken over, and how what is
stored can be checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC

from cards.calendar import calendar
from cards.grade import Rating
from cards.learner import Entry, freed, is_leech
from cards.memory import Memory, Teacher, postponed, review


def replay(entries: Iterable[Entry], *, seed: int, teacher: Teacher) -> tuple[Memory, ...]:
    """The memories that a log comes to, in the order of their cards' ids.

    A card is due on the day that was chosen then, as long as FSRS's range still has that day. Where the logs of two
    became one, an answer counts no earlier than the one before it.
    """
    memories: dict[str, Memory] = {}
    waiting: dict[str, set[str]] = {}
    for entry in entries:
        if entry.kind == "plan":
            for card, day in entry.days.items():
                known = memories.get(card)
                if known is not None and known.phase == "review":
                    memories[card] = postponed(known, day)
        elif entry.kind == "brought":
            memories = {memory.card: memory for memory in entry.memories} | memories
        elif entry.rating is not None:
            _answer(entry, entry.rating, memories, waiting, seed=seed, teacher=teacher)
    return tuple(memories[card] for card in sorted(memories))


def concerning(entries: Sequence[Entry], card: str) -> list[Entry]:
    """The part of a log on which the memory of one card depends: its own lines, and those of cards it is tied to."""
    ties = {(entry.card, entry.easier) for entry in entries if entry.easier}
    cards = {card}
    while more := {each for tie in ties if cards.intersection(tie) for each in tie} - cards:
        cards |= more
    return [entry for entry in entries if entry.kind != "answer" or entry.card in cards]


def _answer(
    entry: Entry,
    rating: Rating,
    memories: dict[str, Memory],
    waiting: dict[str, set[str]],
    *,
    seed: int,
    teacher: Teacher,
) -> None:
    days = calendar(entry.zone)
    before = memories.get(entry.card)
    load = {} if entry.due is None else {entry.due: -1}  # the least loaded day is taken: that one
    at = entry.at.astimezone(UTC) if before is None else max(entry.at.astimezone(UTC), before.last)
    memory = review(before, entry.card, rating, at, calendar=days, load=load, seed=seed, teacher=teacher)
    if entry.easier and is_leech(before, memory):
        waiting.get(memory.waits_for, set()).discard(entry.card)
        waiting.setdefault(entry.easier, set()).add(entry.card)
        memory = replace(memory, waits_for=entry.easier)
    memories[entry.card] = memory
    if rating is not Rating.AGAIN:
        for card in waiting.pop(entry.card, set()):
            memories[card] = freed(memories[card], memory.day, days)
