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
    text,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

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
    Column("post", String, nullable=True),  # of what was said unasked: its key; none: somebody asked
    Column("change", BigInteger, nullable=True),  # of a post: grows with each change of any
    ForeignKeyConstraint(
        ["platform", "community", "channel"], ["channels.platform", "channels.community", "channels.channel"]
    ),
    Index(None, "platform", "community", "channel", "id"),
    Index(None, "person", "at"),
    # Of the few that are posts alone, so that the many pay nothing for it; on PostgreSQL, too: see `dialect`.
    Index(None, "post", unique=True, sqlite_where=text("post IS NOT NULL")),
    Index(None, "change", sqlite_where=text("change IS NOT NULL")),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", BigInteger, nullable=False),
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

decks = Table(
    "decks",
    metadata,
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),  # a person's id, or community:<platform>:<community>
    Column("title", String, nullable=False),
    Column("says", Text, nullable=False),
    Column("topics", Text, nullable=False),  # JSON: id -> title
    Column("made", Moment, nullable=False),
    Column("changed", Moment, nullable=False),
    Column("edition", Integer, nullable=False),  # grows with each change of the deck or of what its proofs came to
    Column("removed", Moment, nullable=True),  # since when it is gone, until it is restored or forgotten
    Index(None, "owner"),
)

deck_cards = Table(
    "deck_cards",
    metadata,
    Column("deck", String, primary_key=True),
    Column("card", String, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("data", Text, nullable=False),  # JSON: the card
    Column("proof", String, nullable=False),  # what became of its proof: an Outcome of cards.proof
    Column("torch", String, nullable=False),  # the version that said so, or empty
    ForeignKeyConstraint(["deck"], ["decks.id"], ondelete="CASCADE"),
)

deck_uses = Table(
    "deck_uses",
    metadata,
    Column("owner", String, primary_key=True),
    Column("deck", String, primary_key=True),
    ForeignKeyConstraint(["deck"], ["decks.id"], ondelete="CASCADE"),
    Index(None, "deck"),
)

learners = Table(
    "learners",
    metadata,
    Column("person", String, primary_key=True),
    Column("zone", String, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("weights", Text, nullable=True),  # JSON: FSRS's, fitted to this person; none: its defaults
    Column("version", Integer, nullable=False),  # grows with each change of the memories
    Column("since", Moment, nullable=False),
)

memories = Table(
    "memories",
    metadata,
    Column("person", String, primary_key=True),
    Column("card", String, primary_key=True),  # deck/card, or ~family for a skill
    Column("due", Moment, nullable=False),  # where it is due by the day: when that day begins for this person
    Column("data", Text, nullable=False),  # JSON: the memory
    ForeignKeyConstraint(["person"], ["learners.person"], ondelete="CASCADE"),
)

posed = Table(
    "posed",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),  # in the order in which they were asked
    Column("id", String, nullable=False),
    Column("person", String, nullable=False),  # who may answer; empty: anybody in the place, once each
    Column("platform", String, nullable=False),
    Column("community", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("session", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("purpose", String, nullable=False),
    Column("card", String, nullable=False),  # of the memory: deck/card or ~family
    Column("source", String, nullable=False),  # what was asked: deck/card or family.level.seed
    Column("data", Text, nullable=False),  # JSON: as it was shown, with its key
    Index(None, "id", unique=True),
    Index(None, "person", "platform", "community", "channel", "number"),
    Index(None, "session"),
)

# Only ever added to. What a person knows follows from their lines here, in the order of their ids.
answers = Table(
    "answers",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("person", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("zone", String, nullable=False),
    Column("kind", String, nullable=False),  # answer | override | credit | plan | brought | double: of no effect
    Column("platform", String, nullable=False),
    Column("community", String, nullable=False),
    Column("posed", String, nullable=True),  # of an answer: the question
    Column("about", Integer, nullable=True),  # of an override or a credit: the answer that it changes
    Column("card", String, nullable=False),
    Column("source", String, nullable=False),
    Column("correct", Integer, nullable=True),
    Column("rating", Integer, nullable=True),
    Column("confidence", Integer, nullable=True),
    Column("mistake", String, nullable=False),  # the wrong rule that was followed, M1 to M24, or empty
    Column("said", Text, nullable=False),
    Column("effect", Text, nullable=False),  # JSON: the days that were chosen, so that a replay chooses the same
    Column("marked", Text, nullable=False),  # JSON: what the person was told
    Column("tried", Integer, nullable=False, server_default="1"),  # 0: they said that they do not know, and no more
    Index(None, "person", "posed", unique=True),
    # All that a streak and a season look at, so that neither goes to the rows themselves.
    Index(None, "person", "at", "kind", "tried"),
    Index(None, "platform", "community", "at", "kind", "person", "correct", "tried"),
    Index(None, "source"),
)

# What the lines above come to: of each person, community and day on which they answered something there.
tallies = Table(
    "tallies",
    metadata,
    Column("platform", String, primary_key=True),
    Column("community", String, primary_key=True),
    Column("day", Moment, primary_key=True),  # when it began in the community's zone, as that is now
    Column("person", String, primary_key=True),
    Column("tried", Integer, nullable=False),  # answers, other than that they do not know
    Column("correct", Integer, nullable=False),  # right ones, and those that a dispute made right on that day
    Index(None, "person"),
)

withdrawn = Table(
    "withdrawn",
    metadata,
    Column("source", String, primary_key=True),
    Column("digest", String, primary_key=True),  # of the card as it was then: one that was put right is asked again
    Column("at", Moment, nullable=False),
    Column("why", Text, nullable=False),
    Column("torch", String, nullable=False),
)

disputes = Table(
    "disputes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("person", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("source", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("why", Text, nullable=False),
    Column("torch", String, nullable=False),
    Column("credited", Integer, nullable=False),  # people
    Index(None, "source"),
)
