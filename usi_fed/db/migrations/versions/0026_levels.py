"""The level of a post, and the groups in whose circle it is."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Posts of before have the level that their visibility says."""
    op.add_column("posts", sa.Column("level", sa.String(length=10), server_default="", nullable=False))
    op.create_table(
        "post_circles",
        sa.Column("post_id", _ID, nullable=False),
        sa.Column("group_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_post_circles_post_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["group_id"], ["actors.id"], name=op.f("fk_post_circles_group_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", "group_id", name=op.f("pk_post_circles")),
    )
    op.create_index(op.f("ix_post_circles_group_id"), "post_circles", ["group_id"], unique=False)


def downgrade() -> None:
    """Take both back; what had a level is then for followers, or for those whom it names."""
    op.drop_table("post_circles")
    op.drop_column("posts", "level")
