"""One database is enough to read what others wrote."""

from collections.abc import AsyncIterator

import pytest

from usi_fed.db.database import Database
from usi_fed.db.engine import open_database


@pytest.fixture
async def sqlite_database(sqlite_url: str) -> AsyncIterator[Database]:
    database = open_database(sqlite_url)
    await database.open()
    yield database
    await database.close()
