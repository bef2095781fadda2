"""What is answered 202 must be on the disk, not only on its way there."""

from sqlalchemy import Connection

from usi_fed.db.engine import open_database
from usi_fed.db.sqlite import SqliteDatabase

FULL = 2


def _settings(connection: Connection) -> tuple[str, int]:
    journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    return journal, connection.exec_driver_sql("PRAGMA synchronous").scalar_one()


async def test_sqlite_waits_for_the_disk_at_each_commit(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    assert isinstance(database, SqliteDatabase)
    await database.open()
    try:
        assert await database.write(_settings) == ("wal", FULL)
        assert await database.read(_settings) == ("wal", FULL)
    finally:
        await database.close()
