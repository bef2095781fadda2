"""Accounts elsewhere that sign in here, people on their way there, and what this server is called there."""

import sqlalchemy as sa
from alembic import op

from usi_fed.db import columns

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "linked_accounts",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("actor_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", columns.Moment(), nullable=False),
        sa.Column("used_on", columns.Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["accounts.actor_id"], name=op.f("fk_linked_accounts_actor_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linked_accounts")),
        sa.UniqueConstraint("kind", "issuer", "subject", name=op.f("uq_linked_accounts_kind_issuer_subject")),
    )
    op.create_index(op.f("ix_linked_accounts_actor_id"), "linked_accounts", ["actor_id"], unique=False)
    op.create_table(
        "journeys",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", columns.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_journeys")),
    )
    op.create_index(op.f("ix_journeys_expires_at"), "journeys", ["expires_at"], unique=False)
    op.create_table(
        "foreign_applications",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", columns.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_foreign_applications")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("foreign_applications")
    op.drop_table("journeys")
    op.drop_table("linked_accounts")
