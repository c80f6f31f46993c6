"""What streaks follow from, of one person or of a whole group in the same few queries."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, String, and_, bindparam, cast, func, literal_column, select, union_all

from bot.group.moments import Moments
from bot.store.engine import looking
from bot.store.group_tables import happenings, members
from bot.store.members import Happening, Membership, What, happening
from bot.store.tables import Moment, answers

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import BindParameter, Column, ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncEngine

RESTS = (What.HOLIDAY, What.WORKDAY)
_THEIRS: BindParameter[str] = bindparam("people", expanding=True)
_UPTO = bindparam("upto", type_=Moment)


def _line(kind: str, **columns: ColumnElement[Any]) -> Select[Any]:
    """What is no happening, as a row of one."""
    return select(*(columns.get(each.name, _empty(each, kind)).label(each.name) for each in happenings.c))


def _empty(column: Column[Any], kind: str) -> ColumnElement[Any]:
    number = isinstance(column.type, (Integer, Moment))
    return literal_column("0" if number else f"'{kind if column is happenings.c.kind else ''}'", column.type)


_PLACES = select(members.c.platform, members.c.community).where(members.c.person.in_(_THEIRS)).distinct().subquery()
# In one look: each is small, so that the ways to the database and back are what takes time.
_LIVES = union_all(
    # All moments of a person as one value: as many rows would take longer than all the rest.
    _line("answers", person=answers.c.person, data=func.aggregate_strings(cast(answers.c.at, String), ","))
    .where(answers.c.person.in_(_THEIRS), answers.c.at <= _UPTO, answers.c.kind == "answer", answers.c.tried == 1)
    .group_by(answers.c.person),
    _line(
        "member",
        id=members.c.hidden,
        at=members.c.since,
        platform=members.c.platform,
        community=members.c.community,
        person=members.c.person,
    ).where(members.c.person.in_(_THEIRS), members.c.since <= _UPTO),
    select(happenings).where(
        happenings.c.person.in_(_THEIRS), happenings.c.kind == What.ZONE, happenings.c.at <= _UPTO
    ),
    select(happenings)
    .join(
        _PLACES,
        and_(happenings.c.platform == _PLACES.c.platform, happenings.c.community == _PLACES.c.community),
    )
    .where(happenings.c.kind.in_((What.COMMUNITY_ZONE, *RESTS)), happenings.c.at <= _UPTO),
    select(happenings).where(
        happenings.c.platform == "", happenings.c.community == "", happenings.c.kind == What.OUTAGE
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """What somebody's streak follows from, up to a moment.

    Attributes:
        answered: the moments of their answers, other than that they do not know; see `moments`.
        zones: what they said of their zone, in its order.
        belongs: where, in the order in which they came there.
        said: in these places of zones and rests, in its order.
        outages: of all bots, those that ended later, too, in their order.
    """

    answered: str
    zones: Sequence[Happening]
    belongs: Sequence[Membership]
    said: Mapping[tuple[str, str], Sequence[Happening]]
    outages: Sequence[Happening]

    def moments(self) -> Moments:
        """When they answered; of tens of thousands it takes a while."""
        return Moments(sorted(json.loads(f"[{self.answered}]")))


class Lives:
    """The verb; `Store.lives` is one."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine = looking(engine)

    async def of(self, people: Sequence[str], upto: datetime) -> dict[str, Lived]:
        """Of everybody who ever answered by a moment. Who came to a place must have been written down."""
        async with self._engine.connect() as connection:
            found = await connection.execute(_LIVES, {"people": list(people), "upto": upto})
            rows = found.mappings().all()
        answered: dict[str, str] = {}
        zones, belongs = defaultdict(list), defaultdict(list)
        said, outages = defaultdict(list), []
        for row in sorted(rows, key=lambda each: (each["at"], each["platform"], each["community"], each["id"])):
            match row["kind"]:
                case "answers":
                    answered[row["person"]] = row["data"]
                case "member":
                    belongs[row["person"]].append(
                        Membership(
                            platform=row["platform"],
                            community=row["community"],
                            person=row["person"],
                            since=row["at"],
                            hidden=bool(row["id"]),
                        )
                    )
                case What.ZONE:
                    zones[row["person"]].append(happening(row))
                case What.OUTAGE:
                    outages.append(happening(row))
                case _:
                    said[row["platform"], row["community"]].append(happening(row))
        return {
            person: Lived(
                answered=moments,
                zones=zones[person],
                belongs=belongs[person],
                said=said,
                outages=outages,
            )
            for person, moments in answered.items()
        }
