"""At how much risk the people of an organisation are, and why a person is hidden; posts for few are not counted."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COUNT_AGAIN = """
UPDATE actors SET posts_count = (
    SELECT count(*) FROM posts
    WHERE posts.author_id = actors.id AND posts.visibility IN ('public', 'unlisted') AND NOT posts.local_only
) WHERE host = ''
"""
_HIDDEN = """
UPDATE actors SET {column} = {column} - (
    SELECT count(*) FROM follows JOIN actors AS other ON other.id = follows.{other}
    WHERE follows.{mine} = actors.id AND follows.accepted AND other.concealed
) WHERE id IN (
    SELECT follows.{mine} FROM follows JOIN actors AS other ON other.id = follows.{other}
    WHERE follows.accepted AND other.concealed
)
"""


def upgrade() -> None:
    """Add them, and count anew what strangers are told."""
    op.add_column("organisations", sa.Column("risk", sa.String(10), nullable=False, server_default=""))
    op.create_table(
        "concealments",
        sa.Column("actor_id", _ID, autoincrement=False, nullable=False),
        sa.Column("because_of", _ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_concealments_actor_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("actor_id", "because_of", name=op.f("pk_concealments")),
    )
    with op.batch_alter_table("concealments") as batch:
        batch.create_index(op.f("ix_concealments_because_of"), ["because_of"])
    op.execute(_COUNT_AGAIN)
    op.execute(_HIDDEN.format(column="followers_count", mine="target_id", other="follower_id"))
    op.execute(_HIDDEN.format(column="following_count", mine="follower_id", other="target_id"))


def downgrade() -> None:
    """Take them away; whoever was hidden for such a reason is not any more."""
    op.execute("UPDATE actors SET concealed = false WHERE kind = 'Person' AND host = ''")
    op.drop_table("concealments")
    with op.batch_alter_table("organisations") as batch:
        batch.drop_column("risk")
