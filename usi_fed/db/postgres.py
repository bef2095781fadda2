"""PostgreSQL: units of work on asyncpg's connections, one pool for the process."""

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from usi_fed.errors import Busy, StorageFull

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

POOL = 10
ATTEMPTS = 5
# A deadlock, a serialisation failure; and what a unit met that it had just looked for: a row that another has added (a
# unique key), or taken away (a foreign key). Run again, it finds what is there.
OVERTAKEN = frozenset({"40P01", "40001", "23505", "23503"})
FULL = frozenset({"53100", "53200", "58030"})  # disk full, out of memory, input/output error


class PostgresDatabase:
    """A PostgreSQL database, for servers that outgrow one file or run several processes."""

    def __init__(self, url: str) -> None:
        self._engine: AsyncEngine = create_async_engine(url, pool_size=POOL, max_overflow=POOL, pool_pre_ping=False)
        self._reading: AsyncEngine = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    async def open(self) -> None:
        """Nothing to do: connections are made when they are needed."""

    async def close(self) -> None:
        """Close the pool."""
        await self._engine.dispose()

    async def read(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit that only reads."""
        try:
            async with self._reading.connect() as connection:
                return await connection.run_sync(unit, *args, **kwargs)
        except NoConnection as error:
            raise Busy("no connection to PostgreSQL came free") from error

    async def write(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit in a transaction; again, after a short pause, when another unit was first.

        Raises:
            IntegrityError: the unit breaks a rule of the tables whenever it is run: a fault of ours.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self._engine.begin() as connection:
                    return await connection.run_sync(unit, *args, **kwargs)
            except NoConnection as error:
                raise Busy("no connection to PostgreSQL came free") from error
            except Busy:
                if attempt == ATTEMPTS:
                    raise
            except DBAPIError as error:
                _check(error, is_last=attempt == ATTEMPTS)
            await asyncio.sleep(random.uniform(0, 0.02 * attempt))  # noqa: S311 - jitter, not a secret
        raise AssertionError("unreachable: the last attempt returns or raises")


def run_alone(url: str, unit: Callable[[Connection], T], isolation_level: IsolationLevel) -> T:
    """Run one unit of work on a connection of its own and commit it; not to be called from a running event loop."""

    async def run() -> T:
        engine = create_async_engine(url, poolclass=NullPool, isolation_level=isolation_level)
        try:
            async with engine.connect() as connection:
                result = await connection.run_sync(unit)
                await connection.commit()
                return result
        finally:
            await engine.dispose()

    return asyncio.run(run())


def _check(error: DBAPIError, *, is_last: bool) -> None:
    """Raise what is to be raised for an error of the database; return when the unit is to be run again."""
    code = _code(error)
    if code in FULL:
        raise StorageFull(f"PostgreSQL answered {code}") from error
    if code not in OVERTAKEN or (is_last and isinstance(error, IntegrityError)):
        raise error
    if is_last:
        raise Busy(f"PostgreSQL answered {code} {ATTEMPTS} times") from error
    log.info("a unit of work is run again: PostgreSQL answered %s", code)


def _code(error: DBAPIError) -> Any:  # noqa: ANN401 - the driver's own attribute
    return getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
