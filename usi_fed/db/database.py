"""The unit of work: store functions are plain functions of a Connection; a Database runs them.

Why synchronous functions: one text of every query for both databases, no `await` between statements, and
SQLite at its own speed (`../shared/stack.md`, "One store for two databases").
"""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

P = ParamSpec("P")
T = TypeVar("T")


class Database(Protocol):
    """A database that runs units of work."""

    async def read(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit that only reads."""

    async def write(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit in a transaction: when this returns, what it did is on disk; when it raises, nothing is.

        A unit may run several times (PostgreSQL: when another was first), so it must touch the database only. One that
        looks before it writes, as at a limit, takes a turn first (`db/turns.py`).

        Raises:
            StorageFull: the disk or the database cannot take more.
            Busy: others are changing the same thing, or hold all connections, and do not come to an end.
        """

    async def open(self) -> None:
        """Connect."""

    async def close(self) -> None:
        """Finish the units in hand, then disconnect."""


def insert(connection: Connection, table: Table) -> Any:  # noqa: ANN401 - the two dialects' Insert have no common base
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`, for the database in use."""
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)
