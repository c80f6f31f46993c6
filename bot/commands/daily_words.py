"""What an organiser types after `/daily set`: a time, a zone, days, a topic and how hard it may be, in that order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from bot.arguments import shorten
from bot.command import Completion
from bot.errors import WrongUsage
from bot.group import zones
from bot.group.schedule import EVERY_DAY, read_time, read_weekdays

EXAMPLE = "/daily set 09:00 Europe/Berlin weekdays"
DIFFICULTIES: Mapping[str, int] = {"easy": 1, "medium": 2, "hard": 3}
MOST_WORDS = 3  # of a zone, such as New York time
MOST_TOPIC = 60  # characters
_TIMES = ("08:00", "09:00", "12:00", "17:00", "20:00")
_DAYS: Mapping[str, str] = {"weekdays": "Monday to Friday", "mon,wed,fri": "three days a week", "daily": "every day"}
_AFTER = frozenset({"am", "pm"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was typed, read.

    Attributes:
        at: the time of day.
        zone: empty where none was named.
        weekdays: from 0 for Monday.
        topic: in the organiser's words; empty for everything.
        difficulty: from 1 to 3; None: as the group does.
    """

    at: time
    zone: str
    weekdays: frozenset[int]
    topic: str
    difficulty: int | None


def read(words: str, now: datetime) -> Wish:
    """What is wished; raises `WrongUsage`. With the first use the list of zones is read from the disk."""
    tokens = words.split()
    if not tokens:
        raise WrongUsage("When? Say a time of day and a time zone.", suggestion=EXAMPLE)
    at, tokens = _time(tokens)
    zone, tokens = _zone(tokens, now)
    weekdays, tokens = _weekdays(tokens)
    if not zone and tokens:
        zone, tokens = _zone(tokens, now)
    difficulty = None
    if tokens and tokens[-1].casefold() in DIFFICULTIES:
        difficulty = DIFFICULTIES[tokens.pop().casefold()]
    topic = " ".join(tokens)
    if not zone and tokens:
        _refuse_misspelt(tokens[0], words, now)
    if len(topic) > MOST_TOPIC:
        raise WrongUsage(f"That topic has {len(topic)} characters; {MOST_TOPIC} are enough.", suggestion=EXAMPLE)
    return Wish(at=at, zone=zone, weekdays=weekdays, topic=topic, difficulty=difficulty)


def _time(tokens: Sequence[str]) -> tuple[time, list[str]]:
    taken = 2 if len(tokens) > 1 and tokens[1].casefold() in _AFTER else 1
    try:
        return read_time(" ".join(tokens[:taken])), list(tokens[taken:])
    except ValueError as fault:
        raise WrongUsage(f"{fault}.", suggestion=EXAMPLE) from fault


def _zone(tokens: Sequence[str], now: datetime) -> tuple[str, list[str]]:
    """The zone that comes first; raises `WrongUsage` where several are called so."""
    for taken in range(min(MOST_WORDS, len(tokens)), 0, -1):
        words = " ".join(tokens[:taken])
        found = zones.search(words, now)
        if found.sure:
            return found.zones[0], list(tokens[taken:])
        if zones.several(words):
            ways = ", ".join(f"`{each}`" for each in found.zones[:4])
            raise WrongUsage(
                f"Several zones are called {shorten(words)}: {ways}. Name one of them.",
                suggestion=f"/daily set 09:00 {found.zones[0]}",
            )
    return "", list(tokens)


def _weekdays(tokens: Sequence[str]) -> tuple[frozenset[int], list[str]]:
    """The days that come first; `mon, wed` has a blank after its comma, as people write it."""
    taken = 1
    while taken < len(tokens) and tokens[taken - 1].endswith(","):
        taken += 1
    if tokens and tokens[0].casefold() == "every" and tokens[1:2] and tokens[1].casefold() == "day":
        return EVERY_DAY, list(tokens[2:])
    found = read_weekdays("".join(tokens[:taken])) if tokens else None
    return (EVERY_DAY, list(tokens)) if found is None else (found, list(tokens[taken:]))


def _refuse_misspelt(word: str, words: str, now: datetime) -> None:
    """Raises `WrongUsage` for a word where a zone would stand that looks like one."""
    if "/" not in word and not word[:1].isupper():
        return
    found = zones.search(word.rpartition("/")[2], now).zones or zones.search(word, now).zones
    near = found[0] if found else "Europe/Berlin"
    ways = f" Did you mean `{near}`?" if found else " They look like `Europe/Berlin`; a city's name will do."
    raise WrongUsage(
        f"I know no time zone `{shorten(word)}`.{ways}", suggestion=f"/daily set {words.replace(word, near, 1)[:200]}"
    )


def completions(typed: str, topics: Sequence[str]) -> list[Completion]:
    """Ways to go on with what follows `set`.

    Args:
        typed: so far.
        topics: what may be asked about, in words.
    """
    *before, last = typed.split(" ")
    said = [each for each in before if each]
    start = " ".join(said) + (" " if said else "")
    if not said:
        ways = [(each, "") for each in _TIMES if each.startswith(last)]
    elif len(said) == 1:
        ways = [(each, "time zone") for each in zones.begun(last)]
    elif len(said) == 2:
        ways = [(each, says) for each, says in _DAYS.items() if each.startswith(last.casefold())]
        ways += _topics(last, topics)
    else:
        ways = [
            *_topics(last, topics),
            *((each, "how hard") for each in DIFFICULTIES if each.startswith(last.casefold())),
        ]
    return [Completion(text=f"{start}{each} ", label=each, says=says) for each, says in ways]


def _topics(last: str, topics: Sequence[str]) -> list[tuple[str, str]]:
    return [(each, "topic") for each in topics if each.casefold().startswith(last.casefold())]
