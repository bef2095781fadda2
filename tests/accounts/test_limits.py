"""Counting tries."""

from datetime import timedelta

import pytest

from usi_fed.accounts.limits import Limit
from usi_fed.errors import TooManyRequests


def test_the_allowance_shrinks_and_is_then_used_up():
    limit = Limit(2, timedelta(minutes=1), lambda: 100.0)
    assert [limit.count("a").remaining, limit.count("a").remaining] == [1, 0]
    with pytest.raises(TooManyRequests) as refusal:
        limit.count("a")
    assert refusal.value.retry_after == timedelta(minutes=1)


def test_one_key_does_not_use_up_anothers_allowance():
    limit = Limit(1, timedelta(minutes=1), lambda: 100.0)
    limit.count("a")
    assert limit.count("b").remaining == 0


def test_after_its_time_the_count_starts_anew():
    moments = iter([0.0, 61.0])
    limit = Limit(1, timedelta(minutes=1), lambda: next(moments))
    limit.count("a")
    assert limit.count("a").remaining == 0
