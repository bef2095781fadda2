"""How much one server, or one address, may ask of the inbox.

Spec: `../shared/interop/security.md` section 5, "inbox flood"
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from usi_fed.activitypub.addresses import host_of
from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.errors import TooManyRequests

MAX_REMEMBERED = 20_000
MEMORY = timedelta(minutes=10)
HINTS_PER_HOUR = 2000


@dataclass(slots=True)
class _Level:
    tokens: float
    at_seconds: float


class Buckets:
    """Token buckets by name: `burst` at once, `per_second` in the long run.

    `seconds` is a clock that only moves forward.
    """

    def __init__(self, burst: int, per_second: float, seconds: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._per_second = per_second
        self._seconds = seconds
        filled_after = timedelta(seconds=burst / per_second)  # who is forgotten earlier would get all at once again
        self._levels: ExpiringMap[str, _Level] = ExpiringMap(MAX_REMEMBERED, max(MEMORY, filled_after), seconds)

    def spend(self, name: str) -> None:
        """Take one token.

        Raises:
            TooManyRequests: none is left; says when there will be one.
        """
        present = self._seconds()
        level = self._levels.find(name)
        if level is None:
            level = _Level(self._burst, present)
        level.tokens = min(self._burst, level.tokens + (present - level.at_seconds) * self._per_second)
        level.at_seconds = present
        if level.tokens < 1:
            wait = timedelta(seconds=(1 - level.tokens) / self._per_second)
            raise TooManyRequests(f"{name} asks too often", retry_after=max(wait, timedelta(seconds=1)))
        level.tokens -= 1
        self._levels.remember(name, level)


def hints_of_hosts(most: int = HINTS_PER_HOUR, seconds: Callable[[], float] = time.monotonic) -> Buckets:
    """How many posts each server may have us ask for in an hour by naming them: boosts, answers, quotes, hints."""
    return Buckets(most, most / 3600, seconds)


class Backlog:
    """How many receipts of each sender and host wait, counted now and then: none may fill the queue alone.

    What waits for a third server counts too, so one sender may have far less than all of its host: else a single
    member of a large host could shut it out.
    """

    def __init__(
        self,
        most_of_sender: int = 2_000,
        most_of_host: int = 50_000,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_of_sender = most_of_sender
        self._most_of_host = most_of_host
        self._seconds = seconds
        self._counted_at = float("-inf")
        self._by_sender: Mapping[str, int] = {}
        self._by_host: Counter[str] = Counter()

    def is_stale(self, after: timedelta = timedelta(seconds=10)) -> bool:
        """Whether it is time to count again."""
        return self._seconds() >= self._counted_at + after.total_seconds()

    def note(self, by_sender: Mapping[str, int]) -> None:
        """What was counted: receipts that wait, by the URI of their sender."""
        self._counted_at = self._seconds()
        self._by_sender = by_sender
        self._by_host = Counter()
        for sender, number in by_sender.items():
            self._by_host[host_of(sender)] += number

    def check(self, sender_uri: str) -> None:
        """Refuse more from a sender who, or whose host, has too many waiting.

        Raises:
            TooManyRequests: come back in a minute.
        """
        host = host_of(sender_uri)
        is_too_much = self._by_sender.get(sender_uri, 0) >= self._most_of_sender
        if is_too_much or self._by_host[host] >= self._most_of_host:
            raise TooManyRequests(f"too many activities of {host} wait", retry_after=timedelta(minutes=1))
