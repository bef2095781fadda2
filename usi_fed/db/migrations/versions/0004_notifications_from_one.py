"""An index for how often a reader was told of one sender: a popular account has thousands of notifications an hour."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index of senders also one of their readers."""
    op.drop_index("ix_notifications_from_id", "notifications")
    op.create_index("ix_notifications_from", "notifications", ["from_id", "owner_id", "id"])


def downgrade() -> None:
    """Back to what was."""
    op.drop_index("ix_notifications_from", "notifications")
    op.create_index("ix_notifications_from_id", "notifications", ["from_id"])
