"""All rows of a database as one moment saw them, and back into another database, of the same kind or not.

Tables are taken from the database itself, not from the rooms: a backup needs raw values, in every table.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import Connection, MetaData, Table, create_engine, inspect, select, text
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import AddConstraint, DropConstraint

from usi_fed.db.engine import run_on_postgres
from usi_fed.errors import InvalidInput

T = TypeVar("T")

CHUNK_ROWS = 500

# Made anew where they are restored: the schema's number, who works on what, foreign files, the words of posts. Other
# backups are where they were.
LEFT_OUT = frozenset({"alembic_version", "backups", "leases", "cached_files", "post_words"})


_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
)


class Chunk(NamedTuple):
    """Some rows of a table, as plain values."""

    table: str
    columns: list[str]
    rows: list[list[Any]]


def with_snapshot(url: str, unit: Callable[[Connection], T]) -> T:
    """Run a unit that sees the database as it is now, whatever others write meanwhile.

    Raises:
        InvalidInput: there is no database yet.
    """
    if url.startswith("sqlite"):
        if not Path(url.removeprefix("sqlite:///")).exists():
            raise InvalidInput("database", "is not there yet: the server has never run here")
        with create_engine(url, poolclass=NullPool).connect() as connection:
            connection.exec_driver_sql("BEGIN")  # from the first read on, this is one moment
            return unit(connection)
    return run_on_postgres(url, unit, "REPEATABLE READ")


def with_transaction(url: str, unit: Callable[[Connection], T]) -> T:
    """Run a unit that writes, in one transaction."""
    if url.startswith("sqlite"):
        with create_engine(url, poolclass=NullPool).begin() as connection:
            return unit(connection)
    return run_on_postgres(url, unit, "READ COMMITTED")


def schema_of(connection: Connection) -> str:
    """The number of the newest migration that the database has seen; empty when it has no tables."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found or ""


def dump(connection: Connection) -> Iterator[Chunk]:
    """Every row worth keeping."""
    for table in _tables(connection):
        # The database's own names are of a class of their own, which a file does not know.
        name, columns = str(table.name), [str(column.name) for column in table.columns]
        statement = select(table).order_by(*table.primary_key.columns)
        with connection.execution_options(stream_results=True, yield_per=CHUNK_ROWS).execute(statement) as result:
            for rows in result.partitions():
                yield Chunk(name, columns, [list(row) for row in rows])


def load(connection: Connection, chunks: Iterable[Chunk]) -> None:
    """Put rows into the tables of a database that has none.

    Raises:
        InvalidInput: the rows do not fit the tables.
    """
    tables = {table.name: table for table in _tables(connection)}
    # Rows refer to rows that come later; SQLite looks only when it is told to.
    keys = [key for table in tables.values() for key in table.foreign_key_constraints]
    if connection.dialect.name == "postgresql":
        for key in keys:
            connection.execute(DropConstraint(key))
    for chunk in chunks:
        table = tables.get(chunk.table)
        if table is None or not set(chunk.columns) <= set(table.columns.keys()):
            raise InvalidInput("file", f"has rows for {chunk.table}, which do not fit this version's tables")
        rows = [[_storable(value) for value in row] for row in chunk.rows]
        connection.execute(table.insert(), [dict(zip(chunk.columns, row, strict=True)) for row in rows])
    if connection.dialect.name == "postgresql":
        for key in keys:
            connection.execute(AddConstraint(key))
    elif connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise InvalidInput("file", "has rows that refer to rows which are not there")


def _storable(value: Any) -> Any:  # noqa: ANN401 - a column's value
    """NUL characters, which SQLite stores, are none for PostgreSQL; they say nothing."""
    return value.replace("\0", "") if isinstance(value, str) else value


def drop_everything(connection: Connection) -> None:
    """Remove all tables."""
    metadata = MetaData()
    metadata.reflect(connection)
    metadata.drop_all(connection)


def is_in_use(connection: Connection, patience: timedelta = timedelta(seconds=2)) -> bool:
    """Whether others work in this PostgreSQL database under our name; who has just been stopped is waited for."""
    deadline = time.monotonic() + patience.total_seconds()
    while connection.execute(_OTHERS).scalar_one():
        if time.monotonic() > deadline:
            return True
        connection.execute(text("SELECT pg_sleep(0.1), pg_stat_clear_snapshot()"))
    return False


def pack(chunk: Chunk) -> bytes:
    """A chunk as bytes."""
    return msgspec.msgpack.encode(chunk)


def unpack(data: bytes) -> Chunk:
    """The chunk that `pack` packed."""
    return Chunk(*msgspec.msgpack.decode(data))


def _tables(connection: Connection) -> list[Table]:
    """The ordinary tables: not the hidden ones in which SQLite keeps a full-text index."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        names = {name for (name,) in connection.exec_driver_sql(query) if not name.startswith("sqlite_")}
    else:
        names = set(inspect(connection).get_table_names())
    metadata = MetaData()
    metadata.reflect(connection, only=sorted(names - LEFT_OUT))
    return sorted(metadata.tables.values(), key=lambda table: table.name)
