"""Organisations: what they are, who acts for them, who belongs to them, what was done in their name."""

import sqlalchemy as sa
from alembic import op

from usi_fed.db import columns

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _of_actor(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["actors.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def upgrade() -> None:
    """Make their tables."""
    op.add_column("actors", sa.Column("concealed", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("audit_log", sa.Column("organisation_id", _ID, nullable=True))
    op.create_index(op.f("ix_audit_log_organisation_id"), "audit_log", ["organisation_id"], unique=False)
    op.create_table(
        "organisations",
        sa.Column("actor_id", _ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("parent_uri", sa.Text(), nullable=True),
        sa.Column("sectors", columns.Json(), server_default="[]", nullable=False),
        sa.Column("themes", columns.Json(), server_default="[]", nullable=False),
        sa.Column("country", sa.String(length=2), server_default="", nullable=False),
        sa.Column("region", sa.Text(), server_default="", nullable=False),
        sa.Column("languages", columns.Json(), server_default="[]", nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("is_listed", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("facts", columns.Json(), server_default="[]", nullable=False),
        _of_actor("organisations", "actor_id"),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_organisations")),
    )
    op.create_index(op.f("ix_organisations_parent_uri"), "organisations", ["parent_uri"], unique=False)
    op.create_table(
        "offices",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("is_shown", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("given_by", _ID, nullable=True),
        sa.Column("since", columns.Moment(), nullable=False),
        _of_actor("offices", "organisation_id"),
        _of_actor("offices", "person_id"),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", "role", name=op.f("pk_offices")),
    )
    op.create_index(op.f("ix_offices_person_id"), "offices", ["person_id"], unique=False)
    op.create_table(
        "office_offers",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("offered_by", _ID, nullable=True),
        sa.Column("expires_at", columns.Moment(), nullable=False),
        _of_actor("office_offers", "organisation_id"),
        _of_actor("office_offers", "person_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office_offers")),
        sa.UniqueConstraint(
            "organisation_id", "person_id", "role", name=op.f("uq_office_offers_organisation_id_person_id_role")
        ),
    )
    op.create_index(op.f("ix_office_offers_person_id"), "office_offers", ["person_id"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("uri", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by", _ID, nullable=True),
        sa.Column("since", columns.Moment(), nullable=False),
        sa.Column("until", columns.Moment(), nullable=True),
        _of_actor("memberships", "organisation_id"),
        _of_actor("memberships", "person_id"),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", name=op.f("pk_memberships")),
    )
    op.create_index(op.f("ix_memberships_person_id"), "memberships", ["person_id"], unique=False)
    op.create_index(op.f("ix_memberships_uri"), "memberships", ["uri"], unique=False)
    op.create_index("ix_memberships_state", "memberships", ["organisation_id", "state"], unique=False)


def downgrade() -> None:
    """Drop them."""
    for table in ("memberships", "office_offers", "offices", "organisations"):
        op.drop_table(table)
    op.drop_index(op.f("ix_audit_log_organisation_id"), "audit_log")
    op.drop_column("audit_log", "organisation_id")
    op.drop_column("actors", "concealed")
