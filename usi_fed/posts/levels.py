"""The levels Movement and Circle: which servers may get what. Spec: `../shared/domain.md` section 4.6"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from usi_fed.posts.model import Level


@dataclass(frozen=True, slots=True)
class Trust:
    """Which other servers this one trusts at a moment.

    `hosts` are those of organisations that are attested, up to somebody whom the administrators trust. `has_roots`
    says whether they trust anybody at all. `is_limited` says of a host whether a rule limits or suspends it.
    """

    hosts: frozenset[str]
    has_roots: bool
    is_limited: Callable[[str], bool]

    def may_get(self, host: str, level: Level) -> bool:
        """Whether a server may get a post of a level.

        The movement are the servers that are trusted. Who is in a circle was chosen by name: their servers must only
        not be limited, nor be strangers where the administrators have said whom they trust.
        """
        if level == "movement":
            return host in self.hosts
        if level == "circle":
            return not self.is_limited(host) and (not self.has_roots or host in self.hosts)
        return True

    def refused(self, hosts: Iterable[str], level: Level) -> list[str]:
        """Those of the hosts that may not get it, in alphabetical order."""
        return sorted({host for host in hosts if not self.may_get(host, level)})
