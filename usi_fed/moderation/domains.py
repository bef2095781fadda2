"""Which other servers we deal with: rules held in memory, because every request asks.

Spec: `../shared/interop/security.md` section 8
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from usi_fed.activitypub.handles import parse_domain
from usi_fed.actors.model import Mark
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.errors import InvalidInput, MalformedActivity
from usi_fed.moderation.log_store import log_act
from usi_fed.moderation.model import SEVERITIES, DomainRule
from usi_fed.moderation.rulebook import RuleBook, without_port
from usi_fed.moderation.rules_store import enforce, news, put_rule, remove_rule, rule_book, rules, settle_mode
from usi_fed.moderation.severing_store import HOSTS_AT_ONCE, sever_hosts
from usi_fed.sentences import Sentence

LOOK_AGAIN_SECONDS = 4.0
"""How long another process may go on by the old rules."""
RULES_AT_ONCE = 1000

_log = logging.getLogger(__name__)


class Domains:
    """The rules about other servers. A rule for a domain holds for its subdomains; the nearest one counts.

    `only_listed`: we deal only with servers that have a rule which lets us. `ours` are the domains of this server.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        only_listed: bool = False,
        ours: Collection[str] = (),
        look_again_seconds: float = LOOK_AGAIN_SECONDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._only_listed = only_listed
        self._ours = {without_port(domain) for domain in ours}
        self._look_again_seconds = look_again_seconds
        self._book = RuleBook(only_listed=only_listed)
        self._watching: asyncio.Task[None] | None = None
        self.when_news: list[Callable[[], Awaitable[None]]] = []
        """Called whenever somebody, here or in another process, has decided something."""

    async def load(self) -> None:
        """Read the rules anew, and from now on look for what other processes decide."""
        self._book = RuleBook(await self._database.read(rules), only_listed=self._only_listed)
        self._watch()

    async def settle(self) -> None:
        """Let the people who are known feel whether only listed servers are dealt with, when that has changed.

        For what serves: a command beside it may not have been told the mode.
        """
        await self._database.write(settle_mode, only_listed=self._only_listed, now=self._clock())

    async def close(self) -> None:
        """No longer look for what other processes decide."""
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching

    # ---- asking ----

    def is_host_allowed(self, host: str) -> bool:
        """Whether we deal with a server at all; `host` may have a port."""
        self._watch()
        return self._book.is_host_allowed(host)

    def mark_of(self, host: str, handle_domain: str) -> Mark:
        """Since when the people of a host are limited or suspended by a rule."""
        self._watch()
        return self._book.mark_of(host, handle_domain)

    def takes_media(self, host: str) -> bool:
        """Whether files of a server are shown. Asked also where there is no event loop, in threads of the database."""
        return self._book.takes_media(host)

    def takes_reports(self, host: str) -> bool:
        """Whether reports from a server are heard."""
        self._watch()
        return self._book.takes_reports(host)

    def is_ours(self, domain: str) -> bool:
        """Whether a rule for a domain would hold for this server itself."""
        return any(one == domain or one.endswith(f".{domain}") for one in self._ours)

    @property
    def only_listed(self) -> bool:
        """Whether we deal only with servers that have a rule which lets us."""
        return self._only_listed

    # ---- deciding ----

    async def put(self, values: Mapping[str, Any], by: int | None, *, reason: str = "") -> DomainRule:
        """Make or change a rule and let it take effect at once. `values` are columns; `domain` is needed.

        From then on the rule is people's own, whichever list has made it.

        Raises:
            InvalidInput: the domain is none or our own, or the severity is unknown.
        """
        [rule] = await self.put_all([values], by, reason=reason)
        return rule

    async def put_all(
        self,
        rows: Iterable[Mapping[str, Any]],
        by: int | None,
        *,
        source: str = "",
        source_id: int | None = None,
        reason: str = "",
    ) -> list[DomainRule]:
        """Make or change many rules; `source` is where they come from, for the log, `source_id` a shared list.

        Raises:
            InvalidInput: as `put`; then none is made.
        """
        clean = [{**self._clean(row), "source_id": source_id} for row in rows]
        why = {"source": source, "reason": reason}
        made = []
        for start in range(0, len(clean), RULES_AT_ONCE):
            now = self._clock()
            part, suspended = await self._database.write(_put, clean[start : start + RULES_AT_ONCE], by, why, now)
            made += part
            await self._take_effect(suspended)
        return made

    async def remove(self, domain: str, by: int | None, *, source: str = "", reason: str = "") -> bool:
        """Drop the rule for a domain; what it did to its people ends. False when there was none.

        Raises:
            InvalidInput: the domain is none.
        """
        why = {"source": source, "reason": reason}
        removed = await self._database.write(_remove, parse_rule_domain(domain), by, why, self._clock())
        await self._take_effect(())
        return removed

    def _clean(self, values: Mapping[str, Any]) -> dict[str, Any]:
        domain = parse_rule_domain(str(values["domain"]))
        if values.get("severity") not in SEVERITIES:
            raise InvalidInput("severity", f"must be one of {', '.join(SEVERITIES)}")
        if self.is_ours(domain):
            raise InvalidInput("domain", Sentence("is this server's own, or above it"))
        return {**values, "domain": domain}

    async def _take_effect(self, suspended: Iterable[str]) -> None:
        await self.load()
        hosts = sorted(suspended)
        for start in range(0, len(hosts), HOSTS_AT_ONCE):
            while not await self._database.write(sever_hosts, hosts[start : start + HOSTS_AT_ONCE]):
                pass

    # ---- what other processes decide ----

    def _watch(self) -> None:
        if self._watching is None or self._watching.done():
            self._watching = asyncio.get_running_loop().create_task(self._look_again())

    async def _look_again(self) -> None:
        """Read the rules anew whenever somebody changed one: a server that is asked nothing must know it too."""
        known = None
        while True:
            try:
                found = await self._database.read(news, self._clock())
                if found != known:
                    await self.load()
                    for read_anew in self.when_news:
                        await read_anew()
                    known = found
            except SQLAlchemyError as error:  # it is asked again soon, and the old rules hold till then
                _log.warning("the rules of domains could not be read: %s", type(error).__name__)
            await asyncio.sleep(self._look_again_seconds)


def parse_rule_domain(text: str) -> str:
    """A domain as rules name it: in lower case and A-labels, without a port.

    Raises:
        InvalidInput: it is none.
    """
    try:
        domain = parse_domain(text.strip().removeprefix("*."))
    except MalformedActivity as error:
        raise InvalidInput(
            "domain", Sentence("%(typed)s must be a domain such as spam.example", typed=repr(text))
        ) from error
    if without_port(domain) != domain.strip("[]"):
        problem = Sentence("%(typed)s must have no port: a rule holds for the whole domain", typed=repr(text))
        raise InvalidInput("domain", problem)
    return domain.strip("[]")


def require_dot(field: str, domain: str) -> None:
    """A slip such as `com` would end the follows of half the world.

    Raises:
        InvalidInput: the domain is a single word.
    """
    if "." not in domain and ":" not in domain:
        problem = Sentence("%(typed)s must be a domain with a dot, such as spam.example", typed=repr(domain))
        raise InvalidInput(field, problem)


def _put(
    connection: Connection,
    rows: Iterable[Mapping[str, Any]],
    by: int | None,
    why: Mapping[str, str],
    now: datetime,
) -> tuple[list[DomainRule], set[str]]:
    """Store rules, log what changes, and let people feel it; the rules, and the hosts that are suspended."""
    before = rule_book(connection)
    made = []
    for row in rows:
        rule = put_rule(connection, row, now)
        made.append(rule)
        if rule != before.find(rule.domain):
            log_act(connection, by, f"domain {rule.severity}", rule.domain, now, **why, **_flags(rule))
    return made, enforce(connection, before, rule_book(connection))


def _remove(connection: Connection, domain: str, by: int | None, why: Mapping[str, str], now: datetime) -> bool:
    before = rule_book(connection)
    removed = remove_rule(connection, domain)
    if removed:
        log_act(connection, by, "domain free", domain, now, **why)
        enforce(connection, before, rule_book(connection))
    return removed


def _flags(rule: DomainRule) -> dict[str, bool]:
    return {"reject_media": rule.reject_media, "reject_reports": rule.reject_reports}
