"""Officers act for organisations: in a session, with an application, and who wrote each post."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make room for it."""
    _add("sessions", "acting_as", "actors.id", "SET NULL")
    for table in ("authorization_codes", "access_tokens"):
        _add(table, "person_id", "accounts.actor_id", "CASCADE")
    op.add_column("drafts", sa.Column("written_by", _ID, nullable=True))
    op.create_table(
        "post_writers",
        sa.Column("post_id", _ID, autoincrement=False, nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_post_writers_post_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["actors.id"], name=op.f("fk_post_writers_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_post_writers")),
    )
    op.create_index(op.f("ix_post_writers_person_id"), "post_writers", ["person_id"], unique=False)


def downgrade() -> None:
    """Drop it."""
    op.drop_table("post_writers")
    op.drop_column("drafts", "written_by")
    for table, column in (
        ("access_tokens", "person_id"),
        ("authorization_codes", "person_id"),
        ("sessions", "acting_as"),
    ):
        op.drop_index(op.f(f"ix_{table}_{column}"), table)
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"fk_{table}_{column}"), type_="foreignkey")
            batch.drop_column(column)


def _add(table: str, column: str, target: str, when_gone: str) -> None:
    name = op.f(f"fk_{table}_{column}")
    with op.batch_alter_table(table) as batch:
        batch.add_column(sa.Column(column, _ID, nullable=True))
        batch.create_foreign_key(
            name, target.split(".", maxsplit=1)[0], [column], [target.split(".")[1]], ondelete=when_gone
        )
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)
