"""Indexes of what is held: when it is due, and whose it is, however much there is of it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_HELD = sa.text("state = 'held'")


def upgrade() -> None:
    """Make them; they are empty while nothing is held."""
    for name, columns in (("ix_receipts_due", ["next_attempt_at"]), ("ix_receipts_held_sender", ["sender_uri"])):
        op.create_index(name, "receipts", columns, sqlite_where=_HELD, postgresql_where=_HELD)


def downgrade() -> None:
    """Back to what was."""
    op.drop_index("ix_receipts_held_sender", "receipts")
    op.drop_index("ix_receipts_due", "receipts")
