"""Sealed notes, and the keys that close and open them."""

import sqlalchemy as sa
from alembic import op

from usi_fed.db import columns

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [other], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "sealing_keys",
        sa.Column("person_id", _ID, autoincrement=False, nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", columns.Moment(), nullable=False),
        _of("sealing_keys", "person_id", "actors.id"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_sealing_keys")),
    )
    op.create_table(
        "paper_keys",
        sa.Column("organisation_id", _ID, autoincrement=False, nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", columns.Moment(), nullable=False),
        _of("paper_keys", "organisation_id", "actors.id"),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_paper_keys")),
    )
    op.create_table(
        "sealed_notes",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("day", columns.Moment(), nullable=False),
        _of("sealed_notes", "organisation_id", "actors.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_notes")),
    )
    op.create_index(op.f("ix_sealed_notes_organisation_id"), "sealed_notes", ["organisation_id"], unique=False)
    op.create_table(
        "sealed_boxes",
        sa.Column("note_id", _ID, nullable=False),
        sa.Column("reader_id", _ID, nullable=False),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        _of("sealed_boxes", "note_id", "sealed_notes.id"),
        sa.PrimaryKeyConstraint("note_id", "reader_id", name=op.f("pk_sealed_boxes")),
    )
    op.create_index(op.f("ix_sealed_boxes_reader_id"), "sealed_boxes", ["reader_id"], unique=False)
    op.create_table(
        "sealed_openings",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", columns.Moment(), nullable=False),
        _of("sealed_openings", "person_id", "actors.id"),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_sealed_openings")),
    )
    op.create_index(op.f("ix_sealed_openings_person_id"), "sealed_openings", ["person_id"], unique=False)
    op.create_index(op.f("ix_sealed_openings_expires_at"), "sealed_openings", ["expires_at"], unique=False)


def downgrade() -> None:
    """Drop them."""
    for table in ("sealed_openings", "sealed_boxes", "sealed_notes", "paper_keys", "sealing_keys"):
        op.drop_table(table)
