"""How much may go on at once for one other server, so that it leaves room for the rest."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from usi_fed.errors import TooManyRequests


class Turnstile:
    """At most `each` things at once under one name, and `together` in all."""

    def __init__(self, each: int, together: int) -> None:
        self._each = each
        self._together = together
        self._inside: Counter[str] = Counter()

    @contextmanager
    def enter(self, name: str) -> Iterator[None]:
        """Be inside while the block runs.

        Raises:
            TooManyRequests: it is full.
        """
        if self._inside[name] >= self._each or self._inside.total() >= self._together:
            raise TooManyRequests(f"too much is going on for {name}", retry_after=timedelta(seconds=30))
        self._inside[name] += 1
        try:
            yield
        finally:
            self._inside[name] -= 1
            if not self._inside[name]:
                del self._inside[name]
