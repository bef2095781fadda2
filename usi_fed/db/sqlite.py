"""SQLite: readers in a few threads, one writer thread with group commit.

The writer takes all units that wait into one transaction, a savepoint each, commits once and then answers
them all: one sync to the disk for many callers (`../shared/stack.md`).
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from usi_fed.errors import StorageFull

P = ParamSpec("P")
T = TypeVar("T")

READERS = 3
LARGEST_GROUP = 128
BUSY_SECONDS = 30
CACHE_KIB = 16 * 1024


class _Unit(NamedTuple):
    work: Callable[[Connection], Any]
    future: "asyncio.Future[Any]"


class _Answer(NamedTuple):
    future: "asyncio.Future[Any]"
    result: Any
    error: BaseException | None


class SqliteDatabase:
    """An embedded database in one file. Several processes may share the file; WAL and the busy timeout see to it."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._units: queue.SimpleQueue[_Unit | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_groups, name="sqlite-writer", daemon=True)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")
        self._local = threading.local()
        self._connections: list[Connection] = []

    async def open(self) -> None:
        """Start the writer thread; every unit from now on is awaited on this event loop."""
        self._loop = asyncio.get_running_loop()
        self._writer.start()

    async def close(self) -> None:
        """Let the writer finish what waits, then close every connection."""
        self._units.put(None)
        await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._readers.shutdown)
        for connection in self._connections:
            connection.close()
        self._engine.dispose()

    async def read(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit that only reads, on a reader thread's own connection."""
        return await self._loop.run_in_executor(self._readers, partial(self._read, unit, *args, **kwargs))

    async def write(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit in the writer's next group; returns after the commit has reached the disk."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._units.put(_Unit(partial(_call, unit, args, kwargs), future))
        return await future

    def _read(self, unit: Callable[..., T], *args: Any, **kwargs: Any) -> T:  # noqa: ANN401
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._local.connection = connection
            self._connections.append(connection)
        return unit(connection, *args, **kwargs)

    # ---- the writer thread ----

    def _write_groups(self) -> None:
        with self._engine.connect() as connection:
            open_ = True
            while open_:
                group, open_ = self._next_group()
                if group:
                    self._answer(self._run_group(connection, group))

    def _next_group(self) -> tuple[list[_Unit], bool]:
        """The units that wait now, at least one; False when the database is closing."""
        group: list[_Unit] = []
        unit = self._units.get()
        while unit is not None:
            group.append(unit)
            if len(group) == LARGEST_GROUP:
                return group, True
            try:
                unit = self._units.get_nowait()
            except queue.Empty:
                return group, True
        return group, False

    def _run_group(self, connection: Connection, group: list[_Unit]) -> list[_Answer]:
        """Run a group in one transaction; a unit that fails takes back only its own changes."""
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            answers = [_run_unit(connection, unit, alone=len(group) == 1) for unit in group]
            if connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
                connection.exec_driver_sql("COMMIT")
        except Exception as error:  # noqa: BLE001 - handed to every caller of the group, none is swallowed
            _roll_back(connection)
            answers = [_Answer(unit.future, None, _translated(error)) for unit in group]
        finally:
            connection.rollback()
        return answers

    def _answer(self, answers: list[_Answer]) -> None:
        """Hand the results to the event loop in one call: a wake-up for each would cost more than the work."""
        try:
            self._loop.call_soon_threadsafe(_settle, answers)
        except RuntimeError:
            # The loop has been closed under us: nobody waits any more, and what was committed stays committed.
            return


def _call(unit: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], connection: Connection) -> T:
    return unit(connection, *args, **kwargs)


def _run_unit(connection: Connection, unit: _Unit, *, alone: bool) -> _Answer:
    """Run one unit inside the group's transaction.

    Raises:
        Exception: the database itself gave up the transaction (a full disk), or the unit was alone.
    """
    if alone:
        return _Answer(unit.future, unit.work(connection), None)
    connection.exec_driver_sql("SAVEPOINT unit")
    try:
        result = unit.work(connection)
    except Exception as error:
        if not connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
            raise
        connection.exec_driver_sql("ROLLBACK TO unit")
        connection.exec_driver_sql("RELEASE unit")
        return _Answer(unit.future, None, _translated(error))
    connection.exec_driver_sql("RELEASE unit")
    return _Answer(unit.future, result, None)


def _roll_back(connection: Connection) -> None:
    if connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
        connection.exec_driver_sql("ROLLBACK")


def _settle(answers: list[_Answer]) -> None:
    for answer in answers:
        if answer.future.cancelled():
            continue
        if answer.error is None:
            answer.future.set_result(answer.result)
        else:
            answer.future.set_exception(answer.error)


def _translated(error: BaseException) -> BaseException:
    """A full disk is told apart from a fault of ours: the caller answers 503 and the peer comes back."""
    if isinstance(error, OperationalError) and isinstance(error.orig, sqlite3.OperationalError):
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            return StorageFull(str(error.orig))
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
