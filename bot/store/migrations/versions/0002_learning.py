"""Decks of people's own, and what learners were asked, answered and remember."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _decks()
    _learners()
    _questions()


def _decks() -> None:
    op.create_table(
        "decks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("removed", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_decks"),
    )
    op.create_index("ix_decks_owner", "decks", ["owner"])
    op.create_table(
        "deck_cards",
        sa.Column("deck", sa.String(), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.Column("torch", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["deck"], ["decks.id"], name="fk_deck_cards_decks", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("deck", "card", name="pk_deck_cards"),
    )
    op.create_table(
        "deck_uses",
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("deck", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["deck"], ["decks.id"], name="fk_deck_uses_decks", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("owner", "deck", name="pk_deck_uses"),
    )
    op.create_index("ix_deck_uses_deck", "deck_uses", ["deck"])


def _learners() -> None:
    op.create_table(
        "learners",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("weights", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_learners"),
    )
    op.create_table(
        "memories",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["learners.person"], name="fk_memories_learners", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person", "card", name="pk_memories"),
    )


def _questions() -> None:
    op.create_table(
        "posed",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_posed"),
    )
    op.create_index(
        "ix_posed_person_platform_community_channel_number",
        "posed",
        ["person", "platform", "community", "channel", "number"],
    )
    op.create_index("ix_posed_id", "posed", ["id"], unique=True)
    op.create_index("ix_posed_session", "posed", ["session"])
    op.create_table(
        "answers",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("posed", sa.String(), nullable=True),
        sa.Column("about", sa.Integer(), nullable=True),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("correct", sa.Integer(), nullable=True),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("confidence", sa.Integer(), nullable=True),
        sa.Column("mistake", sa.String(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("marked", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_answers"),
    )
    op.create_index("ix_answers_person_posed", "answers", ["person", "posed"], unique=True)
    op.create_index("ix_answers_person_at", "answers", ["person", "at"])
    op.create_index("ix_answers_source", "answers", ["source"])
    op.create_table(
        "withdrawn",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("torch", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("source", "digest", name="pk_withdrawn"),
    )
    op.create_table(
        "disputes",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("torch", sa.String(), nullable=False),
        sa.Column("credited", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_disputes"),
    )
    op.create_index("ix_disputes_source", "disputes", ["source"])
