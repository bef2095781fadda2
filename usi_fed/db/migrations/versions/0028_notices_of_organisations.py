"""Officers are told what concerns an organisation of theirs, and invite in its name."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Say which organisation it is."""
    with op.batch_alter_table("notifications") as batch:
        batch.add_column(sa.Column("organisation_id", _ID, nullable=True))
        batch.create_foreign_key(
            op.f("fk_notifications_organisation_id"), "actors", ["organisation_id"], ["id"], ondelete="CASCADE"
        )
        batch.create_index(op.f("ix_notifications_organisation_id"), ["organisation_id"])
    with op.batch_alter_table("invitations") as batch:
        batch.add_column(sa.Column("organisation_id", _ID, nullable=True))
        batch.create_foreign_key(
            op.f("fk_invitations_organisation_id"), "actors", ["organisation_id"], ["id"], ondelete="SET NULL"
        )


def downgrade() -> None:
    """No longer."""
    with op.batch_alter_table("invitations") as batch:
        batch.drop_constraint(op.f("fk_invitations_organisation_id"), type_="foreignkey")
        batch.drop_column("organisation_id")
    op.execute(sa.text("DELETE FROM notifications WHERE organisation_id IS NOT NULL"))
    with op.batch_alter_table("notifications") as batch:
        batch.drop_index(op.f("ix_notifications_organisation_id"))
        batch.drop_constraint(op.f("fk_notifications_organisation_id"), type_="foreignkey")
        batch.drop_column("organisation_id")
