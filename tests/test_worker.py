"""What a child of Celery's worker owns. That it works behind a broker is shown in tests/resilience/test_celery.py."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Select, create_engine, select

from tests.servers import free_port
from usi_fed.clock import now
from usi_fed.config import Settings
from usi_fed.db.leases import leases, this_process
from usi_fed.inbox.receipts import NewReceipt, store_receipts
from usi_fed.inbox.tables import receipts
from usi_fed.queue import Job
from usi_fed.worker import Child

PATIENCE_SECONDS = 20


def settings_of(folder: Path, database_url: str) -> Settings:
    return Settings(
        domain="union.example", data_dir=folder, database_url=database_url, redis_url=f"redis://127.0.0.1:{free_port()}"
    )


@contextmanager
def child_of(settings: Settings) -> Iterator[Child]:
    child = Child(settings)
    child.open()
    try:
        yield child
    finally:
        child.close()


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def _store(connection: Connection, number: int) -> None:
    uri = f"https://other.example/users/ana{number}"
    # What says nothing readable is finished as it is, and needs nobody else.
    store_receipts(connection, [NewReceipt(uri, f"{uri}#1", "Nonsense", b"{", None, now())], now())


def test_a_child_does_the_work_and_ends_with_nothing_in_hand(tmp_path: Path, sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)

    def read(statement: Select[Any]) -> Sequence[str]:
        with engine.connect() as connection:
            return connection.execute(statement).scalars().all()

    def has_done(number: int) -> bool:
        child.work_off(Job.INBOX)
        return read(select(receipts.c.state)) == ["done"] * number

    with engine.begin() as connection:
        _store(connection, 1)
    with child_of(settings_of(tmp_path, sqlite_url)) as child:
        wait_until(lambda: has_done(1))
        with engine.begin() as connection:
            _store(connection, 2)
        wait_until(lambda: has_done(2))
    assert read(select(leases.c.name)) == ["upkeep"]
    engine.dispose()


def test_a_child_is_another_holder_of_leases_than_its_parent(tmp_path: Path, sqlite_url: str) -> None:
    before = this_process()
    with child_of(settings_of(tmp_path, sqlite_url)):
        assert this_process() != before


def test_a_child_waits_for_a_database_that_is_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    url = f"postgresql+asyncpg://usi@127.0.0.1:{free_port()}/nothing"
    with child_of(settings_of(tmp_path, url)) as child:
        wait_until(lambda: "cannot work yet" in caplog.text)
        child.work_off(Job.INBOX)
