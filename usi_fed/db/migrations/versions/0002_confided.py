"""Where posts for few went, and an index that finds local posts without statistics."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_PUBLIC = sa.text("visibility = 'public' AND boost_of_id IS NULL")


def upgrade() -> None:
    """Add the table, make the index anew."""
    op.create_table(
        "confided",
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inbox", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_confided_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", "inbox", name=op.f("pk_confided")),
        sqlite_with_rowid=False,
    )

    op.drop_index("ix_posts_local", "posts")
    op.create_index("ix_posts_local", "posts", ["local", "id"], sqlite_where=_PUBLIC, postgresql_where=_PUBLIC)


def downgrade() -> None:
    """Back to what was."""
    op.drop_index("ix_posts_local", "posts")
    of_local = sa.text("local AND visibility = 'public' AND boost_of_id IS NULL")
    op.create_index("ix_posts_local", "posts", ["id"], sqlite_where=of_local, postgresql_where=of_local)
    op.drop_table("confided")
