"""Affiliations: what our organisations belong to, what was verified of others', and whom this server trusts."""

import sqlalchemy as sa
from alembic import op

from usi_fed.db import columns

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _of_actor(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["actors.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def _index(table: str, column: str) -> None:
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "affiliations",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("subject_id", _ID, nullable=False),
        sa.Column("approver_id", _ID, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("offer_uri", sa.Text(), nullable=False),
        sa.Column("offered_at", columns.Moment(), nullable=False),
        sa.Column("expires_at", columns.Moment(), nullable=False),
        sa.Column("statement_uri", sa.Text(), nullable=False),
        sa.Column("statement", columns.Json(), nullable=False),
        sa.Column("stamp_uri", sa.Text(), nullable=True),
        sa.Column("stamp", columns.Json(), nullable=True),
        sa.Column("answer_uri", sa.Text(), nullable=True),
        sa.Column("end_uri", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by", _ID, nullable=True),
        sa.Column("since", columns.Moment(), nullable=False),
        sa.Column("confirmed_at", columns.Moment(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", columns.Moment(), nullable=True),
        _of_actor("affiliations", "subject_id"),
        _of_actor("affiliations", "approver_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_affiliations")),
        sa.UniqueConstraint("offer_uri", name=op.f("uq_affiliations_offer_uri")),
        sa.UniqueConstraint("subject_id", "approver_id", name=op.f("uq_affiliations_subject_id_approver_id")),
    )
    for column in ("approver_id", "statement_uri", "stamp_uri", "due_at"):
        _index("affiliations", column)
    op.create_table(
        "attestations",
        sa.Column("subject_id", _ID, nullable=False),
        sa.Column("approver_id", _ID, nullable=False),
        sa.Column("statement_uri", sa.Text(), nullable=False),
        sa.Column("stamp_uri", sa.Text(), nullable=False),
        sa.Column("since", columns.Moment(), nullable=False),
        sa.Column("verified_at", columns.Moment(), nullable=False),
        sa.Column("due_at", columns.Moment(), nullable=False),
        _of_actor("attestations", "subject_id"),
        _of_actor("attestations", "approver_id"),
        sa.PrimaryKeyConstraint("subject_id", "approver_id", name=op.f("pk_attestations")),
    )
    for column in ("approver_id", "statement_uri", "stamp_uri", "due_at"):
        _index("attestations", column)
    op.create_table(
        "trusted_roots",
        sa.Column("actor_id", _ID, autoincrement=False, nullable=False),
        sa.Column("added_by", _ID, nullable=True),
        sa.Column("since", columns.Moment(), nullable=False),
        _of_actor("trusted_roots", "actor_id"),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_trusted_roots")),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("trusted_roots", "attestations", "affiliations"):
        op.drop_table(table)
