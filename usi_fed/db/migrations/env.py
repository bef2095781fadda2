"""Alembic's entry: runs the revisions on the connection that `db/migrate.py` hands over."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    render_as_batch=True,  # SQLite cannot alter a column in place
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
