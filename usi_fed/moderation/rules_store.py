"""Rules about domains in the database, and what they do to the people there."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, or_, select, update

from usi_fed.actors.model import Mark
from usi_fed.actors.tables import actors
from usi_fed.clock import id_floor, new_id
from usi_fed.db.database import insert
from usi_fed.errors import NotFound
from usi_fed.moderation.log_store import log_act
from usi_fed.moderation.model import DomainRule
from usi_fed.moderation.rulebook import UNLISTED, RuleBook
from usi_fed.moderation.tables import audit_log, domain_rules

# A transaction that began before another one may end after it; none takes this long.
LATEST_NEWS = timedelta(minutes=10)
_MODE, _LISTED, _OPEN = "federation", "allowlist", "open"


def put_rule(connection: Connection, values: Mapping[str, Any], now: datetime) -> DomainRule:
    """Make the rule for `values["domain"]`, or change what `values` has of it."""
    row = {"id": new_id(now), "created_at": now, **values}
    statement = insert(connection, domain_rules).values(row)
    statement = statement.on_conflict_do_update(index_elements=["domain"], set_=dict(values))
    return DomainRule(*connection.execute(statement.returning(*domain_rules.c)).one())


def remove_rule(connection: Connection, domain: str) -> bool:
    """Drop a domain's rule; False when there was none."""
    statement = delete(domain_rules).where(domain_rules.c.domain == domain).returning(domain_rules.c.id)
    return connection.execute(statement).first() is not None


def rules(connection: Connection) -> list[DomainRule]:
    """Every rule by domain."""
    return [DomainRule(*row) for row in connection.execute(select(domain_rules).order_by(domain_rules.c.domain))]


def get_rule(connection: Connection, rule_id: int) -> DomainRule:
    """The rule with this id.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(select(domain_rules).where(domain_rules.c.id == rule_id)).first()
    if row is None:
        raise NotFound(f"There is no rule {rule_id}.")
    return DomainRule(*row)


def rule_book(connection: Connection) -> RuleBook:
    """The rules as people feel them: by the mode in which the server was started last, not that of a command."""
    return RuleBook(rules(connection), only_listed=_is_only_listed(connection))


def settle_mode(connection: Connection, *, only_listed: bool, now: datetime) -> None:
    """Let people feel that from now on the server deals with listed servers only, or with all again.

    Their follows stay: the list may be at its beginning, and nothing passes either way meanwhile.
    """
    before = rule_book(connection)
    if _is_only_listed(connection) != only_listed:
        log_act(connection, None, _MODE, _LISTED if only_listed else _OPEN, now)
        enforce(connection, before, rule_book(connection))


def _is_only_listed(connection: Connection) -> bool:
    latest = select(audit_log.c.target).where(audit_log.c.action == _MODE).order_by(audit_log.c.id.desc()).limit(1)
    return connection.execute(latest).scalar() == _LISTED


def news(connection: Connection, now: datetime) -> Row[Any]:
    """Something that becomes different with every change of a rule, for each one is logged."""
    lately = audit_log.c.id > id_floor(now - LATEST_NEWS)
    return connection.execute(select(func.count(), func.max(audit_log.c.id)).where(lately)).one()


def enforce(connection: Connection, before: RuleBook, after: RuleBook) -> set[str]:
    """Let people feel that other rules hold now; gives the hosts that are suspended by a rule.

    What was decided about one person stays as it is.
    """
    suspended = set()
    there = select(actors.c.host, actors.c.domain).where(actors.c.host != "").distinct()
    for host, domain in connection.execute(there).all():
        old, new = before.mark_of(host, domain), after.mark_of(host, domain)
        if old != new:
            _mark(connection, and_(actors.c.host == host, actors.c.domain == domain), old, new)
        if new.suspended_at not in (None, UNLISTED):
            suspended.add(host)
    return suspended


def count_people(connection: Connection) -> dict[str, int]:
    """How many actors are known of each host."""
    statement = select(actors.c.host, func.count()).where(actors.c.host != "").group_by(actors.c.host)
    return {row[0]: row[1] for row in connection.execute(statement)}


def _mark(connection: Connection, people: ColumnElement[bool], old: Mark, new: Mark) -> None:
    for column, was, becomes in (
        (actors.c.silenced_at, old.silenced_at, new.silenced_at),
        (actors.c.suspended_at, old.suspended_at, new.suspended_at),
    ):
        if was != becomes:
            is_by_rule = or_(column.is_(None), column == was)
            changes = {column.name: becomes, "revision": actors.c.revision + 1}
            connection.execute(update(actors).where(people, is_by_rule).values(changes))
