"""Schedules and postings as the code sees them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any, Literal

from bot.command import Place
from bot.group.schedule import Schedule

ScheduleKind = Literal["daily", "quiz", "digest", "reminder"]
PostingKind = Literal["daily", "reveal", "quiz", "digest", "reminder"]
State = Literal["claimed", "ready", "sending", "sent", "nothing", "missed", "unknown", "refused"]
OVER: frozenset[State] = frozenset({"sent", "nothing", "missed", "unknown", "refused"})
STOPPED = "stopped"  # among a schedule's options: why nothing comes any more, though nobody said so
_GOES_ON = frozenset({"last", "due", "version"})  # columns that change without anybody's choice
_LENGTH = 20  # of [a-z0-9]: a key that every platform takes
_BYTES = 15  # of which they are made
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


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

    @property
    def stopped(self) -> str:
        """Why nothing comes any more until somebody says so; empty: it comes."""
        return str(self.options.get(STOPPED, ""))

    def stop(self, why: str) -> Planned:
        """The same, by which nothing comes any more."""
        return replace(self, options={**self.options, STOPPED: why})

    def resume(self) -> Planned:
        """The same, by which things come again."""
        return replace(self, options={name: value for name, value in self.options.items() if name != STOPPED})


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
    return _digest("posting", schedule, _written(moment), kind)


def first(
    schedule: str, kind: ScheduleKind, place: Place, person: str, moment: datetime, bot: str, until: datetime
) -> Posting:
    """What comes at a moment by a schedule, in its first turn."""
    return Posting(
        id=posting_id(schedule, moment, kind),
        schedule=schedule,
        kind=kind,
        place=place,
        person=person,
        moment=moment,
        state="claimed",
        bot=bot,
        until=until,
        tries=1,
    )


def columns(row: Posting) -> dict[str, Any]:
    """What a posting's columns hold."""
    place = row.place  # a thousand are written at nine o'clock: each column by its name costs a tenth of all by a loop
    return {
        "id": row.id,
        "schedule": row.schedule,
        "kind": row.kind,
        "platform": place.platform,
        "community": place.community,
        "channel": place.channel,
        "person": row.person,
        "moment": row.moment,
        "state": row.state,
        "bot": row.bot,
        "until": row.until,
        "tries": row.tries,
        "posed": row.posed,
        "content": row.content,
        "message": row.message,
        "sent": row.sent,
        "closes": row.closes,
        "why": row.why,
    }


def posting(row: Any) -> Posting:
    """The posting in a row of `postings`."""
    found = dict(row)
    place = _placed(found)
    return Posting(**found, place=place)


def planned_columns(row: Planned) -> dict[str, Any]:
    """What a schedule's columns hold."""
    when = row.schedule
    return _place(row.place) | {
        "id": row.id,
        "kind": row.kind,
        "person": row.person,
        "at": when.at.isoformat("minutes"),
        "zone": when.zone,
        "weekdays": sum(1 << day for day in when.weekdays),
        "options": json.dumps(dict(row.options)),
        "paused_until": None if when.paused_until is None else when.paused_until.isoformat(),
        "skipped": json.dumps(sorted(day.isoformat() for day in when.skipped)),
        "last": row.last,
        "due": row.due,
        "by": row.by,
        "version": row.version,
    }


def planned(row: Any) -> Planned:
    """The schedule in a row of `schedules`."""
    return Planned(
        id=row["id"],
        kind=row["kind"],
        place=Place(platform=row["platform"], community=row["community"], channel=row["channel"]),
        person=row["person"],
        schedule=schedule(row),
        options=json.loads(row["options"]),
        last=row["last"],
        due=row["due"],
        by=row["by"],
        version=row["version"],
    )


def schedule(row: Any) -> Schedule:
    """When what stands in a row of `schedules` comes."""
    paused, skipped = row["paused_until"], row["skipped"]
    return Schedule(
        at=time.fromisoformat(row["at"]),
        zone=row["zone"],
        weekdays=_weekdays(row["weekdays"]),
        paused_until=None if paused is None else date.fromisoformat(paused),
        skipped=frozenset() if skipped == "[]" else frozenset(map(date.fromisoformat, json.loads(skipped))),
    )


def dumps(kept: Planned) -> str:
    """A schedule as text, for whoever may want it back."""
    columns = planned_columns(kept)
    moments = {name: None if columns[name] is None else columns[name].isoformat() for name in ("last", "due")}
    return json.dumps(columns | moments)


def loads(text: str) -> Planned:
    """The schedule in a text."""
    row = json.loads(text)
    moments = {name: None if row[name] is None else datetime.fromisoformat(row[name]) for name in ("last", "due")}
    return planned(row | moments)


def seal(kept: Planned) -> str:
    """Names what was chosen for a schedule: the same for as long as nobody changes it, however often it comes."""
    columns = planned_columns(kept)
    return _digest("seal", *(f"{name}={columns[name]}" for name in sorted(columns) if name not in _GOES_ON))


@lru_cache(maxsize=64)
def _written(moment: datetime) -> str:
    """In UTC; many have the same at nine o'clock."""
    return moment.astimezone(UTC).isoformat()


@cache
def _weekdays(bits: int) -> frozenset[int]:
    return frozenset(day for day in range(7) if bits >> day & 1)


def _place(place: Place) -> dict[str, str]:
    return {"platform": place.platform, "community": place.community, "channel": place.channel}


def _placed(found: dict[str, Any]) -> Place:
    return Place(**{name: found.pop(name) for name in ("platform", "community", "channel")})


def _digest(*parts: str) -> str:
    """The first letters of a digest in base 32, two at a time: `base64` takes four times as long."""
    found = blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=_BYTES).digest()
    bits, pairs = int.from_bytes(found) >> 8 * _BYTES - 5 * _LENGTH, _pairs()
    return "".join([pairs[bits >> place & 1023] for place in range(5 * _LENGTH - 10, -1, -10)])


@cache
def _pairs() -> list[str]:
    return [one + other for one in _LETTERS for other in _LETTERS]
