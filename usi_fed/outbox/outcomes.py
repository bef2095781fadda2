"""What an inbox's answer means.

Spec: ActivityPub 7.1 #delivery, `../shared/interop/mastodon.md` section 8.
"""

from datetime import datetime, timedelta

from usi_fed.activitypub.client import DeliveryAnswer
from usi_fed.outbox.model import Delivered, Delivery, Done, Entry, HostFailed, NotBelieved, Outcome, Rejected, Tried

UNAUTHORIZED = 401
INTERNAL_ERROR = 500
NOT_IMPLEMENTED = 501
# These say "not now", and nothing about the delivery.
WAIT = frozenset({408, 425, 429})

SUSPICIOUS = 3
"""After so many equal refusals in a row, a delivery itself is suspected and no longer its host."""

LAST_REFUSAL = 14
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=24)


def outcome_of(answer: DeliveryAnswer) -> Outcome:
    """What an inbox's answer means for the delivery and for its host."""
    status = answer.status
    reason = f"answered {status}"
    if 200 <= status < 300:
        return Delivered()
    if status == UNAUTHORIZED:
        return NotBelieved(reason)
    if status == NOT_IMPLEMENTED or (400 <= status < 500 and status not in WAIT):
        return Rejected(reason)
    return HostFailed(reason, answer.retry_after, may_be_ours=status == INTERNAL_ERROR)


def refusals_with(delivery: Delivery, reason: str) -> int:
    """How often in a row the delivery has met this same refusal, this time included."""
    return delivery.refusals + 1 if delivery.last_error == reason else 1


def host_failed(delivery: Delivery, outcome: HostFailed) -> Entry:
    """The delivery waits for its host."""
    refusals = refusals_with(delivery, outcome.reason) if outcome.may_be_ours else 0
    return Tried(delivery, refusals, delivery.aside, None, outcome.reason)


def refused(delivery: Delivery, reason: str, at: datetime, jitter: float, *, aside: bool) -> Entry:
    """The delivery waits by itself, longer each time, for about ten days; `jitter` is from 0 to 1.

    When it stands `aside`, those after it need not wait.
    """
    refusals = refusals_with(delivery, reason)
    if refusals >= LAST_REFUSAL:
        return Done(delivery, f"{reason}, {refusals} times")
    pause = min(FIRST_PAUSE * 2 ** (refusals - 1), LONGEST_PAUSE) * (0.9 + 0.2 * jitter)
    return Tried(delivery, refusals, aside, at + pause, reason)
