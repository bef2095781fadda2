"""Upkeep: what is done now and then."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from usi_fed.background import Bells
from usi_fed.chores import SELDOM, Chores
from usi_fed.clock import now
from usi_fed.config import Settings
from usi_fed.inbox.receipts import NewReceipt, finish, store_receipts
from usi_fed.inbox.tables import receipts
from usi_fed.wiring import House, open_house

LONG_AGO = timedelta(days=40)


class Time:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.present = now()

    def __call__(self) -> datetime:
        return self.present


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def house(tmp_path: Path, database_url: str, time: Time) -> AsyncIterator[House]:
    settings = Settings(domain="union.example", data_dir=tmp_path, database_url=database_url)
    async with open_house(settings, clock=time, queue=Bells()) as house:
        yield house


def chores_of(house: House, holder: str) -> Chores:
    return Chores(house.database, house.publisher, house.media, house.blocklists, house.clock, holder)


def _finish_one(connection: Connection, at: datetime) -> None:
    uri = f"https://other.example/{at.timestamp()}"
    store_receipts(connection, [NewReceipt(uri, uri, "Like", b"{}", None, at)], at)
    finish(connection, [connection.execute(select(func.max(receipts.c.id))).scalar_one()])


def _count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(receipts)).scalar_one()


async def test_old_rows_go_at_the_start_and_then_each_hour(house: House, time: Time) -> None:
    chores = chores_of(house, "machine/1/a")
    await house.database.write(_finish_one, time() - LONG_AGO)
    await chores.drain()
    assert await house.database.read(_count) == 0
    await house.database.write(_finish_one, time() - LONG_AGO)
    await chores.drain()
    assert await house.database.read(_count) == 1
    time.present += SELDOM
    await chores.drain()
    assert await house.database.read(_count) == 0


async def test_of_several_processes_one_does_the_rare_chores(house: House, time: Time) -> None:
    one, other = chores_of(house, "machine/1/a"), chores_of(house, "machine/2/b")
    await one.drain()
    await house.database.write(_finish_one, time() - LONG_AGO)
    await other.drain()
    assert await house.database.read(_count) == 1
    time.present += SELDOM
    await other.drain()
    assert await house.database.read(_count) == 0


async def test_it_is_due_again_within_a_minute(house: House, time: Time) -> None:
    due = await chores_of(house, "machine/1/a").next_due()
    assert due is not None
    assert timedelta() < due - time() < timedelta(minutes=1)
