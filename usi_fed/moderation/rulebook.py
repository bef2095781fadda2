"""What the rules about domains mean for a host: pure, without the database.

Spec: `../shared/interop/security.md` section 8, "domain block"
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from usi_fed.actors.model import Mark
from usi_fed.moderation.model import DomainRule, Severity

# Since when people of servers that are on no list are shut out: no rule was made at such a moment, and nobody decided.
UNLISTED = datetime(1970, 1, 1, tzinfo=UTC)


class RuleBook:
    """All rules. A rule for a domain holds for its subdomains too; the nearest one counts.

    `only_listed`: we deal only with servers that have a rule which lets us.
    """

    def __init__(self, rules: Iterable[DomainRule] = (), *, only_listed: bool = False) -> None:
        self._by_domain = {rule.domain: rule for rule in rules}
        self._only_listed = only_listed

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

    def is_host_allowed(self, host: str) -> bool:
        """Whether we deal with a server at all."""
        rule = self.nearest(host)
        return not self._only_listed if rule is None else rule.severity != "suspend"

    def takes_media(self, host: str) -> bool:
        """Whether files of a server are shown."""
        rule = self.nearest(host)
        return self.is_host_allowed(host) and not (rule is not None and rule.reject_media)

    def takes_reports(self, host: str) -> bool:
        """Whether reports from a server are heard."""
        rule = self.nearest(host)
        return self.is_host_allowed(host) and not (rule is not None and rule.reject_reports)

    def mark_of(self, host: str, handle_domain: str) -> Mark:
        """What the people of a host feel whose handles have this domain; of two rules, both are felt."""
        rules = [rule for rule in (self.nearest(host), self.nearest(handle_domain)) if rule is not None]
        suspended_at = _earliest(rules, "suspend")
        if suspended_at is None and not self.is_host_allowed(host):
            suspended_at = UNLISTED
        return Mark(_earliest(rules, "silence"), suspended_at)


def _earliest(rules: Iterable[DomainRule], severity: Severity) -> datetime | None:
    return min((rule.created_at for rule in rules if rule.severity == severity), default=None)


def without_port(host: str) -> str:
    """The name or address alone of `host` or `host:port`."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host
