"""What administrators choose, where posts went, backups made by pages, and whom invitations are for."""

import sqlalchemy as sa
from alembic import op

from usi_fed.db import columns

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make their tables and columns."""
    op.create_table(
        "instance_choices",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", columns.Json(), nullable=False),
        sa.Column("changed_at", columns.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_instance_choices")),
    )
    op.create_table(
        "departures",
        sa.Column("activity_uri", sa.Text(), nullable=False),
        sa.Column("post_id", _ID, nullable=False),
        sa.Column("hosts", columns.Json(), nullable=False),
        sa.Column("at", columns.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("activity_uri", name=op.f("pk_departures")),
    )
    op.create_index(op.f("ix_departures_post_id"), "departures", ["post_id"], unique=False)
    op.create_index(op.f("ix_departures_at"), "departures", ["at"], unique=False)
    op.create_table(
        "backups",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=10), server_default="asked", nullable=False),
        sa.Column("asked_at", columns.Moment(), nullable=False),
        sa.Column("started_at", columns.Moment(), nullable=True),
        sa.Column("ended_at", columns.Moment(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("fault", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backups")),
    )
    op.add_column("invitations", sa.Column("note", sa.Text(), server_default="", nullable=False))
    op.add_column("invitations", sa.Column("locale", sa.String(length=20), server_default="", nullable=False))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("invitations", "locale")
    op.drop_column("invitations", "note")
    op.drop_table("backups")
    op.drop_table("departures")
    op.drop_table("instance_choices")
