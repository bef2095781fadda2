"""When a failing host is tried again."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from usi_fed.outbox.hosts import after_failure, after_success, nudged, wait_after
from usi_fed.outbox.model import HostState

START = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def fail(state: HostState, at: datetime, retry_after: timedelta | None = None) -> HostState:
    return after_failure(state, at, "answered 503", retry_after, 0.5)


def test_the_first_waits_are_seconds() -> None:
    waits = [wait_after(failures, failures * SECOND, 0.5) for failures in range(1, 6)]
    assert waits == [2 * SECOND, 5 * SECOND, 10 * SECOND, 20 * SECOND, 30 * SECOND]


def test_during_the_first_ten_minutes_no_wait_is_longer_than_35_seconds() -> None:
    assert max(wait_after(9, minute * 60 * SECOND, 1.0) for minute in range(11)) <= 35 * SECOND


def test_later_waits_are_a_twentieth_of_the_absence_up_to_six_hours() -> None:
    assert wait_after(50, timedelta(hours=10), 0.5) == timedelta(minutes=30)
    assert wait_after(90, timedelta(days=6), 0.5) == timedelta(hours=6)


def test_after_a_week_a_host_is_unavailable_and_probed_daily() -> None:
    state = HostState("a.example", failing_since=START, failures=50)
    later = fail(state, START + timedelta(days=7))
    assert later.unavailable_since == START + timedelta(days=7)
    assert fail(state, START + timedelta(days=6)).unavailable_since is None
    assert fail(later, START + timedelta(days=8)).unavailable_since == later.unavailable_since
    assert later.next_attempt_at == START + timedelta(days=8)


def test_a_success_clears_everything_but_the_dialect() -> None:
    state = fail(HostState("a.example", dialect="rfc9421"), START)
    assert after_success(state, START + SECOND) == HostState(
        "a.example", "rfc9421", last_attempt_at=START + SECOND, last_success_at=START + SECOND
    )


def test_retry_after_is_never_undercut_and_a_short_one_does_not_shorten_the_wait() -> None:
    state = fail(HostState("a.example"), START, timedelta(hours=2))
    assert state.next_attempt_at is not None
    assert timedelta(hours=2) <= state.next_attempt_at - START <= timedelta(hours=2.5)
    assert fail(HostState("a.example"), START, timedelta(0)).next_attempt_at == START + 2 * SECOND


def test_a_clock_that_is_set_back_does_not_break_the_schedule() -> None:
    state = fail(HostState("a.example"), START)
    assert fail(state, START - timedelta(days=1)).next_attempt_at == START - timedelta(days=1) + 5 * SECOND


def test_hearing_from_a_healthy_host_changes_nothing() -> None:
    assert nudged(HostState("a.example"), START) == HostState("a.example")


def test_hearing_from_a_failing_host_brings_its_probe_forward_every_five_minutes_at_most() -> None:
    state = HostState("a.example", failing_since=START, failures=40, last_attempt_at=START,
                      next_attempt_at=START + timedelta(hours=6))  # fmt: skip
    assert nudged(state, START + SECOND).next_attempt_at == START + timedelta(minutes=5)
    assert nudged(state, START + timedelta(hours=1)).next_attempt_at == START + timedelta(hours=1)
    assert nudged(state, START + timedelta(hours=1)).failures == 40


@given(failures=st.integers(1, 10_000), days=st.floats(0, 1000), jitter=st.floats(0, 1))
def test_every_wait_is_between_a_second_and_somewhat_more_than_a_day(failures: int, days: float, jitter: float) -> None:
    assert SECOND <= wait_after(failures, timedelta(days=days), jitter) <= timedelta(hours=28)


@given(failures=st.integers(1, 100), hours=st.floats(0, 100))
def test_jitter_spreads_hosts(failures: int, hours: float) -> None:
    away = timedelta(hours=hours)
    assert wait_after(failures, away, 0.0) < wait_after(failures, away, 0.5) < wait_after(failures, away, 1.0)
