"""The audit log in the database: who did what to whom."""

from datetime import datetime

from sqlalchemy import Connection, select

from usi_fed.clock import new_id
from usi_fed.db.paging import Window, newest_first, windowed
from usi_fed.moderation.model import LogEntry
from usi_fed.moderation.tables import audit_log


def log_act(
    connection: Connection, /, actor_id: int | None, action: str, target: str, now: datetime, **detail: object
) -> None:
    """Write down who did what to whom; None is the command line. Empty details are left out.

    Of people it may hold their handles and nothing else.
    """
    values = {
        "id": new_id(now),
        "actor_id": actor_id,
        "action": action,
        "target": target,
        "detail": {name: value for name, value in detail.items() if value} or None,
        "at": now,
    }
    connection.execute(audit_log.insert().values(values))


def log_page(connection: Connection, window: Window) -> list[LogEntry]:
    """A page of the log, newest first."""
    rows = connection.execute(windowed(select(audit_log), audit_log.c.id, window)).all()
    return [LogEntry(*row) for row in newest_first(rows, window)]
