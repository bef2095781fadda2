from datetime import timedelta

import pytest

from usi_fed.activitypub.breaker import Breaker
from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.errors import RemoteUnavailable


class Seconds:
    def __init__(self):
        self.value = 1000.0

    def __call__(self):
        return self.value


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def breaker(seconds):
    return Breaker(
        threshold=3,
        first_pause=timedelta(seconds=10),
        longest_pause=timedelta(seconds=35),
        probe=timedelta(seconds=5),
        max_hosts=100,
        lifetime=timedelta(hours=1),
        seconds=seconds,
    )


def fail(breaker, times, host="a.example"):
    for _ in range(times):
        breaker.failed(host)


def test_a_host_may_fail_less_often_than_the_threshold(breaker):
    fail(breaker, 2)
    breaker.check("a.example")
    assert not breaker.is_paused("a.example")


def test_a_host_that_fails_in_a_row_is_paused_and_the_error_says_how_long(breaker):
    fail(breaker, 3)
    with pytest.raises(RemoteUnavailable) as caught:
        breaker.check("a.example")
    assert caught.value.retry_after == timedelta(seconds=10)
    assert breaker.is_paused("a.example")


def test_other_hosts_are_not_paused(breaker):
    fail(breaker, 3)
    breaker.check("b.example")


def test_a_success_between_failures_starts_the_count_anew(breaker):
    fail(breaker, 2)
    breaker.succeeded("a.example")
    fail(breaker, 2)
    breaker.check("a.example")


def test_after_the_pause_only_one_caller_may_probe(breaker, seconds):
    fail(breaker, 3)
    seconds.value += 10
    breaker.check("a.example")
    with pytest.raises(RemoteUnavailable):
        breaker.check("a.example")


def test_a_probe_that_never_reports_lets_another_one_through(breaker, seconds):
    fail(breaker, 3)
    seconds.value += 10
    breaker.check("a.example")
    seconds.value += 5
    breaker.check("a.example")


def test_a_probe_that_succeeds_opens_the_host_for_all(breaker, seconds):
    fail(breaker, 3)
    seconds.value += 10
    breaker.check("a.example")
    breaker.succeeded("a.example")
    breaker.check("a.example")
    breaker.check("a.example")


def test_each_failed_probe_doubles_the_pause_up_to_the_longest(breaker, seconds):
    fail(breaker, 3)
    pauses = []
    for _ in range(4):
        with pytest.raises(RemoteUnavailable) as caught:
            breaker.check("a.example")
        pauses.append(caught.value.retry_after.total_seconds())
        seconds.value += pauses[-1]
        breaker.check("a.example")
        breaker.failed("a.example")
    assert pauses == [10, 20, 35, 35]


def test_a_host_that_fails_for_ever_never_breaks_the_arithmetic(breaker):
    fail(breaker, 5000)
    assert breaker.is_paused("a.example")


def test_records_are_bounded(breaker):
    for number in range(1000):
        fail(breaker, 3, f"{number}.example")
    assert breaker.is_paused("999.example")
    assert not breaker.is_paused("0.example")


def test_a_record_is_forgotten_after_its_lifetime(breaker, seconds):
    fail(breaker, 2)
    seconds.value += 3600
    fail(breaker, 1)
    assert not breaker.is_paused("a.example")


def test_an_expiring_map_forgets_the_least_used_first(seconds):
    memory = ExpiringMap(2, timedelta(seconds=10), seconds)
    memory.remember("a", 1)
    memory.remember("b", 2)
    memory.find("a")
    memory.remember("c", 3)
    assert dict(memory.items()) == {"a": 1, "c": 3}
    assert len(memory) == 2


def test_an_expiring_map_forgets_what_is_old(seconds):
    memory = ExpiringMap(2, timedelta(seconds=10), seconds)
    memory.remember("a", 1)
    seconds.value += 10
    assert dict(memory.items()) == {}
    assert memory.find("a") is None
