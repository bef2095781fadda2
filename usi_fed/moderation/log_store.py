"""The audit log in the database: who did what to whom."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from usi_fed.clock import new_id
from usi_fed.db.paging import Window, newest_first, windowed
from usi_fed.moderation.model import LogEntry
from usi_fed.moderation.tables import audit_log


def log_act(
    connection: Connection,
    actor_id: int | None,
    action: str,
    target: str,
    now: datetime,
    organisation_id: int | None = None,
    /,
    **detail: object,
) -> None:
    """Write down who did what to whom; None is the command line. Empty details are left out.

    `organisation_id`: in whose name or affairs, when it is not the server's.

    Of people it may hold their handles and nothing else.
    """
    values = {
        "id": new_id(now),
        "actor_id": actor_id,
        "action": action,
        "target": target,
        "detail": {name: value for name, value in detail.items() if value} or None,
        "at": now,
        "organisation_id": organisation_id,
    }
    connection.execute(audit_log.insert().values(values))


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines of the log are wanted; everything empty: all.

    `actor_id` is who acted, `organisation_id` in whose name or affairs, `areas` the beginnings of actions, such as
    "report", `words` a part of whom or what it was about.
    """

    actor_id: int | None = None
    areas: tuple[str, ...] = ()
    words: str = ""
    organisation_id: int | None = None


def log_page(connection: Connection, window: Window, wanted: Filter | None = None) -> list[LogEntry]:
    """A page of the log, newest first."""
    wanted = wanted or Filter()
    statement = select(audit_log)
    if wanted.actor_id is not None:
        statement = statement.where(audit_log.c.actor_id == wanted.actor_id)
    if wanted.organisation_id is not None:
        statement = statement.where(audit_log.c.organisation_id == wanted.organisation_id)
    if wanted.areas:
        statement = statement.where(or_(*(audit_log.c.action.startswith(one) for one in wanted.areas)))
    if wanted.words.strip():
        words = wanted.words.strip().lower()
        in_target = func.lower(audit_log.c.target).contains(words, autoescape=True)
        in_detail = func.lower(audit_log.c.detail).contains(words, autoescape=True)
        statement = statement.where(or_(in_target, in_detail))
    rows = connection.execute(windowed(statement, audit_log.c.id, window)).all()
    return [LogEntry(*row) for row in newest_first(rows, window)]


def who_acted(connection: Connection) -> list[int]:
    """Everybody who stands in the log as having done something."""
    ids = select(audit_log.c.actor_id).where(audit_log.c.actor_id.is_not(None)).distinct()
    return list(connection.execute(ids).scalars())
