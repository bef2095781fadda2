"""A bounded memory whose entries grow old: what we remember about other servers never fills our own."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from datetime import timedelta
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MonotonicClock = Callable[[], float]


class ExpiringMap(Generic[K, V]):
    """A mapping of at most `max_entries`, each forgotten after `lifetime`; the least used goes first.

    `seconds` is a clock that only moves forward.
    """

    def __init__(self, max_entries: int, lifetime: timedelta, seconds: MonotonicClock = time.monotonic) -> None:
        self._max_entries = max_entries
        self._lifetime_seconds = lifetime.total_seconds()
        self._seconds = seconds
        self._entries: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def find(self, key: K) -> V | None:
        """The value, or None when it is unknown or too old."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        expires, value = entry
        if expires <= self._seconds():
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return value

    def remember(self, key: K, value: V) -> None:
        """Store a value with a fresh lifetime."""
        self._entries[key] = (self._seconds() + self._lifetime_seconds, value)
        self._entries.move_to_end(key)
        if len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)

    def forget(self, key: K) -> None:
        """Drop a key, known or not."""
        self._entries.pop(key, None)

    def items(self) -> Iterator[tuple[K, V]]:
        """All entries that are not too old."""
        present = self._seconds()
        return ((key, value) for key, (expires, value) in self._entries.items() if expires > present)

    def __len__(self) -> int:
        return len(self._entries)
