"""Reports about posts in groups, for those who look after the groups; and who wants mails about their groups."""

import sqlalchemy as sa
from alembic import op

from usi_fed.db import columns

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "group_reports",
        sa.Column("group_id", _ID, autoincrement=False, nullable=False),
        sa.Column("report_id", _ID, autoincrement=False, nullable=False),
        sa.Column("settled_at", columns.Moment(), nullable=True),
        sa.Column("settled_by", _ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["actors.id"], name=op.f("fk_group_reports_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_group_reports_report_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "report_id", name=op.f("pk_group_reports")),
    )
    op.create_index(op.f("ix_group_reports_report_id"), "group_reports", ["report_id"], unique=False)
    op.create_table(
        "group_digests",
        sa.Column("person_id", _ID, autoincrement=False, nullable=False),
        sa.Column("sent_at", columns.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["accounts.actor_id"], name=op.f("fk_group_digests_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_group_digests")),
    )
    op.create_index(op.f("ix_group_digests_sent_at"), "group_digests", ["sent_at"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("group_digests")
    op.drop_table("group_reports")
