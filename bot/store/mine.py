"""What somebody's own page looks at: their answers counted by card, and the misconceptions behind the wrong ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, case, func, select

from bot.store.engine import looking
from bot.store.tables import EPOCH, Moment, answers, tallies
from bot.store.tallying import RIGHT, TRIED

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncEngine


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Somebody's answers to one card in a stretch of time.

    Attributes:
        card: `deck/card` or `~family`.
        span: 0 to 2: before both moments that were asked about, between them, or after both.
        tried: answers, other than that they do not know.
        right: right ones, and those that a dispute made right.
    """

    card: str
    span: int
    tried: int
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """How often somebody followed a wrong rule with one card."""

    mistake: str
    card: str
    count: int


_BEGINS, _WEEK, _UPTO = (bindparam(name, type_=Moment) for name in ("begins", "week", "upto"))
_SINCE = bindparam("since", type_=Moment)
_THEIRS = (answers.c.person == bindparam("person"), answers.c.at >= _SINCE, answers.c.at <= _UPTO)
_SPAN = (case((answers.c.at >= _BEGINS, 1), else_=0) + case((answers.c.at >= _WEEK, 1), else_=0)).label("span")
_TALLIES = (
    select(answers.c.card, _SPAN, *(func.sum(case((which, 1), else_=0)) for which in (TRIED, RIGHT)))
    .where(*_THEIRS, answers.c.kind.in_(("answer", "credit")))
    .group_by(answers.c.card, "span")
)
_CREDITED = select(answers.c.about).where(*_THEIRS, answers.c.kind == "credit")  # which comes after its answer
_MISSED = (
    select(answers.c.mistake, answers.c.card, func.count())
    .where(*_THEIRS, answers.c.kind == "answer", answers.c.mistake != "", answers.c.id.not_in(_CREDITED))
    .group_by(answers.c.mistake, answers.c.card)
)
_EVER = select(func.coalesce(func.sum(tallies.c.correct), 0)).where(tallies.c.person == bindparam("person"))
_LATER = select(func.count()).where(answers.c.person == bindparam("person"), answers.c.at > _UPTO, RIGHT)
_RIGHT_EVER = select(_EVER.scalar_subquery() - _LATER.scalar_subquery())


class OwnLog:
    """The verbs; `Store.mine` is one."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine = looking(engine)

    async def tallies(
        self, person: str, upto: datetime, begins: datetime, week: datetime, *, since: datetime = EPOCH
    ) -> list[Tally]:
        """Somebody's answers from one moment up to another, by card, and before, between and after two others.

        An answer that was credited later counts as right when it was credited.
        """
        named = {"person": person, "since": since, "upto": upto, "begins": begins, "week": week}
        async with self._engine.connect() as connection:
            rows = (await connection.execute(_TALLIES, named)).all()
        return [Tally(card=card, span=span, tried=int(tried), right=int(right)) for card, span, tried, right in rows]

    async def right(self, person: str, upto: datetime) -> int:
        """How many right answers somebody ever gave up to a moment, and how many a dispute made right by then."""
        async with self._engine.connect() as connection:
            return int((await connection.execute(_RIGHT_EVER, {"person": person, "upto": upto})).scalar_one())

    async def missed(self, person: str, since: datetime, upto: datetime) -> list[Missed]:
        """The wrong rules that somebody followed between two moments, by card; what was credited is no mistake."""
        async with self._engine.connect() as connection:
            rows = (await connection.execute(_MISSED, {"person": person, "since": since, "upto": upto})).all()
        return [Missed(mistake=mistake, card=card, count=int(count)) for mistake, card, count in rows]
