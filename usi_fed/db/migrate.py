"""Brings a database to the newest schema."""

from pathlib import Path

from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.pool import NullPool

from usi_fed.db.engine import run_on_postgres

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(url: str) -> None:
    """Run every revision that the database at `url` has not seen. Safe to call at each start.

    Not to be called from a running event loop: PostgreSQL's driver needs one of its own.
    """
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            if not is_current(connection):
                connection.commit()
                _upgrade(connection)
    else:
        run_on_postgres(url, _upgrade, "READ COMMITTED")


def is_current(connection: Connection) -> bool:
    """Whether the database has seen every revision of this release."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    known = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return known == newest_revision()


def newest_revision() -> str:
    """The number of the newest revision: each file in `migrations/versions` begins with its own."""
    return max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def upgrade_within(connection: Connection) -> None:
    """Run every revision that is missing, in the transaction that the caller has begun and ends."""
    # Here and not above: Alembic is a tenth of the time that a start takes, and most starts find nothing to do.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # Two processes that start together must not both create the tables.
        connection.exec_driver_sql("SELECT pg_advisory_lock(7240311)")
        connection.commit()
    upgrade_within(connection)
    connection.commit()
