"""Reports that keep what was reported, notes, people who wait to join, shared lists of rules, warnings with words."""

import sqlalchemy as sa
from alembic import op

from usi_fed.db import columns

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns and the tables."""
    op.add_column("reports", sa.Column("copies", sa.Text(), server_default="[]", nullable=False))
    op.add_column("domain_rules", sa.Column("source_id", _ID, nullable=True))
    op.add_column("account_notices", sa.Column("words", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "report_notes",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("report_id", _ID, nullable=False),
        sa.Column("author_id", _ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", columns.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_report_notes_report_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_notes")),
    )
    op.create_index(op.f("ix_report_notes_report_id"), "report_notes", ["report_id"], unique=False)
    op.create_table(
        "join_requests",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", columns.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_requests")),
        sa.UniqueConstraint("username", name=op.f("uq_join_requests_username")),
        sa.UniqueConstraint("email", name=op.f("uq_join_requests_email")),
    )
    op.create_table(
        "blocklists",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("applies", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("due_at", columns.Moment(), nullable=True),
        sa.Column("read_at", columns.Moment(), nullable=True),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", columns.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocklists")),
        sa.UniqueConstraint("url", name=op.f("uq_blocklists_url")),
    )
    op.create_table(
        "blocklist_changes",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("list_id", _ID, nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("reject_media", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("reject_reports", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("public_comment", sa.Text(), server_default="", nullable=False),
        sa.Column("obfuscate", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("is_left_out", sa.Boolean(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["blocklists.id"], name=op.f("fk_blocklist_changes_list_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocklist_changes")),
        sa.UniqueConstraint("list_id", "domain", name=op.f("uq_blocklist_changes_list_id_domain")),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("blocklist_changes", "blocklists", "join_requests", "report_notes"):
        op.drop_table(table)
    op.drop_column("account_notices", "words")
    op.drop_column("domain_rules", "source_id")
    op.drop_column("reports", "copies")
