"""Links with which people choose a new password."""

import sqlalchemy as sa
from alembic import op

from usi_fed.db import columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "password_tickets",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expires_at", columns.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["accounts.actor_id"], name=op.f("fk_password_tickets_actor_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_password_tickets")),
    )
    op.create_index(op.f("ix_password_tickets_actor_id"), "password_tickets", ["actor_id"], unique=False)


def downgrade() -> None:
    """Drop it."""
    op.drop_table("password_tickets")
