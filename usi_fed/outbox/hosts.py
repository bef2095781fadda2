"""The circuit breaker of a receiving host: when it is tried again after failures. Pure rules.

The schedule belongs to the host, not to the delivery, so a dead host costs one probe now and then, however
much waits for it (`../shared/lessons.md` point 6).
"""

from dataclasses import replace
from datetime import datetime, timedelta

from usi_fed.outbox.model import HostState

FIRST_WAITS = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 10, 20))
SHORTEST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
SHARE_OF_ABSENCE = 20
"""A host is asked again after a twentieth of the time that it has been away."""

UNAVAILABLE_AFTER = timedelta(days=7)
UNAVAILABLE_WAIT = timedelta(days=1)
JITTER = 0.15
NUDGE_EVERY = timedelta(minutes=5)


def wait_after(failures: int, away: timedelta, jitter: float) -> timedelta:
    """How long to leave a host alone after `failures` in a row; `jitter`, from 0 to 1, keeps hosts apart."""
    if failures <= len(FIRST_WAITS):
        wait = FIRST_WAITS[failures - 1]
    elif away >= UNAVAILABLE_AFTER:
        wait = UNAVAILABLE_WAIT
    else:
        wait = min(max(away / SHARE_OF_ABSENCE, SHORTEST_WAIT), LONGEST_WAIT)
    return wait * (1 + JITTER * (2 * jitter - 1))


def after_failure(
    state: HostState, at: datetime, reason: str, retry_after: timedelta | None, jitter: float
) -> HostState:
    """The host after a failure; its own Retry-After is honoured."""
    since = state.failing_since or at
    away = max(at - since, timedelta(0))
    failures = state.failures + 1
    not_before = None if retry_after is None else at + retry_after * (1 + JITTER * jitter)
    next_attempt_at = at + wait_after(failures, away, jitter)
    return replace(
        state,
        failing_since=since,
        failures=failures,
        not_before=not_before,
        next_attempt_at=max(next_attempt_at, not_before or next_attempt_at),
        last_attempt_at=at,
        unavailable_since=state.unavailable_since or (at if away >= UNAVAILABLE_AFTER else None),
        last_error=reason,
    )


def after_success(state: HostState, at: datetime) -> HostState:
    """The host after it answered as a working server does."""
    return HostState(state.host, state.dialect, last_attempt_at=at, last_success_at=at)


def nudged(state: HostState, at: datetime) -> HostState:
    """A failing host that we hear from: it may be back, so its next probe comes forward.

    Its failures stand until it takes something itself: a host that can send may still be deaf. Not more often
    than every five minutes, and never against its own Retry-After.
    """
    if not state.is_failing or state.next_attempt_at is None:
        return state
    earliest = max(at, state.not_before or at, (state.last_attempt_at or at) + NUDGE_EVERY)
    return replace(state, next_attempt_at=min(state.next_attempt_at, earliest))
