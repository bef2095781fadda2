"""What tests of several rooms share: a database of their own, on SQLite and on PostgreSQL, and a Valkey server.

The servers start when the first test asks for one. `pytest -k "not postgresql"` leaves PostgreSQL out.
"""

import itertools
import shutil
from collections.abc import AsyncIterator, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

from tests.servers import ReusedDatabase, create_database, in_thread, running_postgres, running_valkey
from usi_fed.db.database import Database
from usi_fed.db.engine import open_database
from usi_fed.db.migrate import upgrade

# Files of a minute and more: begun last, one of them would keep the other process waiting.
LONG = ("tests/web/", "tests/resilience/", "tests/interop/", "tests/cli/test_serve", "tests/outbox/test_killed",
        "tests/outbox/test_away", "tests/test_demo", "tests/upkeep/test_backup", "tests/api/test_clients")  # fmt: skip


# Folders whose files share servers that take long to start: all of one goes to one process.
TOGETHER = ("tests/web/", "tests/interop/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first; what belongs to one file, or folder, runs in one process."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
    for item in items:
        file = item.nodeid.partition("::")[0]
        folder = next((folder for folder in TOGETHER if file.startswith(folder)), None)
        item.add_marker(pytest.mark.xdist_group(folder or file))


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Hashes that cost next to nothing in this process: nearly every test makes one, and none is about its cost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("usi_fed.accounts.passwords._hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session", autouse=True)
def _keys_made_before() -> Iterator[None]:
    """The RSA keys that are made in this process come back after every 16: no test needs as many different ones."""
    made: list[RSAPrivateKey] = []
    numbers = itertools.count()

    def next_key(public_exponent: int, key_size: int) -> RSAPrivateKey:
        if len(made) < 16:
            made.append(generate_private_key(public_exponent, key_size))
            return made[-1]
        return made[next(numbers) % 16]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("usi_fed.activitypub.keys.generate_private_key", next_key)
        yield


@pytest.fixture(scope="session", autouse=True)
def _statements_made_before() -> Iterator[None]:
    """What SQLAlchemy made of a statement serves all databases of one kind that are opened in this process.

    It would be made anew in each test, for it is kept by database and by dialect, and each test opens a new one.
    """
    with pytest.MonkeyPatch.context() as patch:
        for dialect in (PGDialect_asyncpg, SQLiteDialect_pysqlite):
            patch.setattr(dialect, "__eq__", lambda one, other: type(one) is type(other))
            patch.setattr(dialect, "__hash__", lambda one: hash(type(one)))
        for place in ("usi_fed.db.postgres.create_async_engine", "usi_fed.db.sqlite.create_engine"):
            module, _, name = place.rpartition(".")
            make = partial(getattr(import_module(module), name), execution_options={"compiled_cache": LRUCache(5000)})
            patch.setattr(place, make)
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server of this test run; `template` is an empty database with the newest schema."""
    with running_postgres() as url:
        in_thread(upgrade, create_database(url, "template"))
        yield url


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """A Valkey server of this test run; its URL."""
    with running_valkey() as url:
        yield url


@pytest.fixture(scope="session")
def _migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One empty SQLite database with the newest schema, copied for each test: migrating takes longer than a test."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    in_thread(upgrade, f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(_migrated_file: Path, tmp_path: Path) -> str:
    """The URL of an empty SQLite database with the newest schema."""
    path = tmp_path / "usi-fed.db"
    shutil.copy(_migrated_file, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def _reused_database(postgres: str) -> Iterator[ReusedDatabase]:
    database = ReusedDatabase(postgres, "test", template="template")
    yield database
    database.close()


@pytest.fixture
def postgresql_url(_reused_database: ReusedDatabase) -> Iterator[str]:
    """The URL of an empty PostgreSQL database with the newest schema."""
    yield _reused_database.url
    _reused_database.clear()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database with the newest schema, once on each database."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database with the newest schema and no rows."""
    database = open_database(database_url)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def valkey_url(valkey: str) -> str:
    """The URL of a Valkey server. Tests share it: use keys of your own."""
    return valkey
