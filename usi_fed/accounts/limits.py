"""How often somebody may try something; counted in this process."""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network
from time import monotonic

from usi_fed.errors import TooManyRequests
from usi_fed.sentences import Sentence

LARGEST = 50_000  # counted keys; beyond that the oldest is forgotten


def network_of(address: str) -> str:
    """What one customer of a provider has: an IPv4 address, or 64 bits of IPv6."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return address  # a Unix socket has no address
    return str(ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)


@dataclass(slots=True)
class _Window:
    began: float
    count: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left after a request has been counted; `resets_in` says when the count starts anew."""

    limit: int
    remaining: int
    resets_in: timedelta


class Limit:
    """At most `most` times in each `per`, for each key."""

    def __init__(self, most: int, per: timedelta, seconds: Callable[[], float] = monotonic) -> None:
        self._most = most
        self._per = per.total_seconds()
        self._seconds = seconds
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def count(self, key: str) -> Allowance:
        """Count one more try.

        Raises:
            TooManyRequests: the allowance is used up.
        """
        now = self._seconds()
        window = self._windows.get(key)
        if window is None or now - window.began >= self._per:
            self._windows.pop(key, None)
            window = self._windows[key] = _Window(now, 0)
            if len(self._windows) > LARGEST:
                self._windows.popitem(last=False)
        rest = timedelta(seconds=max(0.0, window.began + self._per - now))
        if window.count >= self._most:
            minutes = math.ceil(rest.total_seconds() / 60)
            raise TooManyRequests(Sentence("Too many requests. Try again in %(minutes)s min.", minutes=minutes), rest)
        window.count += 1
        return Allowance(self._most, self._most - window.count, rest)

    def give_back(self, key: str) -> None:
        """Take one try out of the count: it has ended well, and says nothing of the others that were counted."""
        window = self._windows.get(key)
        if window is not None and window.count > 0:
            window.count -= 1

    def forget(self, key: str) -> None:
        """Start the count anew: the tries have ended well."""
        self._windows.pop(key, None)
