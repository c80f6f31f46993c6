"""The study group: who belongs to it, what comes when, what was posted, and what happened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _people()
    _schedules()
    _quizzes()
    _posts()
    op.add_column("answers", sa.Column("tried", sa.Integer(), server_default="1", nullable=False))
    op.drop_index("ix_answers_person_at", "answers")
    op.create_index("ix_answers_person_at_kind_tried", "answers", ["person", "at", "kind", "tried"])
    season = ["platform", "community", "at", "kind", "person", "correct", "tried"]
    op.create_index(f"ix_answers_{'_'.join(season)}", "answers", season)


def _posts() -> None:
    op.create_table(
        "counters",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
    op.add_column("exchanges", sa.Column("post", sa.String(), nullable=True))
    op.add_column("exchanges", sa.Column("change", sa.BigInteger(), nullable=True))
    op.create_index("ix_exchanges_person_at", "exchanges", ["person", "at"])
    for name, unique in (("post", True), ("change", False)):
        only = sa.text(f"{name} IS NOT NULL")
        op.create_index(
            f"ix_exchanges_{name}", "exchanges", [name], unique=unique, sqlite_where=only, postgresql_where=only
        )


def _people() -> None:
    op.create_table(
        "communities",
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "community", name="pk_communities"),
    )
    op.create_table(
        "members",
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("hidden", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "community", "person", name="pk_members"),
    )
    op.create_index("ix_members_person", "members", ["person"])
    op.create_table(
        "happenings",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_happenings"),
    )
    op.create_index("ix_happenings_person_kind_at", "happenings", ["person", "kind", "at"])
    op.create_index("ix_happenings_platform_community_kind_at", "happenings", ["platform", "community", "kind", "at"])
    op.create_table(
        "links",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_links"),
    )
    op.create_index("ix_links_person", "links", ["person"])
    op.create_table(
        "link_codes",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_link_codes"),
    )
    op.create_table(
        "bots",
        sa.Column("bot", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bot", name="pk_bots"),
    )
    op.create_index("ix_bots_seen", "bots", ["seen"])


def _schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("weekdays", sa.Integer(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("paused_until", sa.String(), nullable=True),
        sa.Column("skipped", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_schedules"),
    )
    op.create_index("ix_schedules_platform_due", "schedules", ["platform", "due"])
    op.create_index("ix_schedules_person", "schedules", ["person"])
    op.create_index(
        "ix_schedules_platform_community_channel_kind", "schedules", ["platform", "community", "channel", "kind"]
    )
    op.create_table(
        "postings",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("schedule", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("moment", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("bot", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("posed", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=True),
        sa.Column("closes", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_postings"),
    )
    op.create_index("ix_postings_platform_closes", "postings", ["platform", "closes"])
    op.create_index(
        "ix_postings_platform_community_channel_moment", "postings", ["platform", "community", "channel", "moment"]
    )
    op.create_index("ix_postings_posed", "postings", ["posed"])
    op.create_index("ix_postings_schedule_moment", "postings", ["schedule", "moment"])
    op.create_index("ix_postings_platform_until", "postings", ["platform", "until"])


def _quizzes() -> None:
    op.create_table(
        "quizzes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("busy", sa.String(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quizzes"),
    )
    op.create_index("ix_quizzes_busy", "quizzes", ["busy"], unique=True)
    op.create_index("ix_quizzes_next", "quizzes", ["next"])
    op.create_index("ix_quizzes_platform_community_channel_at", "quizzes", ["platform", "community", "channel", "at"])
    op.create_table(
        "quiz_players",
        sa.Column("quiz", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("joined", sa.BigInteger(), nullable=False),
        sa.Column("gone", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["quiz"], ["quizzes.id"], name="fk_quiz_players_quizzes", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("quiz", "person", name="pk_quiz_players"),
    )
    op.create_index("ix_quiz_players_person", "quiz_players", ["person"])
    op.create_table(
        "quiz_answers",
        sa.Column("quiz", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["quiz"], ["quizzes.id"], name="fk_quiz_answers_quizzes", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("quiz", "position", "person", name="pk_quiz_answers"),
    )
    op.create_index("ix_quiz_answers_person", "quiz_answers", ["person"])
