"""Acts of organisations that need two people, where people give them money, and others' directories of them."""

import sqlalchemy as sa
from alembic import op

from usi_fed.db import columns

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table and the column."""
    op.add_column("organisations", sa.Column("payment_url", sa.Text(), nullable=True))
    op.create_table(
        "proposals",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("payload", columns.Json(), server_default="{}", nullable=False),
        sa.Column("proposed_by", _ID, nullable=True),
        sa.Column("proposed_at", columns.Moment(), nullable=False),
        sa.Column("expires_at", columns.Moment(), nullable=False),
        sa.Column("decided_by", _ID, nullable=True),
        sa.Column("decided_at", columns.Moment(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["actors.id"], name=op.f("fk_proposals_organisation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    op.create_table(
        "neighbours",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("directory_uri", sa.Text(), nullable=True),
        sa.Column("due_at", columns.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_neighbours")),
    )
    op.create_index("ix_proposals_organisation", "proposals", ["organisation_id", "id"], unique=False)
    op.create_index("ix_proposals_state", "proposals", ["state", "expires_at"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("neighbours")
    op.drop_table("proposals")
    op.drop_column("organisations", "payment_url")
