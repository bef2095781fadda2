"""SQLite: readers in a few threads, one writer thread with group commit.

The writer takes all units that wait into one transaction, a savepoint each, commits once and then answers
them all: one sync to the disk for many callers (`../shared/stack.md`).
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from usi_fed.errors import Busy, StorageFull
from usi_fed.threads import Crew, Handover, Postbox, Settlement

P = ParamSpec("P")
T = TypeVar("T")

READERS = 3
FULL_GROUP = 128
BUSY_SECONDS = 30
CACHE_KIB = 16 * 1024


class _Unit(NamedTuple):
    work: Callable[[Connection], Any]
    future: "asyncio.Future[Any]"


class SqliteDatabase:
    """An embedded database in one file. Several processes may share the file; WAL and the busy timeout see to it."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._units: queue.SimpleQueue[list[_Unit] | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_groups, name="sqlite-writer", daemon=True)
        self._readers = Crew(READERS, "sqlite-reader")
        self._local = threading.local()
        self._connections: list[Connection] = []

    async def open(self) -> None:
        """Start the writer thread; every unit from now on is awaited on this event loop."""
        self._loop = asyncio.get_running_loop()
        self._postbox = Postbox(self._loop)
        self._handover: Handover[_Unit] = Handover(self._loop, self._units.put)
        self._writer.start()

    async def close(self) -> None:
        """Let the writer finish what waits, then close every connection."""
        self._handover.flush()
        self._units.put(None)
        await asyncio.to_thread(self._writer.join)
        await self._readers.close()
        for connection in self._connections:
            connection.close()
        self._engine.dispose()

    async def read(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit that only reads, on a reader thread's own connection."""
        return await self._readers.run(self._read, partial(_call, unit, args, kwargs))

    async def write(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit in the writer's next group; returns after the commit has reached the disk."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._handover.add(_Unit(partial(_call, unit, args, kwargs), future))
        return await future

    def _read(self, work: Callable[[Connection], T]) -> T:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._local.connection = connection
            self._connections.append(connection)
        return work(connection)

    # ---- the writer thread ----

    def _write_groups(self) -> None:
        with self._engine.connect() as connection:
            open_ = True
            while open_:
                group, open_ = self._next_group()
                if group:
                    self._postbox.send(*self._run_group(connection, group))

    def _next_group(self) -> tuple[list[_Unit], bool]:
        """The units that wait now, at least one; False when the database is closing."""
        group: list[_Unit] = []
        units = self._units.get()
        while units is not None:
            group += units
            if len(group) >= FULL_GROUP:
                return group, True
            try:
                units = self._units.get_nowait()
            except queue.Empty:
                return group, True
        return group, False

    def _run_group(self, connection: Connection, group: list[_Unit]) -> list[Settlement]:
        """Run a group in one transaction; a unit that fails takes back only its own changes."""
        driver = _driver(connection)
        try:
            driver.execute("BEGIN IMMEDIATE")
            answers = [_run_unit(connection, driver, unit, alone=len(group) == 1) for unit in group]
            if driver.in_transaction:
                driver.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - handed to every caller of the group, none is swallowed
            if driver.in_transaction:
                driver.execute("ROLLBACK")
            answers = [Settlement(unit.future, None, _translated(error)) for unit in group]
        finally:
            connection.rollback()
        return answers


def _driver(connection: Connection) -> sqlite3.Connection:
    """SQLite's own connection: what frames every unit goes there without a way through SQLAlchemy."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def _call(unit: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], connection: Connection) -> T:
    return unit(connection, *args, **kwargs)


def _run_unit(connection: Connection, driver: sqlite3.Connection, unit: _Unit, *, alone: bool) -> Settlement:
    """Run one unit inside the group's transaction.

    Raises:
        Exception: the database itself gave up the transaction (a full disk), or the unit was alone.
    """
    if alone:
        return Settlement(unit.future, unit.work(connection), None)
    driver.execute("SAVEPOINT unit")
    try:
        result = unit.work(connection)
    except Exception as error:
        if not driver.in_transaction:
            raise
        driver.execute("ROLLBACK TO unit")
        driver.execute("RELEASE unit")
        return Settlement(unit.future, None, _translated(error))
    driver.execute("RELEASE unit")
    return Settlement(unit.future, result, None)


def _translated(error: BaseException) -> BaseException:
    """A full disk, or another process that writes for very long, is told apart from a fault of ours: the caller answers
    503 and the peer comes back.
    """
    origin = error.orig if isinstance(error, OperationalError) else error
    if isinstance(origin, sqlite3.OperationalError):
        code = getattr(origin, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            return StorageFull(str(origin))
        if code == sqlite3.SQLITE_BUSY:
            return Busy(str(origin))
    return error


def _engine(url: str) -> Engine:
    path = url.removeprefix("sqlite:///")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        poolclass=NullPool,
        connect_args={"check_same_thread": False, "isolation_level": None, "cached_statements": 512},
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in (
        "journal_mode = WAL",
        # FULL: what we answered 202 for survives a power cut, not only a killed process. Group commit pays for it.
        "synchronous = FULL",
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "foreign_keys = ON",
        f"cache_size = -{CACHE_KIB}",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").close()
