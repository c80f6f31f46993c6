"""What is typed after `/quiz start` and `/quiz at`: a topic, how many questions, how long for each, and when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

from bot.arguments import shorten
from bot.errors import WrongUsage
from bot.group.quiz import FEWEST, LONGEST_S, MOST, SHORTEST_S, USUAL, USUAL_S
from bot.group.schedule import read_time, read_weekdays

_NUMBER = re.compile(r"\d{1,6}\Z", re.ASCII)
_SECONDS = re.compile(r"(\d{1,6})(?:s|sec|secs|seconds?)\Z", re.ASCII | re.IGNORECASE)
_SPACED = re.compile(r"\b(\d{1,6})\s+(?:s|secs?|seconds?)\b", re.ASCII | re.IGNORECASE)
_LIKE_A_TIME = re.compile(r"\d{1,2}(?:[:.h]\d{2}|\s?[ap]m|[:.h]\d{2}\s?[ap]m)\Z", re.ASCII | re.IGNORECASE)
RANGES = f"A quiz has {FEWEST} to {MOST} questions, of {SHORTEST_S} to {LONGEST_S} seconds each."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a quiz is to be like.

    Attributes:
        words: a topic, or words for one; empty: a bit of everything.
        total: questions.
        seconds: for each.
    """

    words: str
    total: int
    seconds: int

    @property
    def line(self) -> str:
        """The same as it is typed."""
        return " ".join(f"{self.words} {self.total} {self.seconds}s".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """When quizzes come.

    Attributes:
        at: the time of day.
        weekdays: from 0 for Monday.
        zone: as it was typed; empty: the group's.
    """

    at: time
    weekdays: frozenset[int]
    zone: str


def read_wanted(text: str, *, before: str = "/quiz start") -> Wanted:
    """A topic, then how many questions and how many seconds, all of which may be left out; raises `WrongUsage`."""
    words, numbers, seconds = _SPACED.sub(r"\1s", text).split(), list[int](), None
    while words:
        if (found := _SECONDS.match(words[-1])) and seconds is None:
            seconds = int(found[1])
        elif _NUMBER.match(words[-1]) and len(numbers) < 2:
            numbers.insert(0, int(words[-1]))
        else:
            break
        words.pop()
    if not numbers and words and _NUMBER.match(words[0]):  # "5 conv"
        numbers.append(int(words.pop(0)))
    if seconds is None and len(numbers) == 2:
        seconds = numbers.pop()
    topic = " ".join(words)
    total = numbers[0] if numbers else USUAL
    seconds = USUAL_S if seconds is None else seconds
    if len(numbers) > 1 or not (FEWEST <= total <= MOST and SHORTEST_S <= seconds <= LONGEST_S):
        said = " ".join(word for word in words if not _NUMBER.match(word))
        wanted = Wanted(words=said, total=USUAL, seconds=USUAL_S)
        raise WrongUsage(RANGES, suggestion=f"{before} {wanted.line}")
    return Wanted(words=topic, total=total, seconds=seconds)


def read_when(text: str) -> tuple[When, str]:
    """Days, a time of day and perhaps a zone, in any order, and what follows them; raises `WrongUsage`."""
    words, days, at, zone = text.split(), None, None, ""
    while words:
        word = words[0]
        if at is None and (found := _time(word)) is not None:
            at = found
        elif days is None and (weekdays := read_weekdays(word)) is not None:
            days = weekdays
        elif not zone and _like_a_zone(word):
            zone = word
        else:
            break
        words.pop(0)
    if at is None:
        said = f"`{shorten(words[0])}` is neither a day of the week nor a time of day. " if words else ""
        raise WrongUsage(
            f"{said}Say on which days and at what time, such as `fri 17:00`.", suggestion="/quiz at fri 17:00 conv 5"
        )
    if days is None:
        days = frozenset(range(7))
    return When(at=at, weekdays=days, zone=zone), " ".join(words)


def _time(word: str) -> time | None:
    if not _LIKE_A_TIME.match(word):  # a bare number is a number of questions
        return None
    try:
        return read_time(word)
    except ValueError as fault:
        raise WrongUsage(f"{fault}.", suggestion="/quiz at fri 17:00 conv 5") from fault


def _like_a_zone(word: str) -> bool:
    return word.casefold() == "utc" or ("/" in word and word[:1].isupper())
