"""What tests of several rooms share: a migrated database of their own."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from usi_fed.db.database import Database
from usi_fed.db.engine import open_database
from usi_fed.db.migrate import upgrade


@pytest.fixture(scope="session")
def _migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One empty SQLite database with the newest schema, copied for each test: migrating takes longer than a test."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def database_url(_migrated_file: Path, tmp_path: Path) -> str:
    """The URL of an empty database with the newest schema."""
    path = tmp_path / "usi-fed.db"
    shutil.copy(_migrated_file, path)
    return f"sqlite:///{path}"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database with the newest schema and no rows."""
    database = open_database(database_url)
    await database.open()
    yield database
    await database.close()
