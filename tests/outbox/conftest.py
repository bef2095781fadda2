"""A house that sends."""

from collections.abc import AsyncIterator

import pytest

from tests.outbox.newsroom import Newsroom, newsroom_of
from tests.outbox.receivers import IMPATIENT, Outbox, outbox_of
from usi_fed.db.database import Database


@pytest.fixture
async def outbox(database: Database) -> AsyncIterator[Outbox]:
    async with outbox_of(database) as outbox:
        yield outbox


@pytest.fixture
async def impatient_outbox(database: Database) -> AsyncIterator[Outbox]:
    async with outbox_of(database, IMPATIENT) as outbox:
        yield outbox


@pytest.fixture
async def newsroom(database: Database) -> AsyncIterator[Newsroom]:
    async with newsroom_of(database) as newsroom:
        yield newsroom
