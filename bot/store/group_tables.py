"""The tables of the study group: who belongs to it, what comes when, what was posted, and what happened."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, String, Table, Text

from bot.store.tables import Moment, metadata

communities = Table(
    "communities",
    metadata,
    Column("platform", String, primary_key=True),
    Column("community", String, primary_key=True),
    Column("zone", String, nullable=False),  # its people's until they say theirs; empty: nobody has said
    Column("settings", Text, nullable=False),  # JSON: quorum, digest, how long what is kept
    Column("since", Moment, nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("platform", String, primary_key=True),
    Column("community", String, primary_key=True),
    Column("person", String, primary_key=True),
    Column("since", Moment, nullable=False),
    Column("hidden", Integer, nullable=False),  # left out of what others see, by their own wish
    Index(None, "person"),
)

# Only ever added to, as `answers` is: together they are what streaks, standings and memories follow from.
happenings = Table(
    "happenings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("kind", String, nullable=False),
    Column("platform", String, nullable=False),
    Column("community", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("person", String, nullable=False),  # empty where it is nobody's own
    Column("data", Text, nullable=False),  # JSON
    Index(None, "person", "kind", "at"),
    Index(None, "platform", "community", "kind", "at"),
)

schedules = Table(
    "schedules",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),  # daily | quiz | digest | reminder
    Column("platform", String, nullable=False),
    Column("community", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("person", String, nullable=False),  # of a reminder: whose; else empty
    Column("at", String, nullable=False),  # the time of day, 09:00
    Column("zone", String, nullable=False),
    Column("weekdays", Integer, nullable=False),  # a bit each, 1 for Monday
    Column("options", Text, nullable=False),  # JSON: topic, difficulty, number, seconds, quiet hours
    Column("paused_until", String, nullable=True),  # a date
    Column("skipped", Text, nullable=False),  # JSON: dates
    Column("last", Moment, nullable=False),  # up to when all has been done or left out
    Column("due", Moment, nullable=True),  # when to look again; none: nothing comes any more
    Column("by", String, nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "platform", "due"),
    Index(None, "platform", "community", "channel", "kind"),
    Index(None, "person"),
)

postings = Table(
    "postings",
    metadata,
    Column("id", String, primary_key=True),  # follows from the schedule and the moment: so there is one
    Column("schedule", String, nullable=False),
    Column("kind", String, nullable=False),  # daily | reveal | quiz | digest | reminder
    Column("platform", String, nullable=False),
    Column("community", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("person", String, nullable=False),  # to whom alone; empty: to the channel
    Column("moment", Moment, nullable=False),  # for which it is
    Column("state", String, nullable=False),  # a State of posting_rows
    Column("bot", String, nullable=False),  # who is at work on it
    Column("until", Moment, nullable=True),  # whose turn ends then; none: nothing is left to do
    Column("tries", Integer, nullable=False),
    Column("posed", String, nullable=False),  # the question in it; empty where there is none
    Column("content", Text, nullable=False),  # JSON: the reply as it is sent; empty until it was chosen
    Column("message", String, nullable=False),  # the platform's own name of it, once it is known
    Column("sent", Moment, nullable=True),
    Column("closes", Moment, nullable=True),  # when its reveal is due; none: it has none, or has had it
    Column("why", Text, nullable=False),  # it was not sent
    Index(None, "platform", "until"),
    Index(None, "platform", "closes"),
    Index(None, "platform", "community", "channel", "moment"),
    Index(None, "posed"),
    Index(None, "schedule", "moment"),
)

quizzes = Table(
    "quizzes",
    metadata,
    Column("id", String, primary_key=True),
    Column("platform", String, nullable=False),
    Column("community", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("busy", String, nullable=True),  # the channel while it goes on: one at a time; none: it is over
    Column("by", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("topic", String, nullable=False),
    Column("total", Integer, nullable=False),  # questions
    Column("seconds", Integer, nullable=False),  # for each
    Column("state", String, nullable=False),  # lobby | open | between | over | stopped
    Column("position", Integer, nullable=False),  # of the question that is open or was last; 0: none yet
    Column("next", Moment, nullable=True),  # when the state ends by itself
    Column("version", Integer, nullable=False),  # grows with each step: of two bots one takes it
    Column("data", Text, nullable=False),  # JSON: questions, messages
    Index(None, "busy", unique=True),
    Index(None, "next"),
    Index(None, "platform", "community", "channel", "at"),
)

quiz_players = Table(
    "quiz_players",
    metadata,
    Column("quiz", String, primary_key=True),
    Column("person", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("joined", Moment, nullable=False),
    Column("gone", Moment, nullable=True),  # since when nobody waits for them any more
    ForeignKeyConstraint(["quiz"], ["quizzes.id"], ondelete="CASCADE"),
    Index(None, "person"),
)

# That somebody has answered in time: taken together with a look at whether the question is open. The answer itself,
# marked, is a line of `answers`.
quiz_answers = Table(
    "quiz_answers",
    metadata,
    Column("quiz", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("person", String, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("said", Text, nullable=False),  # JSON: what is to be marked; empty once it has been
    ForeignKeyConstraint(["quiz"], ["quizzes.id"], ondelete="CASCADE"),
    Index(None, "person"),
)

# One person on several platforms: whose memory, answers and streak an account's are.
links = Table(
    "links",
    metadata,
    Column("account", String, primary_key=True),
    Column("person", String, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "person"),
)

link_codes = Table(
    "link_codes",
    metadata,
    Column("digest", String, primary_key=True),  # of the code, which nobody else learns from here
    Column("person", String, nullable=False),
    Column("until", Moment, nullable=False),
)

# Each bot says once a minute that it is there; what lies between says when none was.
bots = Table(
    "bots",
    metadata,
    Column("bot", String, primary_key=True),
    Column("since", Moment, nullable=False),
    Column("seen", Moment, nullable=False),
    Index(None, "seen"),
)
