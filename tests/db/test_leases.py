"""Leases keep two processes from doing the same share of the work."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, create_engine

from usi_fed.db import leases

START = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        leases.leases.create(connection)
        yield connection
    engine.dispose()


def test_a_free_lease_is_taken(connection: Connection) -> None:
    assert leases.take(connection, "inbox-1", "elsewhere/1/a", START, MINUTE)


def test_a_held_lease_is_refused_to_others_and_given_again_to_its_holder(connection: Connection) -> None:
    assert leases.take(connection, "inbox-1", "elsewhere/1/a", START, MINUTE)
    assert not leases.take(connection, "inbox-1", "elsewhere/2/b", START, MINUTE)
    assert leases.take(connection, "inbox-1", "elsewhere/1/a", START, MINUTE)


def test_a_lease_that_is_over_goes_to_whoever_asks(connection: Connection) -> None:
    assert leases.take(connection, "inbox-1", "elsewhere/1/a", START, MINUTE)
    assert leases.take(connection, "inbox-1", "elsewhere/2/b", START + MINUTE, MINUTE)
    assert not leases.renew(connection, "inbox-1", "elsewhere/1/a", START + MINUTE, MINUTE)


def test_renewing_moves_the_end(connection: Connection) -> None:
    assert leases.take(connection, "inbox-1", "elsewhere/1/a", START, MINUTE)
    assert leases.renew(connection, "inbox-1", "elsewhere/1/a", START + MINUTE / 2, MINUTE)
    assert not leases.take(connection, "inbox-1", "elsewhere/2/b", START + MINUTE, MINUTE)


def test_only_its_holder_releases_a_lease(connection: Connection) -> None:
    assert leases.take(connection, "inbox-1", "elsewhere/1/a", START, MINUTE)
    leases.release(connection, "inbox-1", "elsewhere/2/b")
    assert not leases.take(connection, "inbox-1", "elsewhere/2/b", START, MINUTE)
    leases.release(connection, "inbox-1", "elsewhere/1/a")
    assert leases.take(connection, "inbox-1", "elsewhere/2/b", START, MINUTE)


def test_the_lease_of_a_dead_process_of_this_machine_is_taken_at_once(connection: Connection) -> None:
    name = "from usi_fed.db.leases import this_process; print(this_process())"
    dead = subprocess.run([sys.executable, "-c", name], capture_output=True, text=True, check=True).stdout.strip()
    assert leases.take(connection, "inbox-1", dead, START, MINUTE)
    assert leases.take(connection, "inbox-1", leases.this_process(), START, MINUTE)


def test_a_process_that_was_born_with_our_number_before_us_is_dead() -> None:
    mine = leases.this_process()
    assert str(os.getpid()) in mine
    assert leases.is_dead(mine.rpartition("/")[0] + "/00000000")
    assert not leases.is_dead(mine)


def test_of_many_leases_only_the_free_ones_are_taken(connection: Connection) -> None:
    assert leases.take(connection, "inbox-1", "elsewhere/1/a", START, MINUTE)
    names = ["inbox-0", "inbox-1", "inbox-2"]
    assert leases.take_many(connection, names, "elsewhere/2/b", START, MINUTE) == {"inbox-0", "inbox-2"}
    assert leases.take_many(connection, names, "elsewhere/2/b", START + MINUTE, MINUTE) == set(names)
    leases.release_many(connection, names, "elsewhere/1/a")
    assert not leases.take(connection, "inbox-1", "elsewhere/1/a", START + MINUTE, MINUTE)
    leases.release_many(connection, names, "elsewhere/2/b")
    assert leases.take_many(connection, names, "elsewhere/1/a", START + MINUTE, MINUTE) == set(names)
