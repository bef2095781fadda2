"""What people bring along from other servers: lists line by line, and profiles."""

import sqlalchemy as sa
from alembic import op

from usi_fed.db import columns

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "imports",
        sa.Column("id", _BIG, autoincrement=False, nullable=False),
        sa.Column("actor_id", _BIG, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("overwrite", sa.Boolean(), nullable=False),
        sa.Column("created_at", columns.Moment(), nullable=False),
        sa.Column("begun_at", columns.Moment(), nullable=True),
        sa.Column("ended_at", columns.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_imports_actor_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_index(op.f("ix_imports_actor_id"), "imports", ["actor_id"], unique=False)
    op.create_table(
        "import_lines",
        sa.Column("id", _BIG, autoincrement=False, nullable=False),
        sa.Column("import_id", _BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=10), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("detail", columns.Json(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=20), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", columns.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_import_lines_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_lines")),
    )
    op.create_index("ix_import_lines_due", "import_lines", ["import_id", "state", "due_at"], unique=False)
    op.create_table(
        "offered_profiles",
        sa.Column("actor_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("offer", columns.Json(), nullable=False),
        sa.Column("created_at", columns.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actors.id"], name=op.f("fk_offered_profiles_actor_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_offered_profiles")),
    )
    op.create_index(op.f("ix_offered_profiles_created_at"), "offered_profiles", ["created_at"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("offered_profiles")
    op.drop_table("import_lines")
    op.drop_table("imports")
