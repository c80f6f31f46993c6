"""What somebody's own page looks at: their answers counted by card, and the misconceptions behind the wrong ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, case, func, or_, select

from bot.store.tables import answers

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncEngine


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Somebody's answers to one card in a stretch of time.

    Attributes:
        card: `deck/card` or `~family`.
        span: which stretch: the number of moments that it began after.
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


class OwnLog:
    """The verbs; `Store.mine` is one."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine = engine

    async def tallies(self, person: str, upto: datetime, cut: datetime, *cuts: datetime) -> list[Tally]:
        """Somebody's answers up to a moment, counted by card and by the stretches between cuts, which are in order.

        An answer that was credited later counts as right when it was credited.
        """
        first, *others = (case((answers.c.at >= each, 1), else_=0) for each in (cut, *cuts))
        span = sum(others, start=first)
        tried = and_(answers.c.kind == "answer", answers.c.tried == 1)
        right = or_(and_(tried, answers.c.correct == 1), answers.c.kind == "credit")
        counted = [func.sum(case((which, 1), else_=0)) for which in (tried, right)]
        wanted = (
            select(answers.c.card, span.label("span"), *counted)
            .where(answers.c.person == person, answers.c.at <= upto, answers.c.kind.in_(("answer", "credit")))
            .group_by(answers.c.card, "span")
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(wanted)).all()
        return [Tally(card=card, span=span, tried=int(tried), right=int(right)) for card, span, tried, right in rows]

    async def missed(self, person: str, since: datetime, upto: datetime) -> list[Missed]:
        """The wrong rules that somebody followed between two moments, by card; what was credited is no mistake."""
        credited = select(answers.c.about).where(answers.c.person == person, answers.c.kind == "credit")
        wanted = (
            select(answers.c.mistake, answers.c.card, func.count())
            .where(
                answers.c.person == person,
                answers.c.at >= since,
                answers.c.at <= upto,
                answers.c.kind == "answer",
                answers.c.mistake != "",
                answers.c.id.not_in(credited),
            )
            .group_by(answers.c.mistake, answers.c.card)
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(wanted)).all()
        return [Missed(mistake=mistake, card=card, count=int(count)) for mistake, card, count in rows]
