"""Domain rules, reports and the audit log in the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from usi_fed.actors.tables import actors
from usi_fed.clock import new_id
from usi_fed.db.database import insert
from usi_fed.db.paging import Window, newest_first, windowed
from usi_fed.errors import NotFound
from usi_fed.moderation.model import DomainRule, Report
from usi_fed.moderation.tables import audit_log, domain_rules, reports

# ---- domains ----


def put_rule(connection: Connection, values: Mapping[str, Any], now: datetime) -> DomainRule:
    """Make or change the rule for `values["domain"]`."""
    row = {"id": new_id(now), "created_at": now, **values}
    statement = insert(connection, domain_rules).values(row)
    changes = {name: value for name, value in values.items() if name != "domain"}
    statement = statement.on_conflict_do_update(index_elements=["domain"], set_=changes).returning(*domain_rules.c)
    return DomainRule(*connection.execute(statement).one())


def remove_rule(connection: Connection, domain: str) -> bool:
    """Drop a domain's rule; False when there was none."""
    statement = delete(domain_rules).where(domain_rules.c.domain == domain).returning(domain_rules.c.id)
    return connection.execute(statement).first() is not None


def rules(connection: Connection) -> list[DomainRule]:
    """Every rule by domain."""
    return [DomainRule(*row) for row in connection.execute(select(domain_rules).order_by(domain_rules.c.domain))]


def mark_domain(connection: Connection, domain: str, severity: str, now: datetime) -> None:
    """Let the people of a domain and its subdomains feel its rule: limited, suspended or free again."""
    there = or_(
        actors.c.domain == domain,
        actors.c.host == domain,
        actors.c.domain.endswith(f".{domain}", autoescape=True),
        actors.c.host.endswith(f".{domain}", autoescape=True),
    )
    changes = {
        "silenced_at": now if severity == "silence" else None,
        "suspended_at": now if severity == "suspend" else None,
        "revision": actors.c.revision + 1,
    }
    connection.execute(update(actors).where(there, actors.c.host != "").values(changes))


# ---- reports ----


def add_report(connection: Connection, values: Mapping[str, Any], now: datetime) -> Report | None:
    """Store a report; None when one with this identity is here already."""
    row = {"id": new_id(now), "created_at": now, **values}
    statement = insert(connection, reports).values(row).on_conflict_do_nothing().returning(*reports.c)
    stored = connection.execute(statement).first()
    return None if stored is None else Report(*stored)


def get_report(connection: Connection, report_id: int) -> Report:
    """The report with this id.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(select(reports).where(reports.c.id == report_id)).first()
    if row is None:
        raise NotFound(f"no report {report_id}")
    return Report(*row)


def reports_page(connection: Connection, window: Window, *, resolved: bool = False) -> list[Report]:
    """Open or resolved reports, newest first."""
    state = reports.c.resolved_at.is_not(None) if resolved else reports.c.resolved_at.is_(None)
    rows = connection.execute(windowed(select(reports).where(state), reports.c.id, window)).all()
    return [Report(*row) for row in newest_first(rows, window)]


def resolve_report(connection: Connection, report_id: int, by: int, now: datetime) -> None:
    """Close a report."""
    connection.execute(update(reports).where(reports.c.id == report_id).values(resolved_at=now, resolved_by=by))


# ---- people ----


def limit_actor(connection: Connection, actor_id: int, *, silenced_at: datetime | None) -> None:
    """Limit an actor's reach, or end the limit."""
    connection.execute(
        update(actors).where(actors.c.id == actor_id).values(silenced_at=silenced_at, revision=actors.c.revision + 1)
    )


def suspend_actor(connection: Connection, actor_id: int, *, suspended_at: datetime | None) -> None:
    """Shut an actor out, or let it in again."""
    connection.execute(
        update(actors).where(actors.c.id == actor_id).values(suspended_at=suspended_at, revision=actors.c.revision + 1)
    )


# ---- the log ----


def log_act(
    connection: Connection, actor_id: int | None, action: str, target: str, now: datetime, detail: object = None
) -> None:
    """Write down who did what to whom; None is the command line."""
    values = {
        "id": new_id(now),
        "actor_id": actor_id,
        "action": action,
        "target": target,
        "detail": detail,
        "at": now,
    }
    connection.execute(audit_log.insert().values(values))


def log_page(connection: Connection, window: Window) -> Sequence[Any]:
    """The newest entries of the log: id, actor_id, action, target, detail, at."""
    rows = connection.execute(windowed(select(audit_log), audit_log.c.id, window)).all()
    return newest_first(rows, window)
