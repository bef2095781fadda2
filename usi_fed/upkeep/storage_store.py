"""How much room things take, in the database and by what it says of files."""

from typing import NamedTuple

from sqlalchemy import Connection, func, select, text

from usi_fed.media.tables import cached_files, media


class Heap(NamedTuple):
    """How many files of a kind there are, and how large they are together."""

    files: int
    size_bytes: int


def own_media(connection: Connection) -> Heap:
    """What our own people have uploaded."""
    total = func.coalesce(func.sum(media.c.size_bytes), 0)
    files, size_bytes = connection.execute(
        select(func.count(), total).where(media.c.file.is_not(None), media.c.size_bytes.is_not(None))
    ).one()
    return Heap(files, int(size_bytes))


def cached_media(connection: Connection) -> Heap:
    """Files of other servers that are kept for a while."""
    total = func.coalesce(func.sum(cached_files.c.size_bytes), 0)
    files, size_bytes = connection.execute(select(func.count(), total).select_from(cached_files)).one()
    return Heap(files, int(size_bytes))


def database_version(connection: Connection) -> tuple[str, str]:
    """What the database is called, and its version."""
    if connection.dialect.name == "postgresql":
        return "PostgreSQL", str(connection.scalar(text("SHOW server_version")))
    return "SQLite", str(connection.scalar(text("SELECT sqlite_version()")))


def database_bytes(connection: Connection) -> int:
    """How much room the database takes."""
    if connection.dialect.name == "postgresql":
        return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    return int(pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one())
