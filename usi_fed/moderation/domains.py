"""Which other servers we deal with: rules held in memory, because every request asks.

Spec: `../shared/interop/security.md` section 8
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from usi_fed.activitypub.handles import parse_domain
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.moderation.model import DomainRule
from usi_fed.moderation.store import log_act, mark_domain, put_rule, remove_rule, rules

STALE_AFTER = timedelta(seconds=5)
"""How long another process may go on by the old rules."""


class Domains:
    """The rules about other servers. A rule for a domain holds for its subdomains; the nearest one counts."""

    def __init__(self, database: Database, clock: Clock, *, only_listed: bool) -> None:
        self._database = database
        self._clock = clock
        self._only_listed = only_listed
        self._rules: Mapping[str, DomainRule] = {}
        self._loaded_at: datetime | None = None
        self._reloading: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Read the rules anew."""
        found = await self._database.read(rules)
        self._rules = {rule.domain: rule for rule in found}
        self._loaded_at = self._clock()

    def is_host_allowed(self, host: str) -> bool:
        """Whether we deal with a server at all; `host` may have a port."""
        rule = self._rule(host)
        if self._only_listed:
            return rule is not None and rule.severity in ("allow", "noop", "silence")
        return rule is None or rule.severity != "suspend"

    def is_silenced(self, host: str) -> bool:
        """Whether a server's people are limited."""
        rule = self._rule(host)
        return rule is not None and rule.severity == "silence"

    def takes_media(self, host: str) -> bool:
        """Whether files of a server are shown."""
        rule = self._rule(host)
        return rule is None or not (rule.reject_media or rule.severity == "suspend")

    def takes_reports(self, host: str) -> bool:
        """Whether reports from a server are heard."""
        rule = self._rule(host)
        return rule is None or not (rule.reject_reports or rule.severity == "suspend")

    async def put(self, values: Mapping[str, Any], by: int | None) -> DomainRule:
        """Make or change a rule and let it take effect at once.

        Raises:
            MalformedActivity: the domain is none.
        """
        row = {**values, "domain": parse_domain(str(values["domain"]))}
        rule = await self._database.write(_put, row, by, self._clock())
        await self.load()
        return rule

    async def remove(self, domain: str, by: int | None) -> bool:
        """Drop a rule; its people are free again."""
        removed = await self._database.write(_remove, domain, by, self._clock())
        await self.load()
        return removed

    def _rule(self, host: str) -> DomainRule | None:
        self._refresh_when_stale()
        if not self._rules:
            return None
        domain = host.partition(":")[0]
        while domain:
            rule = self._rules.get(domain)
            if rule is not None:
                return rule
            domain = domain.partition(".")[2]
        return None

    def _refresh_when_stale(self) -> None:
        """Read the rules again in the background, for the sake of what other processes decided."""
        is_fresh = self._loaded_at is not None and self._clock() - self._loaded_at < STALE_AFTER
        if is_fresh or (self._reloading is not None and not self._reloading.done()):
            return
        self._reloading = asyncio.get_running_loop().create_task(self.load())


def _put(connection: Connection, values: Mapping[str, Any], by: int | None, now: datetime) -> DomainRule:
    rule = put_rule(connection, values, now)
    mark_domain(connection, rule.domain, rule.severity, now)
    log_act(connection, by, f"domain {rule.severity}", rule.domain, now)
    return rule


def _remove(connection: Connection, domain: str, by: int | None, now: datetime) -> bool:
    removed = remove_rule(connection, domain)
    if removed:
        mark_domain(connection, domain, "noop", now)
        log_act(connection, by, "domain freed", domain, now)
    return removed
