"""What the rules about domains mean for a host: pure, without the database.

Spec: `../shared/interop/security.md` section 8, "domain block"
"""

from collections.abc import Iterable
from datetime import datetime

from usi_fed.actors.model import Mark
from usi_fed.moderation.model import DomainRule, Severity


class RuleBook:
    """All rules. A rule for a domain holds for its subdomains too; the nearest one counts."""

    def __init__(self, rules: Iterable[DomainRule] = ()) -> None:
        self._by_domain = {rule.domain: rule for rule in rules}

    def find(self, domain: str) -> DomainRule | None:
        """The rule that was made for this very domain."""
        return self._by_domain.get(domain)

    def nearest(self, host: str) -> DomainRule | None:
        """The rule that holds for a host, which may have a port."""
        if not self._by_domain:
            return None
        domain = without_port(host)
        while domain:
            rule = self._by_domain.get(domain)
            if rule is not None:
                return rule
            domain = domain.partition(".")[2]
        return None

    def mark_of(self, host: str, handle_domain: str) -> Mark:
        """What the people of a host feel whose handles have this domain; of two rules, both are felt."""
        rules = [rule for rule in (self.nearest(host), self.nearest(handle_domain)) if rule is not None]
        return Mark(_earliest(rules, "silence"), _earliest(rules, "suspend"))


def _earliest(rules: Iterable[DomainRule], severity: Severity) -> datetime | None:
    return min((rule.created_at for rule in rules if rule.severity == severity), default=None)


def without_port(host: str) -> str:
    """The name or address alone of `host` or `host:port`."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host
