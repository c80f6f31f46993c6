"""Communities and who belongs to them, and what happened in them: the log that streaks and standings follow from."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ScalarSelect, and_, or_, select, update

from bot.store.dialect import insert
from bot.store.engine import looking
from bot.store.group_tables import communities, happenings, members
from bot.store.writer import Write

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from bot.command import Place
    from bot.store.writer import Writer

KNOWN_IN_MEMORY = 50_000


class What(StrEnum):
    """What a happening is; in brackets, what its data hold."""

    ZONE = "zone"  # a person's days are another zone's {"zone"}; an empty one: their community's again
    COMMUNITY_ZONE = "community-zone"  # {"zone"}
    HOLIDAY = "holiday"  # the community rests {"dates"}
    WORKDAY = "workday"  # a holiday is taken back {"dates"}
    OUTAGE = "outage"  # no bot was there {"from", "to"}
    QUORUM = "quorum"  # what a day of the group takes {"share"} or {"people"}
    POSTED = "posted"
    MISSED = "missed"
    STOPPED = "stopped"  # a schedule, whose posts are refused again and again {"schedule", "why"}
    SKIPPED = "skipped"
    QUIZ = "quiz"
    LINKED = "linked"
    UNLINKED = "unlinked"
    HIDDEN = "hidden"  # a person is left out of what others see
    SHOWN = "shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A line of the log. `person` is empty where it is nobody's own, a place's name where it is of no place."""

    at: datetime
    kind: What
    platform: str = ""
    community: str = ""
    channel: str = ""
    person: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """A guild, a workspace or a page.

    Attributes:
        zone: of its people until they say theirs; empty: nobody has said.
        settings: what its organisers chose, by name.
    """

    platform: str
    community: str
    zone: str
    settings: Mapping[str, Any]
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Somebody belongs to a community since they first spoke there; `hidden`: others do not see how they do."""

    platform: str
    community: str
    person: str
    since: datetime
    hidden: bool


_member = insert(members)
ADD_MEMBER = Write(
    5,
    _member.on_conflict_do_update(
        index_elements=[members.c.platform, members.c.community, members.c.person],
        set_={"since": _member.excluded.since},
        where=_member.excluded.since < members.c.since,  # a moment that was tried before another one
    ),
)


class Members:
    """The verbs; `Store.members` is one. What is awaited here has happened when it returns."""

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        """Both stay the store's."""
        self._engine, self._looking = engine, looking(engine)
        self._writer = writer
        self._known: OrderedDict[tuple[str, str, str], datetime] = OrderedDict()

    def forget_known(self) -> None:
        """Writes down anew who belongs where: somebody was linked, or is to be forgotten."""
        self._known.clear()

    # Who belongs where.

    def remember(self, place: Place, person: str, at: datetime) -> None:
        """Makes whoever speaks in a community one of its members; written later."""
        key = (place.platform, place.community, person)
        known = self._known.get(key)
        if known is not None and known <= at:
            return
        self._known[key] = at
        if len(self._known) > KNOWN_IN_MEMORY:
            self._known.popitem(last=False)
        row = dict(zip(("platform", "community", "person"), key, strict=True)) | {"since": at, "hidden": 0}
        self._writer.add(ADD_MEMBER, lambda: row)

    async def memberships(self, person: str) -> list[Membership]:
        """Where somebody belongs, in the order in which they came there."""
        await self._writer.drain()
        wanted = (
            select(members)
            .where(members.c.person == person)
            .order_by(members.c.since, members.c.platform, members.c.community)
        )
        async with self._looking.connect() as connection:
            rows = (await connection.execute(wanted)).mappings().all()
        return [Membership(**{**row, "hidden": bool(row["hidden"])}) for row in rows]

    async def hidden(self, place: Place, person: str) -> bool:
        """Whether others in a community do not see how somebody does."""
        wanted = select(members.c.hidden).where(*_in(members, place), members.c.person == person)
        async with self._looking.connect() as connection:
            return bool((await connection.execute(wanted)).scalar())

    async def hide(self, place: Place, person: str, at: datetime, *, hidden: bool) -> bool:
        """Leaves somebody out of what others see, or shows them again; whether that changed anything."""
        row = _named(place) | {"person": person, "since": at, "hidden": int(hidden)}
        added = insert(members).on_conflict_do_update(
            index_elements=[members.c.platform, members.c.community, members.c.person],
            set_={"hidden": int(hidden)},
            where=members.c.hidden != int(hidden),
        )
        await self._writer.drain()
        async with self._engine.begin() as connection:
            changed = (await connection.execute(added, row)).rowcount > 0
            if changed:
                kind = What.HIDDEN if hidden else What.SHOWN
                await note(connection, [_of(place, at, kind, person=person)])
        return changed

    # Communities.

    async def community(self, place: Place) -> Community | None:
        """What is known of a community; None where nobody chose anything for it."""
        wanted = select(communities).where(*_in(communities, place))
        async with self._looking.connect() as connection:
            row = (await connection.execute(wanted)).mappings().first()
        return None if row is None else Community(**{**row, "settings": json.loads(row["settings"])})

    async def set_community_zone(self, place: Place, zone: str, at: datetime) -> None:
        """Whose days a community's people have until they say theirs, from now on."""
        from bot.store import tallying  # which reads in the cards

        async with self._engine.begin() as connection:
            await tallying.hold(connection)
            await _there(connection, place, at)
            await connection.execute(update(communities).where(*_in(communities, place)).values(zone=zone))
            await tallying.recount_group(connection, (place.platform, place.community))
            await note(connection, [_of(place, at, What.COMMUNITY_ZONE, data={"zone": zone})])

    async def choose(self, place: Place, at: datetime, **chosen: Any) -> None:
        """Changes settings of a community by their names; None takes one away."""
        async with self._engine.begin() as connection:
            await _there(connection, place, at)
            # The row is held from here on, so that of two who choose at once neither is lost.
            mine = _in(communities, place)
            await connection.execute(update(communities).where(*mine).values(since=communities.c.since))
            kept = (await connection.execute(select(communities.c.settings).where(*mine))).scalar_one()
            settings = {name: value for name, value in (json.loads(kept) | chosen).items() if value is not None}
            await connection.execute(update(communities).where(*mine).values(settings=json.dumps(settings)))

    # What happened.

    async def note(self, *happened: Happening) -> None:
        """Adds lines to the log."""
        async with self._engine.begin() as connection:
            await note(connection, happened)

    async def happened_to(self, person: str, kinds: Iterable[What]) -> list[Happening]:
        """What happened to a person, in its order."""
        return await self._log(happenings.c.person == person, happenings.c.kind.in_(list(kinds)))

    async def happened_in(self, places: Sequence[tuple[str, str]], kinds: Iterable[What]) -> list[Happening]:
        """What happened in communities, each as (platform, community), in its order; `("", "")` is everywhere."""
        there = [and_(happenings.c.platform == one, happenings.c.community == other) for one, other in places]
        return await self._log(or_(*there), happenings.c.kind.in_(list(kinds))) if there else []

    async def _log(self, *wanted: Any) -> list[Happening]:
        found = select(happenings).where(*wanted).order_by(happenings.c.at, happenings.c.id)
        async with self._looking.connect() as connection:
            return [happening(row) for row in (await connection.execute(found)).mappings()]


def shared_zone(person: Any) -> ScalarSelect[str]:
    """The zone that somebody has from their communities: that of the first they came to which has one, or null."""
    return (
        select(communities.c.zone)
        .join(members, and_(*(members.c[name] == communities.c[name] for name in ("platform", "community"))))
        .where(members.c.person == person, communities.c.zone != "")
        .order_by(members.c.since, members.c.platform, members.c.community)
        .limit(1)
        .scalar_subquery()
    )


async def _there(connection: AsyncConnection, place: Place, at: datetime) -> None:
    row = _named(place) | {"zone": "", "settings": "{}", "since": at}
    await connection.execute(insert(communities).on_conflict_do_nothing(), row)


async def note(connection: AsyncConnection, happened: Iterable[Happening]) -> None:
    """Adds lines to the log as part of a transaction."""
    rows = [
        {
            "at": each.at,
            "kind": each.kind.value,
            "platform": each.platform,
            "community": each.community,
            "channel": each.channel,
            "person": each.person,
            "data": json.dumps(each.data),
        }
        for each in happened
    ]
    if rows:
        await connection.execute(insert(happenings), rows)


def _of(
    place: Place, at: datetime, kind: What, *, person: str = "", data: Mapping[str, Any] | None = None
) -> Happening:
    return Happening(
        at=at, kind=kind, platform=place.platform, community=place.community, person=person, data=data or {}
    )


def happening(row: Any) -> Happening:
    """The line in a row of `happenings`."""
    found = dict(row)
    del found["id"]
    return Happening(**found | {"kind": What(row["kind"]), "data": json.loads(row["data"])})


def _named(place: Place) -> dict[str, str]:
    return {"platform": place.platform, "community": place.community}


def _in(table: Any, place: Place) -> tuple[Any, ...]:
    return tuple(table.c[name] == value for name, value in _named(place).items())
