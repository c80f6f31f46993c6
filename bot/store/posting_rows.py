"""Schedules and postings as the code sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Literal

from bot.command import Place
from bot.group.schedule import Schedule

ScheduleKind = Literal["daily", "quiz", "digest", "reminder"]
PostingKind = Literal["daily", "reveal", "quiz", "digest", "reminder"]
State = Literal["claimed", "ready", "sending", "sent", "nothing", "missed", "unknown", "refused"]
OVER: frozenset[State] = frozenset({"sent", "nothing", "missed", "unknown", "refused"})
_LENGTH = 20  # of [a-z0-9]: a key that every platform takes
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Something that comes again and again.

    Attributes:
        id: see `schedule_id`.
        kind: what comes.
        place: where.
        person: to whom alone; empty: to the channel.
        schedule: when.
        options: of the kind's own, as JSON takes them: topic, difficulty, number, seconds, quiet hours.
        last: up to when all has been done or left out.
        due: when to look again; None: nothing comes any more. The store works it out.
        by: who set it.
        version: grows with each change.
    """

    id: str
    kind: ScheduleKind
    place: Place
    person: str = ""
    schedule: Schedule
    options: Mapping[str, Any] = field(default_factory=dict)
    last: datetime
    due: datetime | None = None
    by: str
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """Something to be said at a moment, or that was.

    Attributes:
        id: follows from the schedule and the moment; the key that it is sent with.
        schedule: by whose schedule it comes.
        kind: what it is.
        place: where it is sent.
        person: to whom alone; empty: to the channel.
        moment: for which it is.
        state: claimed, ready (content stored), sending (perhaps sent), and then over: sent, nothing (there was nothing
            to say), missed (too late), unknown (nobody knows whether it came) or refused.
        bot: who is at work on it.
        until: whose turn ends then; None: nothing is left to do.
        tries: turns that began.
        posed: the question in it; empty where there is none.
        content: the reply as it is sent, as `bot.codec` writes it; empty until it was made.
        message: the platform's own name of it, once it is known, as JSON of a MessageRef.
        sent: when.
        closes: when its reveal is due; None: it has none, or has had it.
        why: it was not sent.
    """

    id: str
    schedule: str
    kind: PostingKind
    place: Place
    person: str = ""
    moment: datetime
    state: State
    bot: str = ""
    until: datetime | None = None
    tries: int = 0
    posed: str = ""
    content: str = ""
    message: str = ""
    sent: datetime | None = None
    closes: datetime | None = None
    why: str = ""


def schedule_id(kind: ScheduleKind, place: Place, *, person: str = "", name: str = "") -> str:
    """The id of a schedule: one for each kind and channel, or person; more where each has a name."""
    return _digest("schedule", kind, place.platform, place.community, place.channel, person, name)


def posting_id(schedule: str, moment: datetime, kind: PostingKind) -> str:
    """The id of what comes by a schedule at a moment, so that there is one."""
    return _digest("posting", schedule, moment.astimezone(UTC).isoformat(), kind)


def _digest(*parts: str) -> str:
    number = int.from_bytes(blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=13).digest())
    letters = []
    for _ in range(_LENGTH):
        number, place = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[place])
    return "".join(letters)
