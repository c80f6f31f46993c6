"""How much everybody did on each day of each community: counted from the answers that are there."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HOURS_24 = _DAY // _MICROSECOND


def upgrade() -> None:
    op.create_table(
        "tallies",
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("tried", sa.Integer(), nullable=False),
        sa.Column("correct", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "community", "day", "person", name="pk_tallies"),
    )
    _count()
    op.create_index("ix_tallies_person", "tallies", ["person"])


def _count() -> None:
    connection = op.get_bind()
    communities = sa.table("communities", *map(sa.column, ("platform", "community", "zone")))
    answers = sa.table("answers", *map(sa.column, ("platform", "community", "person", "kind")))
    at = sa.column("at", sa.BigInteger())
    tried, correct = sa.column("tried", sa.Integer()), sa.column("correct", sa.Integer())
    first, last = connection.execute(sa.select(sa.func.min(at), sa.func.max(at)).select_from(answers)).one()
    if first is None:
        return
    chosen = sa.select(communities.c.zone).where(communities.c.zone.not_in(["", "UTC"])).distinct()
    theirs = sa.select(communities.c.platform, communities.c.community)
    here = sa.tuple_(answers.c.platform, answers.c.community)
    elsewhere = here.not_in(theirs.where(communities.c.zone.not_in(["", "UTC"])))
    groups = [("UTC", elsewhere)]
    groups += [
        (zone, here.in_(theirs.where(communities.c.zone == zone))) for zone in connection.execute(chosen).scalars()
    ]
    kinds = {
        "tried": sa.and_(answers.c.kind == "answer", tried == 1),
        "correct": sa.and_(answers.c.kind.in_(["answer", "credit"]), correct == 1),
    }
    for zone, which in groups:
        counted = [sa.func.sum(sa.case((kind, 1), else_=0)).label(name) for name, kind in kinds.items()]
        day = _day(at, _stretches(_zone(zone), first, last)).label("day")
        found = (
            sa.select(answers.c.platform, answers.c.community, day, answers.c.person, *counted)
            .where(which, sa.or_(*kinds.values()))
            .group_by(answers.c.platform, answers.c.community, "day", answers.c.person)
        )
        names = ("platform", "community", "day", "person", "tried", "correct")
        connection.execute(sa.insert(sa.table("tallies", *map(sa.column, names))).from_select(names, found))


def _zone(name: str) -> ZoneInfo:
    """The days of a zone that the tz database has lost are UTC's."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _stretches(zone: ZoneInfo, first: int, last: int) -> list[tuple[int, int]]:
    """From when to when days of 24 hours follow one another, each as microseconds; a day of another length is alone.

    A day begins at four in the morning.
    """
    day = (_EPOCH + first * _MICROSECOND).date() - 2 * _DAY
    found: list[tuple[int, int]] = []
    begins = _begins(zone, day)
    while begins <= last:
        day += _DAY
        ends = _begins(zone, day)
        if found and ends - begins == _HOURS_24 and (found[-1][1] - found[-1][0]) % _HOURS_24 == 0:
            found[-1] = (found[-1][0], ends)
        elif ends > begins:
            found.append((begins, ends))
        begins = ends
    return found


def _begins(zone: ZoneInfo, day: date) -> int:
    return (datetime.combine(day, time(4), zone).astimezone(UTC) - _EPOCH) // _MICROSECOND


def _day(at: sa.ColumnElement[int], stretches: list[tuple[int, int]]) -> sa.ColumnElement[int]:
    """When the day of a moment began."""

    def began(begins: int, ends: int) -> sa.ColumnElement[int]:
        if (ends - begins) % _HOURS_24:
            return sa.literal_column(str(begins))
        return at - (at - begins) % _HOURS_24

    return sa.case(*((at < ends, began(begins, ends)) for begins, ends in stretches))
