"""Questions as they are kept, and what is looked at before a channel is asked one: for many channels in one go.

At nine o'clock hundreds of channels have their cards. Those that are at it at the same time share a query each, and
their questions a transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, case, func, select

from bot.store.batches import Batches
from bot.store.dialect import insert
from bot.store.engine import looking
from bot.store.learning_rows import Asked, columns, question
from bot.store.many import among, listed, many
from bot.store.tables import answers, posed

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from bot.command import Place

Tallies = dict[str, tuple[int, int]]  # of each card, how often it was answered, and how often wrongly

_QUESTION = [column for column in posed.c if column is not posed.c.number]
_POSE = (
    insert(posed)
    .from_select([column.name for column in _QUESTION], listed("questions", _QUESTION))
    .on_conflict_do_nothing()
    .returning(posed.c.id)
)
_OF_SESSIONS = select(posed).where(among(posed.c.session, "sessions")).order_by(posed.c.position)
_PLACE = (posed.c.platform, posed.c.community, posed.c.channel)
_places = listed("places", _PLACE).subquery()
_earlier = posed.alias()
_BEFORE = (  # the newest of those that are too old to be told of
    select(_earlier.c.number)
    .where(_earlier.c.person == "", *(_earlier.c[each.name] == _places.c[each.name] for each in _PLACE))
    .order_by(_earlier.c.number.desc())
    .limit(1)
    .offset(bindparam("most"))
    .correlate(_places)
    .scalar_subquery()
)
_ASKED_LAST = (
    select(*_places.c, posed.c.card)
    .join(posed, and_(posed.c.person == "", *(each == _places.c[each.name] for each in _PLACE)))
    .where(posed.c.number > func.coalesce(_BEFORE, -1))
    .order_by(posed.c.number)
)
_newest = (
    select(answers.c.card, answers.c.correct)
    .where(
        answers.c.platform == bindparam("platform"),
        answers.c.community == bindparam("community"),
        answers.c.at >= bindparam("since", type_=answers.c.at.type),
        answers.c.kind == "answer",
    )
    .order_by(answers.c.at.desc())
    .limit(bindparam("most"))
    .subquery()
)
_TALLIES = select(
    _newest.c.card, func.count(), func.sum(case((_newest.c.correct == 0, 1), else_=0)).label("wrong")
).group_by(_newest.c.card)


@dataclass(frozen=True, slots=True)
class _Past:
    """What a community answered since a moment, at most so many of its newest answers."""

    platform: str
    community: str
    since: datetime
    most: int


class Posing:
    """The verbs; `Learning` has one."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine = engine
        self._looks = looking(engine)
        self._pose: Batches[Sequence[Asked], bool] = Batches(self._posed)
        self._session: Batches[str, list[Asked]] = Batches(self._sessions)
        self._asked: Batches[tuple[Place, int], list[str]] = Batches(self._asked_last)
        self._tallied: Batches[_Past, Tallies] = Batches(self._tallies)

    async def pose(self, asked: Sequence[Asked]) -> bool:
        """See `Learning.pose`."""
        return not asked or await self._pose(asked)

    async def session(self, session: str) -> list[Asked]:
        """The questions of a session, in their order."""
        return await self._session(session)

    async def asked_everybody(self, place: Place, most: int) -> list[str]:
        """See `Learning.asked_everybody`."""
        return await self._asked((place, most))

    async def tallies(self, place: Place, since: datetime, most: int) -> Tallies:
        """See `Learning.tallies`."""
        return await self._tallied(_Past(place.platform, place.community, since, most))

    async def idle(self) -> None:
        """Returns when nothing is asked or written any more."""
        for each in (self._pose, self._session, self._asked, self._tallied):
            await each.idle()

    async def _posed(self, asked: Sequence[Sequence[Asked]]) -> list[bool]:
        rows = many(columns(each) for questions in asked for each in questions)
        async with self._engine.begin() as connection:
            fresh = set((await connection.execute(_POSE, {"questions": rows})).scalars())
        found = []
        for questions in asked:  # of those that have a question in common, the first has had it kept
            ids = {each.id for each in questions}
            found.append(ids <= fresh)
            fresh -= ids
        return found

    async def _sessions(self, sessions: Sequence[str]) -> list[list[Asked]]:
        found: defaultdict[str, list[Asked]] = defaultdict(list)
        async with self._looks.connect() as connection:
            for row in (await connection.execute(_OF_SESSIONS, {"sessions": many(sessions)})).mappings():
                found[row["session"]].append(question(row))
        return [list(found[each]) for each in sessions]

    async def _asked_last(self, asked: Sequence[tuple[Place, int]]) -> list[list[str]]:
        keys = [(place.platform, place.community, place.channel) for place, _ in asked]
        places = [{"platform": one, "community": two, "channel": three} for one, two, three in dict.fromkeys(keys)]
        named: dict[str, Any] = {"places": many(places), "most": max(most for _, most in asked)}
        found: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        async with self._looks.connect() as connection:
            for *key, card in await connection.execute(_ASKED_LAST, named):
                found[tuple(key)].append(card)
        return [found[key][-most:] for key, (_, most) in zip(keys, asked, strict=True)]

    async def _tallies(self, asked: Sequence[_Past]) -> list[Tallies]:
        found: dict[_Past, Tallies] = {}
        async with self._looks.connect() as connection:
            for each in dict.fromkeys(asked):  # at one time all channels of a community ask for the same
                named = {
                    "platform": each.platform,
                    "community": each.community,
                    "since": each.since,
                    "most": each.most,
                }
                rows = await connection.execute(_TALLIES, named)
                found[each] = {card: (count, int(wrong)) for card, count, wrong in rows}
        return [found[each] for each in asked]
