"""What falls due without anybody asking. The rules are functions of a moment, so `stride tick --at` can try any."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.clock import SYSTEM_CLOCK, StoppedClock

if TYPE_CHECKING:
    from bot.settings import KeepSettings, Settings
    from bot.store.store import Store
    from bot.study.making import Did

EVENTS_KEPT = timedelta(days=3)  # no platform delivers an event again after a day
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
    work: Callable[[Store, KeepSettings, datetime], Awaitable[dict[str, int]]]


async def _forget(store: Store, keep: KeepSettings, at: datetime) -> dict[str, int]:
    """Event ids that no platform repeats, texts behind buttons that nobody presses any more, removed decks, codes.

    No text behind a button outlives what was said around it: by that it is found when somebody asks to be forgotten.
    """
    buttons = timedelta(days=min(keep.buttons_days, keep.history_days))
    forgotten = await store.forget(events_before=at - EVENTS_KEPT, questions_before=at - buttons)
    decks = await store.decks.forget(removed_before=at - DECKS_KEPT)
    return forgotten | {"decks": decks, "codes": await store.retention.codes(at)}


async def _history(store: Store, keep: KeepSettings, at: datetime) -> dict[str, int]:
    """What was said in channels longer ago than it is to be kept, and questions that nobody will answer any more."""
    gone = await store.retention.history(at - timedelta(days=keep.history_days))
    for community, days in (await store.retention.choices()).items():
        gone += await store.retention.history_of(community, at - timedelta(days=days))
    unanswered = await store.retention.unanswered(at - timedelta(days=keep.buttons_days))
    await store.belongings.wipe()
    return {"exchanges": gone, "unanswered": unanswered}


DUTIES = (
    Duty(name="forget", every=timedelta(days=1), work=_forget),
    Duty(name="history", every=timedelta(days=1), work=_history),
)


async def do_due(store: Store, at: datetime, keep: KeepSettings) -> list[Done]:
    """Does all that is due at a moment; of several bots on one store, exactly one does each."""
    return [
        Done(duty=duty.name, counts=await duty.work(store, keep, at))
        for duty in DUTIES
        if await store.claim_duty(duty.name, at, at - duty.every)
    ]


async def tick(settings: Settings, *, at: datetime | None, as_json: bool, say: Callable[[str], None]) -> int:
    """`stride tick`: does what is due at a moment on the page and in the terminal, and says what was done; 0.

    What belongs to Discord and Slack waits for a bot that is connected to them.
    """
    from bot.adapters.terminal import posts as terminal
    from bot.adapters.web import poster as web
    from bot.app import build_core

    moment = at or SYSTEM_CLOCK.now()
    async with build_core(settings, clock=StoppedClock(moment), patient=True) as core:
        for poster in (web.poster(core), terminal.poster(core)):
            core.posters[poster.platform] = poster
        done = await do_due(core.store, moment, core.settings.keep)
        came = await core.study.rounds.once(moment)
    if as_json:
        fell_due = [{"what": each.what, **each.data} for each in came]
        say(json.dumps({"at": moment.isoformat(), "done": [asdict(each) for each in done], "came": fell_due}))
    elif not done and not came:
        say(f"nothing was due at {moment.isoformat()}")
    else:
        for line in (*map(_duty_line, done), *map(_came_line, came)):
            say(line)
    return 0


def _duty_line(done: Done) -> str:
    return f"{done.duty}: {', '.join(f'{count} {name}' for name, count in done.counts.items())}"


def _came_line(came: Did) -> str:
    """In a line what it was and what became of it, and below it what was said."""
    told = {name: value for name, value in came.data.items() if name != "text" and isinstance(value, str) and value}
    line = f"{came.what}: {', '.join(f'{name} {value}' for name, value in told.items())}"
    return line + "".join(f"\n    {each}" for each in str(came.data.get("text", "")).splitlines())
