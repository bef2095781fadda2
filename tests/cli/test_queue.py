from datetime import UTC, datetime, timedelta

import pytest

from usi_fed.cli.queue import ago, told, told_of_post
from usi_fed.cli.words import why
from usi_fed.outbox.store import WaitingDelivery, WaitingHost

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def waiting(host, number, **more):
    rest = {
        "failures": 0,
        "failing_since": None,
        "unavailable_since": None,
        "next_attempt_at": None,
        "last_error": None,
    }
    return WaitingHost(**({"host": host, "deliveries": number, "oldest": NOW - timedelta(hours=2)} | rest | more))


def test_it_says_for_whom_since_when_and_why():
    hosts = [
        waiting("calm.example", 2),
        waiting(
            "away.example",
            40,
            failing_since=NOW - timedelta(days=3),
            next_attempt_at=NOW + timedelta(minutes=25),
            last_error="refused",
        ),
    ]
    assert told(hosts, {"waiting": 1, "held": 2, "parked": 3}, NOW) == [
        "3 received activities wait to be acted on, 3 were set aside (see `usi-fed inbox parked`).",
        "42 deliveries wait, for 2 servers:",
        "  calm.example: 2, the oldest for 2 hours",
        "  away.example: 40, the oldest for 2 hours; no answer for 3 days; next try in 25 minutes; refused",
    ]


def test_one_of_a_kind_is_said_as_one():
    assert told([waiting("calm.example", 1)], {"waiting": 1, "parked": 1}, NOW) == [
        "1 received activity waits to be acted on, 1 was set aside (see `usi-fed inbox parked`).",
        "1 delivery waits, for 1 server:",
        "  calm.example: 1, the oldest for 2 hours",
    ]


def test_an_empty_queue_is_said_to_be_empty():
    assert told([], {}, NOW) == [
        "0 received activities wait to be acted on, 0 were set aside.",
        "Nothing waits to be sent.",
    ]


def test_of_a_post_it_says_where_it_has_not_arrived_and_why():
    fresh = WaitingDelivery("https://a.example/inbox", "a.example", "Create", 0, None, None, NOW - timedelta(minutes=1))
    soon = NOW + timedelta(minutes=30)
    ill = WaitingDelivery(
        "https://b.example/in", "b.example", "Update", 3, "answered 503", soon, NOW - timedelta(days=1)
    )
    assert told_of_post([fresh, ill], NOW) == [
        "Create to https://a.example/inbox: waits for 1 minute, not tried yet",
        "Update to https://b.example/in: waits for 1 day, 3 tries; next try in 30 minutes; answered 503 (is not ready)",
    ]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("answered 410", "answered 410 (says that it is gone for good)"),
        ("answered 403, 14 times", "answered 403 (refuses us), 14 times"),
        ("answered 418", "answered 418"),
        ("away.example does not resolve", "away.example is a name that leads nowhere"),
        ("away.example did not answer in time", "away.example did not answer in time"),
    ],
)
def test_reasons_are_told_in_words(reason, words):
    assert why(reason) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 seconds"), (1, "1 second"), (59, "59 seconds"), (60, "1 minute"), (7300, "2 hours"), (90000, "1 day")],
)
def test_spans_are_told_in_their_largest_unit(seconds, words):
    assert ago(timedelta(seconds=seconds)) == words
