"""What comes again and again, and the one transaction in which exactly one of any number of bots takes what is due."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import delete, func, select, update

from bot.group.schedule import Due
from bot.group.schedule import due as due_of
from bot.store import posting_rows as rows
from bot.store.dialect import insert
from bot.store.group_tables import postings, schedules
from bot.store.members import Happening, What, note

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from bot.command import Place
    from bot.store.posting_rows import Planned, Posting, ScheduleKind

UNKNOWN_ZONE = timedelta(days=1)  # before something is looked at again whose zone is none any more
_WHEN = ("at", "zone", "weekdays", "paused_until", "skipped", "last")  # columns that say when something comes
_schedule = insert(schedules)
_PUT = _schedule.on_conflict_do_update(
    index_elements=[schedules.c.id],
    set_={
        each.name: schedules.c.version + 1 if each.name == "version" else _schedule.excluded[each.name]
        for each in schedules.c
        if each.name != "id"
    },
)


@dataclass(frozen=True, slots=True)
class _Taken:
    """How a schedule goes on, what comes of it now, and what the log says of what does not come any more."""

    schedule: str
    last: datetime
    following: datetime | None
    posting: Posting | None = None
    missed: Happening | None = None


class Schedules:
    """The verbs; `Store.schedules` is one. What is awaited here has happened when it returns."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine = engine

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
        found = await self._read(schedules.c.id == schedule_id)
        return found[0] if found else None

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
        wanted = [func.min(schedules.c.due).label("due")]
        chosen = sorted(kinds)
        parts = [
            select(*wanted).where(schedules.c.platform == each, schedules.c.kind.in_(chosen)) for each in platforms
        ]
        async with self._engine.connect() as connection:
            found = [(await connection.execute(part)).scalar() for part in parts]
        return min((each for each in found if each is not None), default=None)

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
            limit: schedules at most; ask again where there are more.
            kinds: of what.
        """
        if not platforms:
            return []
        wanted = (
            select(schedules)
            .where(schedules.c.platform.in_(platforms), schedules.c.due <= at, schedules.c.kind.in_(sorted(kinds)))
            .order_by(schedules.c.due)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        async with self._engine.connect() as connection:
            await hold(connection)
            due = (await connection.execute(wanted)).mappings().all()
            if not due:
                await connection.rollback()
                return []
            taken = await asyncio.to_thread(_all_taken, due, at, bot, until)  # which reads zones from the disk
            await _advance(connection, taken)
            fresh = await _added(connection, [each.posting for each in taken if each.posting is not None])
            await note(connection, [each.missed for each in taken if each.missed is not None])
            await connection.commit()
        return fresh

    async def _read(self, *wanted: Any) -> list[Planned]:
        order = (schedules.c.due.is_(None), schedules.c.due, schedules.c.id)
        async with self._engine.connect() as connection:
            found = await connection.execute(select(schedules).where(*wanted).order_by(*order))
            return [rows.planned(row) for row in found.mappings()]


async def hold(connection: AsyncConnection) -> None:
    """Begins a transaction that reads in order to write: SQLite lets nobody else write until it is over.

    PostgreSQL locks the rows that are read `FOR UPDATE`; SQLite, which knows no such thing, leaves that out.
    """
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql("BEGIN IMMEDIATE")


async def _advance(connection: AsyncConnection, taken: Iterable[_Taken]) -> None:
    """Has each look again when it comes next; those of one zone do so together."""
    together: dict[tuple[datetime, datetime | None], list[str]] = {}
    for each in taken:
        together.setdefault((each.last, each.following), []).append(each.schedule)
    for (last, following), ids in together.items():
        changed = {"last": last, "due": following, "version": schedules.c.version + 1}
        await connection.execute(update(schedules).where(schedules.c.id.in_(ids)).values(**changed))


async def _added(connection: AsyncConnection, found: list[Posting]) -> list[Posting]:
    """Keeps postings; those that were not there before."""
    if not found:
        return []
    there = select(postings.c.id).where(postings.c.id.in_([each.id for each in found]))
    known = set((await connection.execute(there)).scalars())
    fresh = [each for each in found if each.id not in known]
    if fresh:
        await connection.execute(insert(postings).on_conflict_do_nothing(), [rows.columns(each) for each in fresh])
    return fresh


def _with_due(planned: Planned) -> Planned:
    return replace(planned, due=next(planned.schedule.after(planned.last), None))


def _all_taken(due: Iterable[Any], at: datetime, bot: str, until: datetime) -> list[_Taken]:
    """What becomes of each; many come at the same time of the same zone, and that is worked out once."""
    known: dict[tuple[Any, ...], Due] = {}
    taken = []
    for row in due:
        key = tuple(row[name] for name in _WHEN)
        try:
            found = known.get(key) or known.setdefault(key, due_of(rows.schedule(row), row["last"], at))
        except ValueError as fault:  # a zone that the tz database has lost since
            structlog.get_logger("store").error("schedule.unreadable", schedule=row["id"], why=str(fault))
            taken.append(_Taken(row["id"], row["last"], at + UNKNOWN_ZONE))
            continue
        posting = None if found.moment is None else rows.first(row, found.moment, bot, until)
        missed = _missed(row, at, found.missed) if found.missed else None
        taken.append(_Taken(row["id"], max(at, row["last"]), found.following, posting, missed))
    return taken


def _missed(row: Any, at: datetime, times: int) -> Happening:
    return Happening(
        at=at,
        kind=What.MISSED,
        platform=row["platform"],
        community=row["community"],
        channel=row["channel"],
        person=row["person"],
        data={"schedule": row["id"], "kind": row["kind"], "times": times},
    )
