"""What comes again and again, and the one transaction in which exactly one of any number of bots takes what is due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from sqlalchemy import String, bindparam, delete, literal, select, update

from bot.command import Place
from bot.group.schedule import Due
from bot.group.schedule import due as due_of
from bot.store import posting_rows as rows
from bot.store import turns
from bot.store.batches import Batches
from bot.store.dialect import insert
from bot.store.engine import looking
from bot.store.group_tables import postings, schedules
from bot.store.many import among, listed, many
from bot.store.members import Happening, What, note

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from bot.store.posting_rows import Planned, Posting, ScheduleKind

AT_ONCE = 1_000  # schedules that are gone through together
UNKNOWN_ZONE = timedelta(days=1)  # before something is looked at again whose zone is none any more
_WHOSE = ("id", "kind", "platform", "community", "channel", "person")
_WHEN = ("at", "zone", "weekdays", "paused_until", "skipped", "last")  # columns that say when something comes
_LOOKED_AT = select(*(schedules.c[name] for name in (*_WHOSE, *_WHEN)))
_THOSE = select(schedules).where(among(schedules.c.id, "ids"))
_TURN = ("state", "bot", "until", "tries")
_T = TypeVar("_T")
_schedule = insert(schedules)
_PUT = _schedule.on_conflict_do_update(
    index_elements=[schedules.c.id],
    set_={
        each.name: schedules.c.version + 1 if each.name == "version" else _schedule.excluded[each.name]
        for each in schedules.c
        if each.name != "id"
    },
)


_GIVEN = "given"
_on = listed(_GIVEN, (schedules.c.id, schedules.c.last, schedules.c.due)).subquery()
_ADVANCE = (
    update(schedules)
    .where(schedules.c.id == _on.c.id)
    .values(last=_on.c.last, due=_on.c.due, version=schedules.c.version + 1)
)
_new = listed(_GIVEN, (postings.c.id, postings.c.schedule, postings.c.moment)).subquery()
_posting: dict[str, ColumnElement[Any]] = {
    **{
        name: literal("" if isinstance(postings.c[name].type, String) else None, postings.c[name].type)
        for name in postings.c.keys()  # noqa: SIM118 - columns, not names, are what it goes through
    },
    **{name: schedules.c[name] for name in _WHOSE},
    **{name: bindparam(name, type_=postings.c[name].type) for name in _TURN},
    **dict(_new.c),
}
_ADD = (
    insert(postings)
    .from_select(list(_posting), select(*_posting.values()).where(schedules.c.id == _new.c.schedule))
    .on_conflict_do_nothing()
    .returning(postings.c.id)
)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A schedule that was looked at, and what comes of it; None: its zone is none any more."""

    row: Row[Any]
    due: Due | None


class Schedules:
    """The verbs; `Store.schedules` is one. What is awaited here has happened when it returns."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine, self._looking = engine, looking(engine)
        self._one: Batches[str, Planned | None] = Batches(self._those)

    async def keep(self, planned: Planned, *, happened: Sequence[Happening] = ()) -> Planned:
        """Puts a schedule in the place of the one of its id, or beside the others; as it is kept, with its `due`.

        Args:
            planned: its `version` is given here.
            happened: what the log says of it.

        Raises:
            ValueError: there is no such zone.
        """
        planned = await asyncio.to_thread(_with_due, planned)
        async with self._engine.begin() as connection:
            await connection.execute(_PUT, rows.planned_columns(planned))
            await note(connection, happened)
        return planned

    async def change(self, planned: Planned, *, happened: Sequence[Happening] = ()) -> Planned | None:
        """Changes a schedule from the version that was seen; None where it has gone on or away meanwhile.

        Raises:
            ValueError: there is no such zone.
        """
        changed = await asyncio.to_thread(_with_due, replace(planned, version=planned.version + 1))
        same = (schedules.c.id == planned.id, schedules.c.version == planned.version)
        async with self._engine.begin() as connection:
            done = await connection.execute(update(schedules).where(*same).values(**rows.planned_columns(changed)))
            if done.rowcount == 0:
                return None
            await note(connection, happened)
        return changed

    async def remove(self, schedule_id: str) -> Planned | None:
        """Ends a schedule; as it was, or None where there is none."""
        async with self._engine.begin() as connection:
            gone = delete(schedules).where(schedules.c.id == schedule_id).returning(schedules)
            row = (await connection.execute(gone)).mappings().first()
        return None if row is None else rows.planned(row)

    async def one(self, schedule_id: str) -> Planned | None:
        """The schedule of an id."""
        return await self._one(schedule_id)

    async def of(self, place: Place, kind: ScheduleKind) -> list[Planned]:
        """What comes in a channel, of a kind; those that come next first."""
        here = {"platform": place.platform, "community": place.community, "channel": place.channel, "kind": kind}
        return await self._read(*(schedules.c[name] == value for name, value in here.items()))

    async def of_community(self, place: Place) -> list[Planned]:
        """All that comes in a community."""
        return await self._read(schedules.c.platform == place.platform, schedules.c.community == place.community)

    async def of_person(self, person: str) -> list[Planned]:
        """What comes to a person alone."""
        return await self._read(schedules.c.person == person)

    async def next_due(self, platforms: Sequence[str], kinds: Iterable[ScheduleKind]) -> datetime | None:
        """When something comes next on these platforms; None where nothing does."""
        chosen = schedules.c.kind.in_(sorted(kinds))
        async with self._engine.connect() as connection:
            return await turns.soonest(connection, schedules.c.due, platforms, chosen)

    async def claim_due(
        self,
        platforms: Sequence[str],
        at: datetime,
        *,
        bot: str,
        until: datetime,
        limit: int,
        kinds: Iterable[ScheduleKind] = ("daily", "quiz", "digest", "reminder"),
    ) -> list[Posting]:
        """Takes what is due: of any number of bots exactly one gets each posting, and each moment comes once.

        What was missed is left out and noted, but for the newest where it is less than three hours late.

        Args:
            platforms: on which this bot can say something.
            at: the moment.
            bot: who takes it.
            until: when another bot may take over what is not done by then.
            limit: schedules at most that are taken together; ask again until nothing is due.
            kinds: of what.
        """
        if not platforms:
            return []
        fresh: list[Posting] | None = []
        while fresh is not None and not fresh:  # behind many that were missed may be some that are not too late
            fresh = await self._taken(sorted(kinds), platforms, at, bot=bot, until=until, limit=limit)
        return fresh or []

    async def _taken(
        self, kinds: Sequence[str], platforms: Sequence[str], at: datetime, *, bot: str, until: datetime, limit: int
    ) -> list[Posting] | None:
        """One transaction of `claim_due`; None where nothing was due."""
        async with self._engine.connect() as connection:
            wanted = _LOOKED_AT.where(schedules.c.kind.in_(kinds))
            due = await turns.taken(connection, wanted, schedules.c.due, platforms, at, limit)
            if not due:
                await connection.rollback()
                return None
            taken = await asyncio.to_thread(_all_taken, due, at)  # which reads zones from the disk
            posted, given = await _advance(connection, taken, at, partial(_posted, taken, bot, until))
            fresh = await _added(connection, posted, given)
            await note(connection, _missed(taken, at))
            await connection.commit()
        return fresh

    async def misdue(self) -> tuple[int, list[Planned]]:
        """How many schedules there are, and those that are looked at at another moment than when they come next.

        One whose zone the tz database has lost is looked at once a day, and is right so.
        """
        count, last = 0, ""
        wrong: list[Planned] = []
        while True:
            wanted = select(schedules).where(schedules.c.id > last).order_by(schedules.c.id).limit(AT_ONCE)
            async with self._engine.connect() as connection:
                some = [rows.planned(row) for row in (await connection.execute(wanted)).mappings()]
            if not some:
                return count, wrong
            count, last = count + len(some), some[-1].id
            wrong += await asyncio.to_thread(lambda those: [each for each in those if _is_misdue(each)], some)

    async def idle(self) -> None:
        """Returns when nothing is asked any more, for whoever closes the database."""
        await self._one.idle()

    async def _those(self, ids: Sequence[str]) -> list[Planned | None]:
        """Each card begins with its schedule, so that those that are made at once are looked up in one query."""
        async with self._looking.connect() as connection:
            rows_of = (await connection.execute(_THOSE, {"ids": many(ids)})).mappings()
            found = {row["id"]: rows.planned(row) for row in rows_of}
        return [found.get(each) for each in ids]

    async def _read(self, *wanted: Any) -> list[Planned]:
        order = (schedules.c.due.is_(None), schedules.c.due, schedules.c.id)
        async with self._looking.connect() as connection:
            found = await connection.execute(select(schedules).where(*wanted).order_by(*order))
            return [rows.planned(row) for row in found.mappings()]


async def _advance(connection: AsyncConnection, taken: Sequence[_Taken], at: datetime, make: Callable[[], _T]) -> _T:
    """Writes down how schedules go on, and has made what comes of them, while a server is at it."""
    named = {_GIVEN: _advanced(taken, at)}
    if connection.dialect.name == "sqlite":  # in this process, where the two would take turns, with a wait at each
        await connection.execute(_ADVANCE, named)
        return await asyncio.to_thread(make)
    made = asyncio.create_task(asyncio.to_thread(make))
    try:
        await connection.execute(_ADVANCE, named)
    finally:
        found = await made
    return found


async def _added(connection: AsyncConnection, posted: Sequence[Posting], given: str) -> list[Posting]:
    """Keeps postings, `given` as a parameter, in their first turn; those that were not there before."""
    if not posted:
        return []
    turn = {name: getattr(posted[0], name) for name in _TURN}  # of all the same
    fresh = set((await connection.execute(_ADD, turn | {_GIVEN: given})).scalars())
    return [each for each in posted if each.id in fresh]


def _with_due(planned: Planned) -> Planned:
    following = next(planned.schedule.after(planned.last), None)
    return replace(planned, due=None if planned.stopped else following)


def _is_misdue(planned: Planned) -> bool:
    try:
        return _with_due(planned).due != planned.due
    except ValueError:  # its zone is none any more
        return False


def _all_taken(due: Iterable[Row[Any]], at: datetime) -> list[_Taken]:
    """What becomes of each; many come at the same time of the same zone, and that is worked out once."""
    known: dict[tuple[Any, ...], Due] = {}
    taken = []
    for row in due:
        when = tuple(row)[len(_WHOSE) :]
        found = known.get(when)
        if found is None:
            try:
                found = known[when] = due_of(rows.schedule(row._mapping), when[-1], at)  # noqa: SLF001 - its public name for its columns
            except ValueError as fault:  # a zone that the tz database has lost since
                structlog.get_logger("store").error("schedule.unreadable", schedule=row.id, why=str(fault))
        taken.append(_Taken(row, found))
    return taken


def _advanced(taken: Iterable[_Taken], at: datetime) -> str:
    """How schedules go on, as a parameter."""
    return many(
        {"id": each.row.id, "last": each.row.last, "due": at + UNKNOWN_ZONE}
        if each.due is None
        else {"id": each.row.id, "last": max(at, each.row.last), "due": each.due.following}
        for each in taken
    )


def _posted(taken: Iterable[_Taken], bot: str, until: datetime) -> tuple[list[Posting], str]:
    """What comes now, and the same as a parameter."""
    found = []
    for each in taken:
        if each.due is not None and each.due.moment is not None:
            identity, kind, platform, community, channel, person = tuple(each.row)[: len(_WHOSE)]
            place = Place(platform=platform, community=community, channel=channel)
            found.append(rows.first(identity, kind, place, person, each.due.moment, bot, until))
    return found, many({"id": each.id, "schedule": each.schedule, "moment": each.moment} for each in found)


def _missed(taken: Iterable[_Taken], at: datetime) -> list[Happening]:
    """What the log says of what does not come any more."""
    return [
        Happening(
            at=at,
            kind=What.MISSED,
            platform=each.row.platform,
            community=each.row.community,
            channel=each.row.channel,
            person=each.row.person,
            data={"schedule": each.row.id, "kind": each.row.kind, "times": each.due.missed},
        )
        for each in taken
        if each.due is not None and each.due.missed
    ]
