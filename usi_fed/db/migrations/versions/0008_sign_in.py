"""What is remembered of browsers that are signed in; a second step of signing in; links by mail; officers who vouch."""

import sqlalchemy as sa
from alembic import op

from usi_fed.db import columns

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_HASH = sa.String(length=64)
_INDEXED = ("recovery_codes", "half_sessions", "sign_in_links", "vouchers", "account_notices")
_TABLES = ("second_steps", *_INDEXED)


def upgrade() -> None:
    """Add the columns and the tables."""
    op.add_column("sessions", sa.Column("browser", sa.String(length=20), nullable=True))
    op.add_column("sessions", sa.Column("used_on", columns.Moment(), nullable=True))
    op.create_table(
        "second_steps",
        sa.Column("actor_id", _ID, nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", _ID, server_default="0", nullable=False),
        sa.Column("confirmed", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("created_at", columns.Moment(), nullable=False),
        _of_account("second_steps"),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_second_steps")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("code_hash", _HASH, nullable=False),
        sa.Column("actor_id", _ID, nullable=False),
        _of_account("recovery_codes"),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "half_sessions",
        sa.Column("secret_hash", _HASH, nullable=False),
        sa.Column("actor_id", _ID, nullable=False),
        sa.Column("tries", _ID, server_default="0", nullable=False),
        sa.Column("expires_at", columns.Moment(), nullable=False),
        _of_account("half_sessions"),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_half_sessions")),
    )
    op.create_table(
        "sign_in_links",
        sa.Column("code_hash", _HASH, nullable=False),
        sa.Column("actor_id", _ID, nullable=False),
        sa.Column("browser_hash", _HASH, nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("expires_at", columns.Moment(), nullable=False),
        _of_account("sign_in_links"),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_sign_in_links")),
    )
    op.create_table(
        "vouchers",
        sa.Column("code_hash", _HASH, nullable=False),
        sa.Column("actor_id", _ID, nullable=False),
        sa.Column("expires_at", columns.Moment(), nullable=False),
        _of_account("vouchers"),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_vouchers")),
    )
    op.create_table(
        "account_notices",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("actor_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("by", sa.Text(), server_default="", nullable=False),
        sa.Column("at", columns.Moment(), nullable=False),
        _of_account("account_notices"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_notices")),
    )
    for table in _INDEXED:
        op.create_index(op.f(f"ix_{table}_actor_id"), table, ["actor_id"], unique=False)


def downgrade() -> None:
    """Drop them."""
    for table in reversed(_TABLES):
        op.drop_table(table)
    op.drop_column("sessions", "used_on")
    op.drop_column("sessions", "browser")


def _of_account(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_actor_id")
    return sa.ForeignKeyConstraint(["actor_id"], ["accounts.actor_id"], name=name, ondelete="CASCADE")
