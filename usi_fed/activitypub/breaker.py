"""Circuit breaker: a host that keeps failing is left alone for a while.

It belongs to the host, not to the job, so that dead hosts cannot occupy every worker. Fetches and
deliveries have one each: that a host can be read from says nothing about its inbox, and the reverse.

Spec: `../shared/lessons.md` point 6, `../shared/interop/security.md` section 1.
"""

import time
from dataclasses import dataclass
from datetime import timedelta

from usi_fed.activitypub.expiring import ExpiringMap, MonotonicClock
from usi_fed.errors import RemoteUnavailable


@dataclass(slots=True)
class _Record:
    failures: int = 0
    pauses: int = 0
    paused_until: float = 0.0


class Breaker:
    """Counts failures in a row per host and pauses hosts that only fail.

    After `threshold` failures the host is paused for `first_pause`. When the pause is over, one caller may
    probe; if that fails too, the next pause is twice as long, up to `longest_pause`. Any success forgets the
    host. At most `max_hosts` records are kept, each for `lifetime` after its last failure.
    """

    def __init__(
        self,
        *,
        threshold: int = 5,
        first_pause: timedelta = timedelta(seconds=30),
        longest_pause: timedelta = timedelta(hours=1),
        probe: timedelta = timedelta(seconds=30),
        max_hosts: int = 10_000,
        lifetime: timedelta = timedelta(hours=6),
        seconds: MonotonicClock = time.monotonic,
    ) -> None:
        self._threshold = threshold
        self._first_pause_seconds = first_pause.total_seconds()
        self._longest_pause_seconds = longest_pause.total_seconds()
        self._probe_seconds = probe.total_seconds()
        self._seconds = seconds
        self._records: ExpiringMap[str, _Record] = ExpiringMap(max_hosts, lifetime, seconds)

    def check(self, host: str) -> None:
        """Let a request to `host` pass, or refuse it. Passing a pause's end counts as the one probe.

        Raises:
            RemoteUnavailable: the host is paused, or somebody else is probing it.
        """
        record = self._records.find(host)
        if record is None or record.pauses == 0:
            return
        present = self._seconds()
        if present < record.paused_until:
            wait = timedelta(seconds=record.paused_until - present)
            raise RemoteUnavailable(f"{host} is paused after repeated failures", wait)
        record.paused_until = present + self._probe_seconds

    def is_paused(self, host: str) -> bool:
        """Would `check` refuse now?"""
        record = self._records.find(host)
        return record is not None and self._seconds() < record.paused_until

    def succeeded(self, host: str) -> None:
        """The host answered properly."""
        self._records.forget(host)

    def failed(self, host: str) -> None:
        """The host did not answer, or answered that it cannot."""
        record = self._records.find(host) or _Record()
        record.failures += 1
        if record.failures >= self._threshold:
            record.paused_until = self._seconds() + self._pause_seconds(record.pauses)
            record.pauses += 1
        self._records.remember(host, record)

    def _pause_seconds(self, earlier_pauses: int) -> float:
        # the exponent is capped so that a host that fails for years cannot overflow the float
        return min(self._first_pause_seconds * 2.0 ** min(earlier_pauses, 30), self._longest_pause_seconds)
