"""`stride backup`, `stride restore` and `stride rebuild`: what is stored, kept safe and held against what happened."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.adapters.terminal.render import harmless
from bot.errors import StoreError
from bot.store.engine import open_engine, shown
from bot.store.learning_rows import entries
from bot.store.store import open_store

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.store.learning import Learning
    from bot.store.posting_rows import Planned
    from bot.store.tallying import Tallies
    from cards.memory import Memory

TRIES = 5  # to put a learner right, who goes on answering meanwhile
SHOWN = 20  # learners of whom it is said what differs
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How what is stored of a learner differs from what their log comes to: cards by their names.

    Attributes:
        person: their id.
        missing: the log says that these were learnt.
        unfounded: the log knows nothing of these.
        other: these are remembered in another way.
    """

    person: str
    missing: tuple[str, ...] = ()
    unfounded: tuple[str, ...] = ()
    other: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many cards."""
        return len(self.missing) + len(self.unfounded) + len(self.other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Miscount:
    """How many counts in a group, each of a person and a day, are not what the answers come to."""

    platform: str
    community: str
    counts: int


async def back_up(settings: Settings, path: Path, say: Say) -> int:
    """Writes the whole store into a file, while bots go on; 0."""
    from bot.store.backup import backup

    engine = await open_engine(settings.database)
    try:
        count = await backup(engine, path)
    finally:
        await engine.dispose()
    say(f"{path}: {count:,} rows of {shown(settings.database)}")
    return 0


async def bring_back(settings: Settings, path: Path, *, force: bool, say: Say) -> int:
    """Fills the store from a file that `back_up` wrote, on SQLite or PostgreSQL; 0."""
    from bot.store.backup import restore

    engine = await open_engine(settings.database)
    try:
        count = await restore(engine, path, force=force)
    finally:
        await engine.dispose()
    say(f"{shown(settings.database)}: {count:,} rows from {path}")
    return 0


async def rebuild(settings: Settings, *, write: bool, as_json: bool, say: Say) -> int:
    """Works out what everybody remembers, what was done each day and what comes when, and says where the store differs.

    0 where nothing differs, or everything was put right with `write`; else 1.
    """
    async with open_store(settings.database) as store:
        learning = store.learning
        people = await learning.everybody()
        found = [difference async for difference in _differences(learning, people)]
        groups = await store.tallies.groups()
        miscounted = [each async for each in _miscounts(store.tallies, groups)]
        schedules, misdue = await store.schedules.misdue()
        if write:
            for each in found:
                await _put_right(learning, each.person)
            for group in miscounted:
                await store.tallies.put_right((group.platform, group.community))
            for planned in misdue:
                await store.schedules.change(planned)  # else it has gone on meanwhile, and is right
    different = bool(found or miscounted or misdue)
    if as_json:
        counts = {"learners": len(people), "groups": len(groups), "schedules": schedules}
        differences = {"different": list(map(asdict, found)), "miscounted": list(map(asdict, miscounted))}
        late = {"misdue": [each.id for each in misdue]}
        say(json.dumps({**counts, **differences, **late, "written": write and different}))
    elif different:
        _tell(list(map(_forgotten, found)), len(people), "learners", say, written=write)
        _tell(list(map(_counted, miscounted)), len(groups), "groups", say, written=write)
        _tell(list(map(_planned, misdue)), schedules, "schedules", say, written=write)
    else:
        say(
            f"nothing differs: the memory of {_named(len(people), 'learner')} and the days of "
            f"{_named(len(groups), 'group')} are what the answers come to, and what is said by "
            f"{_named(schedules, 'schedule')} is due when it should be"
        )
    return 1 if different and not write else 0


def _named(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _tell(found: list[str], of: int, what: str, say: Say, *, written: bool) -> None:
    """Says each difference, of the first few, and what is to be done about them or was."""
    for line in found[:SHOWN]:
        say(line)
    if len(found) > SHOWN:
        say(f"and {len(found) - SHOWN:,} more")
    if found and written:
        say(f"{len(found):,} of {of:,} {what} put right")
    elif found:
        say(f"{len(found):,} of {of:,} {what} differ: stride rebuild --write puts them right")


def _forgotten(each: Difference) -> str:
    counts = f"{len(each.missing)} missing, {len(each.unfounded)} unfounded, {len(each.other)} different"
    return f"{harmless(each.person)}: {counts}"


def _counted(each: Miscount) -> str:
    where = f"{harmless(each.platform)} {harmless(each.community)}"
    return f"{where}: {_named(each.counts, 'count')} of a day different"


def _planned(each: Planned) -> str:
    return f"{harmless(each.id)}: a schedule ({each.kind}) is looked at at another moment than it says"


async def _miscounts(tallies: Tallies, groups: list[tuple[str, str]]) -> AsyncIterator[Miscount]:
    for platform, community in groups:
        for _ in range(TRIES):  # what differs may be an answer that came between the looks
            counts = await tallies.differing((platform, community))
            if not counts:
                break
        else:
            yield Miscount(platform=platform, community=community, counts=counts)


async def _differences(learning: Learning, people: list[str]) -> AsyncIterator[Difference]:
    for person in people:
        for _ in range(TRIES):  # what differs may be an answer that came between the looks
            different = await _difference(learning, person)
            if not different.count:
                break
        else:
            yield different


async def _difference(learning: Learning, person: str) -> Difference:
    worked_out = await _worked_out(learning, person)
    wanted = {memory.card: json.dumps(memory.to_data()) for memory in worked_out}
    kept = await learning.kept(person)
    both = wanted.keys() & kept.keys()
    return Difference(
        person=person,
        missing=tuple(sorted(wanted.keys() - kept.keys())),
        unfounded=tuple(sorted(kept.keys() - wanted.keys())),
        other=tuple(sorted(card for card in both if wanted[card] != kept[card])),
    )


async def _worked_out(learning: Learning, person: str) -> tuple[Memory, ...]:
    from cards.memory import Teacher
    from cards.replay import replay

    pupil = await learning.pupil(person)
    if pupil is None:  # who was forgotten meanwhile
        return ()
    lines = await learning.log(person)
    teacher = Teacher(weights=pupil.weights)
    return await asyncio.to_thread(lambda: replay(entries(lines), seed=pupil.seed, teacher=teacher))


async def _put_right(learning: Learning, person: str) -> None:
    from cards.calendar import calendar

    for _ in range(TRIES):
        pupil = await learning.pupil(person)
        if pupil is None:
            return
        known = await _worked_out(learning, person)
        if await learning.put_right(pupil, known, await asyncio.to_thread(calendar, pupil.zone)):
            return
    raise StoreError(f"{person} was answering all the time, and was not put right: try again later")
