"""Units of work: all or nothing, each for itself, also when many are written together."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from usi_fed.db.database import Database
from usi_fed.posts.tables import tags


def _add(connection: Connection, number: int, fault: Exception | None = None) -> int:
    connection.execute(tags.insert(), {"id": number, "name": f"t{number}", "display_name": f"T{number}"})
    if fault is not None:
        raise fault
    return number


def _count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(tags)).scalar_one()


async def test_what_a_unit_gives_comes_back_and_is_stored(database: Database) -> None:
    assert await database.write(_add, 7) == 7
    assert await database.read(_count) == 1


async def test_a_unit_that_fails_leaves_nothing_and_its_neighbours_alone(database: Database) -> None:
    units = [database.write(_add, number, ValueError("no") if number % 3 == 0 else None) for number in range(1, 31)]
    results: list[Any] = await asyncio.gather(*units, return_exceptions=True)
    assert [result for result in results if isinstance(result, int)] == [n for n in range(1, 31) if n % 3]
    assert all(isinstance(result, int | ValueError) for result in results)
    assert await database.read(_count) == 20


async def test_an_error_of_the_database_reaches_only_who_made_it(database: Database) -> None:
    results: list[Any] = await asyncio.gather(
        database.write(_add, 1), database.write(_add, 1), database.write(_add, 2), return_exceptions=True
    )
    assert sorted(result for result in results if isinstance(result, int)) == [1, 2]
    assert await database.read(_count) == 2


async def test_a_caller_who_gave_up_does_not_stop_the_others(database: Database) -> None:
    waiting = [asyncio.ensure_future(database.write(_add, number)) for number in range(1, 6)]
    waiting[2].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await database.write(_add, 100)
    assert await database.read(_count) >= 5


async def test_a_unit_sees_what_was_written_before_it(database: Database) -> None:
    for number in range(1, 11):
        await database.write(_add, number)
        assert await database.read(_count) == number


async def test_an_error_keeps_its_kind_and_words(database: Database) -> None:
    with pytest.raises(LookupError, match="what is this"):
        await database.write(_add, 1, LookupError("what is this"))
