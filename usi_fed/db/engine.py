"""Opens the database that the settings name.

What PostgreSQL needs is imported when it is wanted: with SQLAlchemy's part for asyncio comes its ORM, which a server on
one file never uses and would wait for at every start.
"""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import IsolationLevel

from usi_fed.db.database import Database
from usi_fed.db.sqlite import SqliteDatabase

T = TypeVar("T")


def open_database(url: str) -> Database:
    """The database at `url` (`sqlite:///...` or `postgresql+asyncpg://...`), not yet connected."""
    if url.startswith("sqlite"):
        return SqliteDatabase(url)
    from usi_fed.db.postgres import PostgresDatabase  # noqa: PLC0415

    return PostgresDatabase(url)


def run_on_postgres(url: str, unit: Callable[[Connection], T], isolation_level: IsolationLevel) -> T:
    """Run one unit of work on a connection of its own and commit it; not to be called from a running event loop."""
    from usi_fed.db.postgres import run_alone  # noqa: PLC0415

    return run_alone(url, unit, isolation_level)
