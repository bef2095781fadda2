"""Statements for hot paths: their SQL is made once, and on SQLite they go straight to the driver.

SQLAlchemy's own execution costs four times the statement itself (`../shared/stack.md`); here nothing is left of it but
the text that it wrote and the conversion of values. On PostgreSQL, where the network outweighs it, it runs as always.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import Executable

_SQLITE = sqlite.dialect(paramstyle="named")

Convert = Callable[[Any], Any]
Parameters = Mapping[str, Any]


class _Form(NamedTuple):
    """A statement as SQLite takes it: text, its own values, conversions of parameters and of columns."""

    sql: str
    constants: dict[str, Any]
    into: list[tuple[str, Convert]]
    out_of: list[tuple[int, Convert]]


class Prepared:
    """One statement with named parameters, made at module level; it has no expanding IN and no RETURNING.

    Its text is written at its first use: writing all of them would take a third of a start.
    """

    def __init__(self, statement: Any, column_keys: Sequence[str] | None = None) -> None:  # noqa: ANN401
        self._statement: Executable = statement
        self._column_keys = column_keys

    def all(self, connection: Connection, parameters: Parameters) -> Sequence[Any]:
        """Every row, as tuples."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, parameters).all()
        rows = self._driver(connection, parameters).fetchall()
        return [self._converted(row) for row in rows] if self._form.out_of else rows

    def first(self, connection: Connection, parameters: Parameters) -> Any:  # noqa: ANN401 - a row of any shape
        """The first row as a tuple, or None."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, parameters).first()
        row = self._driver(connection, parameters).fetchone()
        return self._converted(row) if row is not None and self._form.out_of else row

    def run(self, connection: Connection, parameters: Parameters) -> int:
        """Run a statement that gives no rows; how many it changed."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, parameters).rowcount
        rowcount: int = self._driver(connection, parameters).rowcount
        return rowcount

    def run_many(self, connection: Connection, parameters: Sequence[Parameters]) -> None:
        """Run a statement once for each set of parameters."""
        if connection.dialect.name != "sqlite":
            connection.execute(self._statement, list(parameters))
            return
        driver: Any = connection.connection.driver_connection
        try:
            driver.executemany(self._form.sql, [self._bound(one) for one in parameters])
        except sqlite3.Error as error:
            raise self._as_usual(error) from error

    @cached_property
    def _form(self) -> _Form:
        return _form_of(self._statement, self._column_keys)

    def _driver(self, connection: Connection, parameters: Parameters) -> Any:  # noqa: ANN401 - sqlite3.Cursor
        driver: Any = connection.connection.driver_connection
        try:
            return driver.execute(self._form.sql, self._bound(parameters))
        except sqlite3.Error as error:
            raise self._as_usual(error) from error

    def _as_usual(self, error: sqlite3.Error) -> BaseException:
        """The error that SQLAlchemy would have raised, so that callers need to know one kind only."""
        return DBAPIError.instance(self._form.sql, None, error, sqlite3.Error, dialect=_SQLITE)

    def _bound(self, parameters: Parameters) -> Parameters:
        form = self._form
        bound = {**form.constants, **parameters}
        for name, convert in form.into:
            bound[name] = convert(bound[name])
        return bound

    def _converted(self, row: Sequence[Any]) -> Sequence[Any]:
        values = list(row)
        for position, convert in self._form.out_of:
            values[position] = convert(values[position])
        return values


class NewRows:
    """INSERT of whole rows into one table, where a row that is there already is left alone."""

    def __init__(self, table: Table) -> None:
        keys = [column.key for column in table.columns]
        self._on_sqlite = Prepared(sqlite.insert(table).on_conflict_do_nothing(), keys)
        self._on_postgresql = postgresql.insert(table).on_conflict_do_nothing()

    def add(self, connection: Connection, row: Parameters) -> bool:
        """Insert one row, every column named; False when it was there already."""
        if connection.dialect.name == "sqlite":
            return self._on_sqlite.run(connection, row) == 1
        return connection.execute(self._on_postgresql, row).rowcount == 1

    def add_many(self, connection: Connection, rows: Sequence[Parameters]) -> None:
        """Insert several rows; none is fine too."""
        if rows and connection.dialect.name == "sqlite":
            self._on_sqlite.run_many(connection, rows)
        elif rows:
            connection.execute(self._on_postgresql, rows)


def _form_of(
    statement: Any,  # noqa: ANN401 - a Select, Insert, Update or Delete
    column_keys: Sequence[str] | None,
) -> _Form:
    keys = list(column_keys) if column_keys is not None else None
    compiled: Any = statement.compile(dialect=_SQLITE, column_keys=keys)
    constants: dict[str, Any] = {name: bind.value for name, bind in compiled.binds.items() if bind.value is not None}
    into: list[tuple[str, Convert]] = [
        (name, convert)
        for name, bind in compiled.binds.items()
        if (convert := bind.type.dialect_impl(_SQLITE).bind_processor(_SQLITE)) is not None
    ]
    columns = statement.selected_columns if isinstance(statement, Select) else ()
    out_of: list[tuple[int, Convert]] = [
        (position, convert)
        for position, column in enumerate(columns)
        if (convert := column.type.dialect_impl(_SQLITE).result_processor(_SQLITE, None)) is not None
    ]
    return _Form(str(compiled), constants, into, out_of)
