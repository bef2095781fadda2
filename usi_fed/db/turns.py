"""Turns: units of work that look before they write, on a database where several run at once.

"Has she five pins already?" is true of the moment at which it is asked. On PostgreSQL two units may ask at the same
moment, and both go on. Who takes a turn first asks when the other has committed. See `docs/decisions/0035-turns.md`.
"""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, text

P = ParamSpec("P")
T = TypeVar("T")

_LOCK = text("SELECT pg_advisory_xact_lock(:id)")


def take_turn(connection: Connection, *ids: int) -> None:
    """Wait until no other unit of work has the turn of these things, and keep it until this one has ended.

    `ids` are ids of rows (`clock.new_id` gives each number once in all tables): usually the person who acts. To be
    called first, before anything is read, and once with all ids: they are taken in order, so that two units never wait
    for each other. A unit that has a turn already may take it again.

    On SQLite nothing is done: there is one writer.
    """
    if connection.dialect.name == "postgresql":
        for one in sorted(set(ids)):
            connection.execute(_LOCK, {"id": one})


def in_turn(unit: Callable[Concatenate[Connection, P], T], *ids: int) -> Callable[Concatenate[Connection, P], T]:
    """The same unit of work, which takes the turn of these things first."""

    def waiting(connection: Connection, /, *args: P.args, **kwargs: P.kwargs) -> T:
        take_turn(connection, *ids)
        return unit(connection, *args, **kwargs)

    return waiting
