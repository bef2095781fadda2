"""Drafts and what is to be published later, further languages of a post, filters, and machine translations."""

import sqlalchemy as sa
from alembic import op

from usi_fed.db import columns

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables and the columns."""
    for table in ("posts", "post_versions"):
        op.add_column(table, sa.Column("wordings", columns.Json(), server_default="[]", nullable=False))
    op.create_table(
        "drafts",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("actor_id", _ID, nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=True),
        sa.Column("draft", columns.Json(), nullable=False),
        sa.Column("scheduled_at", columns.Moment(), nullable=True),
        sa.Column("application_id", _ID, nullable=True),
        sa.Column("problem", sa.String(length=20), server_default="", nullable=False),
        sa.Column("changed_at", columns.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_drafts_actor_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sa.UniqueConstraint("actor_id", "form_key", name=op.f("uq_drafts_actor_id_form_key")),
    )
    op.create_index(op.f("ix_drafts_scheduled_at"), "drafts", ["scheduled_at"], unique=False)
    op.create_table(
        "draft_files",
        sa.Column("media_id", _ID, autoincrement=False, nullable=False),
        sa.Column("draft_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name=op.f("fk_draft_files_draft_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_draft_files_media_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("media_id", "draft_id", name=op.f("pk_draft_files")),
    )
    op.create_index(op.f("ix_draft_files_draft_id"), "draft_files", ["draft_id"], unique=False)
    _make_filters()
    op.create_table(
        "machine_translations",
        sa.Column("post_id", _ID, autoincrement=False, nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("source_hash", sa.String(length=64), nullable=False),
        sa.Column("translation", columns.Json(), nullable=False),
        sa.Column("made_at", columns.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_machine_translations_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "language", name=op.f("pk_machine_translations")),
    )
    op.create_index(op.f("ix_machine_translations_made_at"), "machine_translations", ["made_at"], unique=False)


def _make_filters() -> None:
    op.create_table(
        "filters",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("actor_id", _ID, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("contexts", columns.Json(), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("expires_at", columns.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_filters_actor_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filters")),
    )
    op.create_index(op.f("ix_filters_actor_id"), "filters", ["actor_id"], unique=False)
    op.create_table(
        "filter_keywords",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("filter_id", _ID, nullable=False),
        sa.Column("keyword", sa.Text(), nullable=False),
        sa.Column("whole_word", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["filter_id"], ["filters.id"], name=op.f("fk_filter_keywords_filter_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filter_keywords")),
    )
    op.create_index(op.f("ix_filter_keywords_filter_id"), "filter_keywords", ["filter_id"], unique=False)
    op.create_table(
        "filter_statuses",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("filter_id", _ID, nullable=False),
        sa.Column("post_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["filter_id"], ["filters.id"], name=op.f("fk_filter_statuses_filter_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_filter_statuses_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filter_statuses")),
        sa.UniqueConstraint("filter_id", "post_id", name=op.f("uq_filter_statuses_filter_id_post_id")),
    )
    op.create_index(op.f("ix_filter_statuses_post_id"), "filter_statuses", ["post_id"], unique=False)


def downgrade() -> None:
    """Drop them."""
    for table in ("machine_translations", "filter_statuses", "filter_keywords", "filters", "draft_files", "drafts"):
        op.drop_table(table)
    for table in ("posts", "post_versions"):
        op.drop_column(table, "wordings")
