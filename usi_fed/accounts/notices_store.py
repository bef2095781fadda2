"""All SQL about what somebody is told at signing in, about the account itself."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from usi_fed.accounts.model import Notice, NoticeKind
from usi_fed.accounts.tables import account_notices
from usi_fed.clock import new_id
from usi_fed.db.database import insert

# Told at every signing in for so long: else whoever misused an account would read it in its owner's stead.
TOLD_FOR = timedelta(days=14)
KEPT_FOR = timedelta(days=365)


def add_notice(
    connection: Connection, actor_id: int, kind: NoticeKind, now: datetime, by: str = "", words: str = ""
) -> None:
    """Write down what happened to an account, and forget what is a year old."""
    connection.execute(delete(account_notices).where(account_notices.c.at <= now - KEPT_FOR))
    values = Notice(new_id(now), actor_id, kind, by, now, words)._asdict()
    connection.execute(insert(connection, account_notices).values(values))


def notices_of(connection: Connection, actor_id: int) -> list[Notice]:
    """What happened to an account, newest first."""
    mine = select(account_notices).where(account_notices.c.actor_id == actor_id)
    return [Notice(*row) for row in connection.execute(mine.order_by(account_notices.c.id.desc()))]


def recent_notices(connection: Connection, actor_id: int, now: datetime) -> list[Notice]:
    """What somebody is to be told when signing in now, newest first."""
    return [notice for notice in notices_of(connection, actor_id) if notice.at > now - TOLD_FOR]
