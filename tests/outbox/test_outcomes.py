"""What an inbox's answer means."""

from datetime import UTC, datetime, timedelta

import pytest

from usi_fed.activitypub.client import DeliveryAnswer
from usi_fed.outbox.model import Delivered, Delivery, Done, HostFailed, NotBelieved, Outcome, Rejected, Tried
from usi_fed.outbox.outcomes import LAST_REFUSAL, host_failed, outcome_of, refused

START = datetime(2026, 3, 1, tzinfo=UTC)
DELIVERY = Delivery(1, 2, 3, "a.example", "https://a.example/inbox", 0, 0, False, None, "Create", "x", 1, False)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Delivered()),
        (202, Delivered()),
        (204, Delivered()),
        (301, HostFailed("answered 301")),
        (400, Rejected("answered 400")),
        (401, NotBelieved("answered 401")),
        (403, Rejected("answered 403")),
        (404, Rejected("answered 404")),
        (408, HostFailed("answered 408")),
        (410, Rejected("answered 410")),
        (413, Rejected("answered 413")),
        (429, HostFailed("answered 429")),
        (500, HostFailed("answered 500", may_be_ours=True)),
        (501, Rejected("answered 501")),
        (502, HostFailed("answered 502")),
        (503, HostFailed("answered 503")),
    ],
)
def test_each_status_has_its_meaning(status: int, outcome: Outcome) -> None:
    assert outcome_of(DeliveryAnswer(status, None, "")) == outcome


def test_retry_after_is_handed_on() -> None:
    hour = timedelta(hours=1)
    assert outcome_of(DeliveryAnswer(503, hour, "")) == HostFailed("answered 503", hour)


def test_only_equal_refusals_in_a_row_are_counted() -> None:
    first = host_failed(DELIVERY, HostFailed("answered 500", may_be_ours=True))
    assert first == Tried(DELIVERY, 1, False, None, "answered 500")
    again = Delivery(1, 2, 3, "h", "i", 1, 4, False, "answered 500", "Create", "x", 1, False)
    assert host_failed(again, HostFailed("answered 500", may_be_ours=True)) == Tried(
        again, 5, False, None, "answered 500"
    )
    assert host_failed(again, HostFailed("answered 503")) == Tried(again, 0, False, None, "answered 503")


def test_a_refused_delivery_waits_longer_each_time_and_is_given_up_at_last() -> None:
    waits = []
    delivery = DELIVERY
    for number in range(1, LAST_REFUSAL):
        entry = refused(delivery, "answered 401", START, 0.5, aside=False)
        assert isinstance(entry, Tried)
        assert entry.next_attempt_at is not None
        waits.append(entry.next_attempt_at - START)
        delivery = Delivery(1, 2, 3, "h", "i", number, entry.refusals, False, entry.reason, "Create", "x", 1, False)
    assert waits[:3] == [timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20)]
    assert timedelta(days=4) < sum(waits, timedelta()) < timedelta(days=12)
    assert waits == sorted(waits)
    assert refused(delivery, "answered 401", START, 0.5, aside=False) == Done(delivery, "answered 401, 14 times")
