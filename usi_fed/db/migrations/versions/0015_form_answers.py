"""Answers to forms that may be sent again at once; who waits to join may sign in with an account elsewhere."""

import sqlalchemy as sa
from alembic import op

from usi_fed.db import columns

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and let people wait without a password."""
    op.create_table(
        "form_answers",
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("expires_at", columns.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_form_answers")),
    )
    op.create_index(op.f("ix_form_answers_expires_at"), "form_answers", ["expires_at"])
    with op.batch_alter_table("join_requests") as table:
        table.alter_column("password_hash", existing_type=sa.Text(), nullable=True)
        table.add_column(sa.Column("elsewhere", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("label", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """Drop the table, and those who wait without a password: they could not sign in."""
    op.execute("DELETE FROM join_requests WHERE password_hash IS NULL")
    with op.batch_alter_table("join_requests") as table:
        table.drop_column("label")
        table.drop_column("elsewhere")
        table.alter_column("password_hash", existing_type=sa.Text(), nullable=False)
    op.drop_index(op.f("ix_form_answers_expires_at"), "form_answers")
    op.drop_table("form_answers")
