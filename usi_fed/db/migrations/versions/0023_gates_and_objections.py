"""Who may come in, by e-mail domain and by network; what was decided about people, and what they say to that."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "email_domain_blocks",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_domain_blocks")),
        sa.UniqueConstraint("domain", name=op.f("uq_email_domain_blocks_domain")),
    )
    op.create_table(
        "canonical_email_blocks",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("email_hash", sa.String(length=64), nullable=False),
        sa.Column("actor_id", _ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canonical_email_blocks")),
        sa.UniqueConstraint("email_hash", name=op.f("uq_canonical_email_blocks_email_hash")),
    )
    op.create_index(op.f("ix_canonical_email_blocks_actor_id"), "canonical_email_blocks", ["actor_id"], unique=False)
    op.create_table(
        "address_blocks",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=30), nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_blocks")),
        sa.UniqueConstraint("network", name=op.f("uq_address_blocks_network")),
    )
    op.create_table(
        "verdicts",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("actor_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("post_id", _ID, nullable=True),
        sa.Column("post_uri", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by", _ID, nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("objection", sa.Text(), nullable=True),
        sa.Column("objected_by", _ID, nullable=True),
        sa.Column("objected_at", sa.BigInteger(), nullable=True),
        sa.Column("is_accepted", sa.Boolean(), nullable=True),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("answered_by", _ID, nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_verdicts_actor_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdicts")),
    )
    op.create_index(op.f("ix_verdicts_actor_id"), "verdicts", ["actor_id"], unique=False)
    op.create_index("ix_verdicts_objected_at", "verdicts", ["objected_at"], unique=False)


def downgrade() -> None:
    """Drop them."""
    for table in ("verdicts", "address_blocks", "canonical_email_blocks", "email_domain_blocks"):
        op.drop_table(table)
