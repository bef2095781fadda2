"""Alembic's revisions, shipped in the package; `db/migrate.py` runs them."""
