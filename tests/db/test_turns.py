"""Units of work that meet: each finds what the other has done, whoever is first."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError

from usi_fed.db.database import Database
from usi_fed.db.engine import open_database
from usi_fed.db.postgres import ATTEMPTS
from usi_fed.db.turns import in_turn, take_turn
from usi_fed.errors import Busy
from usi_fed.posts.tables import post_tags, tags


@pytest.fixture
async def postgresql_database(postgresql_url: str) -> AsyncIterator[Database]:
    database = open_database(postgresql_url)
    await database.open()
    yield database
    await database.close()


def _count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(tags)).scalar_one()


def _add(connection: Connection, number: int) -> None:
    connection.execute(tags.insert(), {"id": number, "name": f"t{number}", "display_name": f"T{number}"})


def _add_if_few(connection: Connection, number: int, most: int) -> bool:
    """A limit: look, then write; every statement lets others go on."""
    if _count(connection) >= most:
        return False
    _count(connection)
    _add(connection, number)
    return True


def _find_or_add(connection: Connection, number: int) -> str:
    """The row that one looks for is added by another meanwhile."""
    if connection.execute(select(tags).where(tags.c.id == number)).first() is not None:
        return "found"
    _count(connection)
    _add(connection, number)
    return "added"


async def test_who_takes_a_turn_keeps_to_a_limit(database: Database) -> None:
    answers = await asyncio.gather(*(database.write(in_turn(_add_if_few, 7), number, 3) for number in range(1, 13)))
    assert Counter(answers) == {True: 3, False: 9}
    assert await database.read(_count) == 3


async def test_who_does_not_find_a_row_that_is_just_being_added_looks_again(database: Database) -> None:
    answers = await asyncio.gather(*(database.write(_find_or_add, 1) for _ in range(12)))
    assert Counter(answers) == {"added": 1, "found": 11}


async def test_turns_in_whatever_order_do_not_block_each_other(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "usi_fed.db")
    pairs = [(one, other) for one in range(1, 5) for other in range(1, 5) if one != other]
    async with asyncio.timeout(20):
        await asyncio.gather(*(database.write(in_turn(_count, *pair)) for pair in pairs))
    assert not caplog.records


async def test_a_turn_may_be_taken_twice_and_ends_with_its_unit(database: Database) -> None:
    def twice(connection: Connection, fault: Exception | None = None) -> str:
        take_turn(connection, 7, 7)
        take_turn(connection, 7)
        if fault is not None:
            raise fault
        return "done"

    with pytest.raises(LookupError):
        await database.write(twice, LookupError())
    async with asyncio.timeout(20):
        assert await asyncio.gather(*(database.write(twice) for _ in range(3))) == ["done"] * 3


async def test_another_thing_has_a_turn_of_its_own(postgresql_database: Database) -> None:
    """Were there one turn for everything, the second would wait for the first till the time is up."""
    has_begun, may_end = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(connection: Connection) -> int:
        loop.call_soon(has_begun.set)
        while not may_end.is_set():
            _count(connection)  # the event loop goes on while the database answers
        return 1

    waiting = asyncio.ensure_future(postgresql_database.write(in_turn(slow, 1)))
    async with asyncio.timeout(20):
        await has_begun.wait()
        await postgresql_database.write(in_turn(_count, 2))
    assert not waiting.done()
    may_end.set()
    assert await waiting == 1


async def test_who_is_always_overtaken_is_told_to_come_again(postgresql_database: Database) -> None:
    runs = []

    def unlucky(connection: Connection) -> None:
        _add(connection, len(runs) + 1)
        runs.append(1)
        raise Busy("another was first")

    with pytest.raises(Busy):
        await postgresql_database.write(unlucky)
    assert len(runs) == ATTEMPTS
    assert await postgresql_database.read(_count) == 0


async def test_a_row_that_can_never_be_written_stays_a_fault_of_ours(database: Database) -> None:
    def of_no_post(connection: Connection) -> None:
        _add(connection, 1)
        connection.execute(post_tags.insert(), {"tag_id": 1, "post_id": 2})

    with pytest.raises(IntegrityError):
        await database.write(of_no_post)
    assert await database.read(_count) == 0
