"""Ringing through a broker that is there, away, or hangs."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis

from tests.resilience.brokers import Broker, running_broker
from usi_fed.broker import CeleryQueue, create_celery, queue_name
from usi_fed.config import Settings
from usi_fed.queue import Job

pytestmark = pytest.mark.valkey


@pytest.fixture(scope="module")
def _broker() -> Iterator[Broker]:
    with running_broker() as broker:
        yield broker


@pytest.fixture
def broker(_broker: Broker) -> Broker:
    """A broker with nothing in it."""
    with told(_broker) as client:
        client.flushall()
    return _broker


@contextmanager
def told(broker: Broker) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(broker.url) as client:
        yield client


def queue_at(url: str) -> CeleryQueue:
    return CeleryQueue(create_celery(Settings(redis_url=url)))


def lengths(broker: Broker) -> dict[Job, int]:
    with told(broker) as client:
        return {job: client.llen(queue_name(job)) for job in Job}


def threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "celery-bell"}


def test_what_was_rung_for_is_sent_before_the_end(broker: Broker) -> None:
    before = threads()
    queue = queue_at(broker.url)
    queue.ring(Job.INBOX)
    queue.ring(Job.OUTBOX)
    queue.close()
    assert lengths(broker) == {Job.INBOX: 1, Job.OUTBOX: 1, Job.UPKEEP: 0, Job.IMPORTS: 0, Job.BACKUPS: 0}
    assert threads() == before


def test_rings_that_nobody_hears_do_not_pile_up(broker: Broker) -> None:
    for _ in range(3):
        queue = queue_at(broker.url)
        for _ in range(100):
            queue.ring(Job.INBOX)
        queue.close()
    assert lengths(broker)[Job.INBOX] == 1


def test_after_a_ring_was_heard_the_next_one_is_sent(broker: Broker) -> None:
    queue = queue_at(broker.url)
    with told(broker) as client:
        for _ in range(2):
            queue.ring(Job.INBOX)
            assert client.brpop([queue_name(Job.INBOX)], timeout=10) is not None
    queue.close()


def test_a_broker_that_is_away_raises_nothing_and_is_told_once(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    queue = queue_at(broker.url)
    broker.end()
    for _ in range(5):
        queue.ring(Job.INBOX)
        time.sleep(0.1)  # the time between two rings that are sent
    broker.start()
    with told(broker) as client:
        for _ in range(100):
            queue.ring(Job.INBOX)
            if client.brpop([queue_name(Job.INBOX)], timeout=0.1) is not None:
                break
        else:
            raise AssertionError("no ring is sent after the broker is back")
    queue.close()
    told_of = [record.message for record in caplog.records if record.name == "usi_fed.broker"]
    assert [message.split()[2] for message in told_of] == ["takes", "is"]


def test_a_broker_that_hangs_holds_nobody_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        queue = queue_at(f"redis://127.0.0.1:{deaf.getsockname()[1]}/0")
        for job in Job:
            queue.ring(job)
        queue.close()
