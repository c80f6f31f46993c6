"""What somebody's own page looks at: their answers counted by card, and the misconceptions behind the wrong ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Integer, String, bindparam, case, func, literal_column, select, union_all

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """Somebody's answers, counted.

    Attributes:
        tallies: by card, and before, between and after two moments; what was credited counts as right from then on.
        missed: the wrong rules that they followed, by card; what was credited is no mistake.
        right: how many right answers they ever gave up to a moment, and how many a dispute made right by then.
    """

    tallies: tuple[Tally, ...]
    missed: tuple[Missed, ...]
    right: int


_BEGINS, _WEEK, _UPTO = (bindparam(name, type_=Moment) for name in ("begins", "week", "upto"))
_THEIRS = (answers.c.person == bindparam("person"), answers.c.at <= _UPTO)
_TALLIED = answers.c.at >= bindparam("tallied", type_=Moment)
_MISTAKEN = answers.c.at >= bindparam("mistaken", type_=Moment)
_SPAN = (case((answers.c.at >= _BEGINS, 1), else_=0) + case((answers.c.at >= _WEEK, 1), else_=0)).label("span")
_NONE, _NOTHING = literal_column("0", Integer), literal_column("''", String)
_TALLIES = (
    select(literal_column("'tally'").label("what"), answers.c.card, _NOTHING.label("mistake"), _SPAN)
    .add_columns(*(func.sum(case((which, 1), else_=0)) for which in (TRIED, RIGHT)))
    .where(*_THEIRS, _TALLIED, answers.c.kind.in_(("answer", "credit")))
    .group_by(answers.c.card, "span")
)
_CREDITED = select(answers.c.about).where(*_THEIRS, _MISTAKEN, answers.c.kind == "credit")  # which follows its answer
_MISSED = (
    select(literal_column("'missed'"), answers.c.card, answers.c.mistake, _NONE, func.count(), _NONE)
    .where(*_THEIRS, _MISTAKEN, answers.c.kind == "answer", answers.c.mistake != "", answers.c.id.not_in(_CREDITED))
    .group_by(answers.c.mistake, answers.c.card)
)
_EVER = select(func.coalesce(func.sum(tallies.c.correct), 0)).where(tallies.c.person == bindparam("person"))
_LATER = select(func.count()).where(answers.c.person == bindparam("person"), answers.c.at > _UPTO, RIGHT)
_RIGHT_EVER = select(
    literal_column("'right'"), _NOTHING, _NOTHING, _NONE, _NONE, _EVER.scalar_subquery() - _LATER.scalar_subquery()
)
_ALL = union_all(_TALLIES, _MISSED, _RIGHT_EVER)  # in one look: where each is small, the ways there are what takes time


class OwnLog:
    """The verb; `Store.mine` is one."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine = looking(engine)

    async def of(
        self,
        person: str,
        upto: datetime,
        *,
        begins: datetime,
        week: datetime,
        tallied: datetime = EPOCH,
        mistaken: datetime = EPOCH,
    ) -> Own:
        """Somebody's answers up to a moment.

        Args:
            person: who.
            upto: the last moment that counts.
            begins: the first of the two moments between which tallies are parted.
            week: the second one.
            tallied: since when answers are in the tallies.
            mistaken: since when mistakes count.
        """
        named = {"person": person, "upto": upto, "begins": begins, "week": week}
        async with self._engine.connect() as connection:
            rows = (await connection.execute(_ALL, named | {"tallied": tallied, "mistaken": mistaken})).all()
        found: list[Tally] = []
        missed: list[Missed] = []
        ever = 0
        for what, card, mistake, span, count, right in rows:
            match what:
                case "tally":
                    found.append(Tally(card=card, span=span, tried=int(count), right=int(right)))
                case "missed":
                    missed.append(Missed(mistake=mistake, card=card, count=int(count)))
                case _:
                    ever = int(right)
        return Own(tallies=tuple(found), missed=tuple(missed), right=ever)
