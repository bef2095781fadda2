"""Requests that may come again are those of a person, be it through an application or a form of our pages."""

import sqlalchemy as sa
from alembic import op

from usi_fed.db.columns import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table anew: what is in it is an hour old at most."""
    op.drop_table("idempotency_keys")
    _create(sa.Column("actor_id", _ID, nullable=False))


def downgrade() -> None:
    """Back to what was."""
    op.drop_table("idempotency_keys")
    of_token = sa.ForeignKey("access_tokens.id", name="fk_idempotency_keys_token_id", ondelete="CASCADE")
    _create(sa.Column("token_id", _ID, of_token, nullable=False))


def _create(owner: sa.Column[int]) -> None:
    op.create_table(
        "idempotency_keys",
        owner,
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("post_id", _ID),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint(owner.name, "key_hash", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])
