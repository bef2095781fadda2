"""Opens the database that the settings name."""

from usi_fed.db.database import Database
from usi_fed.db.postgres import PostgresDatabase
from usi_fed.db.sqlite import SqliteDatabase


def open_database(url: str) -> Database:
    """The database at `url` (`sqlite:///...` or `postgresql+asyncpg://...`), not yet connected."""
    return SqliteDatabase(url) if url.startswith("sqlite") else PostgresDatabase(url)
