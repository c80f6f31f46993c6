"""What falls due without anybody asking. The rules are functions of a moment, so `stride tick --at` can try any."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.clock import SYSTEM_CLOCK

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.store.store import Store

EVENTS_KEPT = timedelta(days=3)  # no platform delivers an event again after a day
QUESTIONS_KEPT = timedelta(days=180)
DECKS_KEPT = timedelta(days=30)  # after they were removed


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A duty that was done, and how much there was of what."""

    duty: str
    counts: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Something to do every so often."""

    name: str
    every: timedelta
    work: Callable[[Store, datetime], Awaitable[dict[str, int]]]


async def _forget(store: Store, at: datetime) -> dict[str, int]:
    """Event ids that no platform repeats, questions behind buttons that nobody presses any more, removed decks."""
    forgotten = await store.forget(events_before=at - EVENTS_KEPT, questions_before=at - QUESTIONS_KEPT)
    return forgotten | {"decks": await store.decks.forget(removed_before=at - DECKS_KEPT)}


DUTIES = (Duty(name="forget", every=timedelta(days=1), work=_forget),)


async def do_due(store: Store, at: datetime) -> list[Done]:
    """Does all that is due at a moment; of several bots on one store, exactly one does each."""
    return [
        Done(duty=duty.name, counts=await duty.work(store, at))
        for duty in DUTIES
        if await store.claim_duty(duty.name, at, at - duty.every)
    ]


async def tick(settings: Settings, *, at: datetime | None, as_json: bool, say: Callable[[str], None]) -> int:
    """`stride tick`: does what is due at a moment and says what was done; 0."""
    from bot.store.store import open_store

    moment = at or SYSTEM_CLOCK.now()
    async with open_store(settings.database) as store:
        done = await do_due(store, moment)
    if as_json:
        say(json.dumps({"at": moment.isoformat(), "done": [asdict(each) for each in done]}))
    elif not done:
        say(f"nothing was due at {moment.isoformat()}")
    else:
        for each in done:
            counts = ", ".join(f"{count} {name}" for name, count in each.counts.items())
            say(f"{each.duty}: {counts}")
    return 0
