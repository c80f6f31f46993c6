"""What streaks follow from, of one person or of a whole group in the same few queries."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import String, and_, bindparam, cast, func, select, union_all

from bot.group.moments import Moments
from bot.store.engine import looking
from bot.store.group_tables import happenings, members
from bot.store.members import Happening, Membership, What, happening
from bot.store.tables import Moment, answers

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import BindParameter
    from sqlalchemy.ext.asyncio import AsyncEngine

RESTS = (What.HOLIDAY, What.WORKDAY)
_THEIRS: BindParameter[str] = bindparam("people", expanding=True)
_UPTO = bindparam("upto", type_=Moment)
# All moments of a person as one value: as many rows would take longer than all the rest.
_ANSWERED = (
    select(answers.c.person, func.aggregate_strings(cast(answers.c.at, String), ","))
    .where(answers.c.person.in_(_THEIRS), answers.c.at <= _UPTO, answers.c.kind == "answer", answers.c.tried == 1)
    .group_by(answers.c.person)
)
_BELONG = (
    select(members)
    .where(members.c.person.in_(_THEIRS), members.c.since <= _UPTO)
    .order_by(members.c.since, members.c.platform, members.c.community)
)
_PLACES = select(members.c.platform, members.c.community).where(members.c.person.in_(_THEIRS)).distinct().subquery()
_HAPPENED = union_all(
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
        named = {"people": list(people), "upto": upto}
        async with self._engine.connect() as connection:
            answered = (await connection.execute(_ANSWERED, named)).all()
            if not answered:
                return {}
            belong = (await connection.execute(_BELONG, named)).mappings().all()
            happened = (await connection.execute(_HAPPENED, named)).mappings().all()
        zones, belongs = defaultdict(list), defaultdict(list)
        said, outages = defaultdict(list), []
        for row in belong:
            belongs[row["person"]].append(Membership(**{**row, "hidden": bool(row["hidden"])}))
        for row in sorted(happened, key=lambda each: (each["at"], each["id"])):
            found = happening(row)
            match found.kind:
                case What.ZONE:
                    zones[found.person].append(found)
                case What.OUTAGE:
                    outages.append(found)
                case _:
                    said[found.platform, found.community].append(found)
        return {
            person: Lived(
                answered=moments,
                zones=zones[person],
                belongs=belongs[person],
                said=said,
                outages=outages,
            )
            for person, moments in answered
        }
