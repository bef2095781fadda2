"""Pages that an organisation writes for its own site."""

import sqlalchemy as sa
from alembic import op

from usi_fed.db import columns

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "organisation_pages",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_published", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("is_front", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("language", sa.String(length=35), server_default="", nullable=False),
        sa.Column("changed_at", columns.Moment(), nullable=False),
        sa.Column("changed_by", _ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["actors.id"],
            name=op.f("fk_organisation_pages_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_pages")),
        sa.UniqueConstraint("organisation_id", "slug", name=op.f("uq_organisation_pages_organisation_id_slug")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("organisation_pages")
