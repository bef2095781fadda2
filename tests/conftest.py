"""What tests of several rooms share: a database of their own, on SQLite and on PostgreSQL, and a Valkey server.

The servers start when the first test asks for one. `pytest -k "not postgresql"` leaves PostgreSQL out.
"""

import itertools
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.servers import create_database, drop_database, in_thread, running_postgres, running_valkey
from usi_fed.db.database import Database
from usi_fed.db.engine import open_database
from usi_fed.db.migrate import upgrade

_numbers = itertools.count(1)


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


@pytest.fixture
def postgresql_url(postgres: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database with the newest schema."""
    name = f"test{next(_numbers)}"
    yield create_database(postgres, name, template="template")
    drop_database(postgres, name)


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
