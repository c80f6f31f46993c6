"""The tables, as SQLAlchemy Core sees them. A change here comes with a migration; a test compares the two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

HEAD = "0001"  # the newest migration; a test compares it with the scripts

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """A moment with its zone, kept as microseconds since 1970 in UTC: the same on every database, and sortable."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        """To the database; a moment without a zone is refused by the subtraction."""
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        """From the database."""
        return None if value is None else EPOCH + value * MICROSECOND


# Names by rule, so that migrations can speak of constraints on every database.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
    }
)

people = Table(
    "people",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
)

channels = Table(
    "channels",
    metadata,
    Column("platform", String, primary_key=True),
    Column("community", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("private", Integer, nullable=False),
    Column("first_seen", Moment, nullable=False),
)

exchanges = Table(
    "exchanges",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("platform", String, nullable=False),
    Column("community", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("person", String, nullable=False),
    Column("name", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("said", Text, nullable=False),
    Column("action", String, nullable=True),
    Column("private", Integer, nullable=False),
    Column("reply", Text, nullable=False),
    ForeignKeyConstraint(
        ["platform", "community", "channel"], ["channels.platform", "channels.community", "channels.channel"]
    ),
    Index(None, "platform", "community", "channel", "id"),
)

questions = Table(
    "questions",
    metadata,
    Column("id", String, primary_key=True),
    Column("text", Text, nullable=False),
    Column("kept", Moment, nullable=False),
    Index(None, "kept"),
)

events = Table(
    "events",
    metadata,
    Column("id", String, primary_key=True),
    Column("at", Moment, nullable=False),
    Index(None, "at"),
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

duties = Table(
    "duties",
    metadata,
    Column("name", String, primary_key=True),
    Column("done", Moment, nullable=False),
)
