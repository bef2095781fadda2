"""Groups: how they are led, their topics, what was posted to them and passed on, and who has read how far."""

import sqlalchemy as sa
from alembic import op

from usi_fed.db import columns

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _of(table: str, column: str, other: str = "actors") -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return (
        sa.Column(column, _ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"),
    )


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "groups",
        *_of("groups", "actor_id"),
        sa.Column("admission", sa.String(length=10), nullable=False),
        sa.Column("posting", sa.String(length=10), nullable=False),
        sa.Column("rules", sa.Text(), server_default="", nullable=False),
        sa.Column("rules_source", sa.Text(), server_default="", nullable=False),
        sa.Column("how", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_groups")),
    )
    op.create_table(
        "topics",
        *_of("topics", "group_id"),
        *_of("topics", "post_id", "posts"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("locked", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("pinned", sa.Integer(), nullable=True),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("summary_source", sa.Text(), server_default="", nullable=False),
        sa.Column("summary_by", _ID, nullable=True),
        sa.Column("summary_at", columns.Moment(), nullable=True),
        sa.Column("posts_count", sa.Integer(), server_default="1", nullable=False),
        sa.Column("last_post_at", columns.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "post_id", name=op.f("pk_topics")),
    )
    op.create_index("ix_topics_latest", "topics", ["group_id", "last_post_at"], unique=False)
    op.create_index("ix_topics_post", "topics", ["post_id"], unique=False)
    op.create_table(
        "group_posts",
        *_of("group_posts", "group_id"),
        *_of("group_posts", "post_id", "posts"),
        sa.Column("topic_id", _ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_by", _ID, nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("at", columns.Moment(), nullable=False),
        sa.Column("activity", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("group_id", "post_id", name=op.f("pk_group_posts")),
    )
    op.create_index("ix_group_posts_state", "group_posts", ["group_id", "state", "at"], unique=False)
    op.create_index("ix_group_posts_topic", "group_posts", ["group_id", "topic_id", "at"], unique=False)
    op.create_index("ix_group_posts_post", "group_posts", ["post_id"], unique=False)
    op.create_table(
        "passed_on",
        *_of("passed_on", "group_id"),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("at", columns.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "uri", name=op.f("pk_passed_on")),
    )
    op.create_table(
        "group_moderators",
        *_of("group_moderators", "group_id"),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("at", columns.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "uri", name=op.f("pk_group_moderators")),
    )
    op.create_table(
        "read_marks",
        *_of("read_marks", "person_id"),
        *_of("read_marks", "topic_id", "posts"),
        sa.Column("read_to", columns.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "topic_id", name=op.f("pk_read_marks")),
    )
    op.create_index("ix_read_marks_topic", "read_marks", ["topic_id"], unique=False)


def downgrade() -> None:
    """Drop them."""
    for table in ("read_marks", "group_moderators", "passed_on", "group_posts", "topics", "groups"):
        op.drop_table(table)
