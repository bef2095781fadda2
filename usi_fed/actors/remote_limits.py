"""How much of other servers' actors we look at in a time, so that nobody can make us busy or use us against others.

Spec: `../shared/interop/security.md` section 5, "subdomain farm", "actor refetch storms".
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache

from publicsuffixlist import PublicSuffixList

from usi_fed.activitypub.expiring import ExpiringMap, MonotonicClock
from usi_fed.activitypub.turnstile import Turnstile
from usi_fed.errors import RemoteRefused

MAX_SUBDOMAINS = 10
SUBDOMAIN_MEMORY = timedelta(days=1)
MAX_REMEMBERED = 10_000

REFRESH_PAUSE = timedelta(minutes=5)
MAX_KEY_REFRESHES_PER_HOST = 60

# Fewer than the connections there are for fetches: nobody's key ids must take them all.
MAX_QUESTIONS = 60
MAX_QUESTIONS_PER_HOST = 16
MAX_QUESTIONS_OF_ASKER = 20


@cache
def _public_suffixes() -> PublicSuffixList:
    """Names under a suffix that is not public (`.test`, `.internal`) are of somebody's own network."""
    return PublicSuffixList(accept_unknown=False)


class Subdomains:
    """At most ten new hosts of one registrable domain in a day."""

    def __init__(self) -> None:
        self._seen: ExpiringMap[str, frozenset[str]] = ExpiringMap(MAX_REMEMBERED, SUBDOMAIN_MEMORY)

    def count(self, host: str) -> None:
        """Note that an unknown actor of `host` is about to be taken.

        Raises:
            RemoteRefused: its domain has brought too many hosts.
        """
        domain = _public_suffixes().privatesuffix(host.partition(":")[0])
        if domain is None:
            return
        hosts = self._seen.find(domain) or frozenset()
        if host in hosts:
            return
        if len(hosts) >= MAX_SUBDOMAINS:
            raise RemoteRefused("too many new hosts of one domain")
        self._seen.remember(domain, hosts | {host})


class KeyRefreshes:
    """A key that does not fit is asked for again once in five minutes per actor, and 60 times per host."""

    def __init__(self, seconds: MonotonicClock) -> None:
        self._seconds = seconds
        self._actors: ExpiringMap[str, bool] = ExpiringMap(MAX_REMEMBERED, REFRESH_PAUSE, seconds)
        self._hosts: ExpiringMap[tuple[str, int], int] = ExpiringMap(MAX_REMEMBERED, REFRESH_PAUSE, seconds)

    def may_refresh(self, actor: str, host: str) -> bool:
        """Whether it may be asked for now; if so, this is counted."""
        window = host, int(self._seconds() // REFRESH_PAUSE.total_seconds())
        used = self._hosts.find(window) or 0
        if self._actors.find(actor) or used >= MAX_KEY_REFRESHES_PER_HOST:
            return False
        self._actors.remember(actor, True)
        self._hosts.remember(window, used + 1)
        return True


class KeyQuestions:
    """How many unknown keys are asked for at once: of one host, at the word of one asker, and in all.

    A key id is nobody's word yet, and one that leads to a host which never answers occupies a connection for a while.
    """

    def __init__(self, *, limits_askers: bool) -> None:
        self._hosts = Turnstile(MAX_QUESTIONS_PER_HOST, MAX_QUESTIONS)
        self._askers = Turnstile(MAX_QUESTIONS_OF_ASKER if limits_askers else MAX_QUESTIONS, MAX_QUESTIONS)

    @contextmanager
    def enter(self, host: str, asker: str) -> Iterator[None]:
        """Ask while the block runs.

        Raises:
            TooManyRequests: enough is being asked already.
        """
        with self._hosts.enter(host), self._askers.enter(asker):
            yield
