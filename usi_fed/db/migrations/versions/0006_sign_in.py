"""What is remembered of browsers that are signed in."""

import sqlalchemy as sa
from alembic import op

from usi_fed.db import columns

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it."""
    op.add_column("sessions", sa.Column("browser", sa.String(length=20), nullable=True))
    op.add_column("sessions", sa.Column("used_on", columns.Moment(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("sessions", "used_on")
    op.drop_column("sessions", "browser")
