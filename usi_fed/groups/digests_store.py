"""All SQL about who wants to hear by mail what is new in their groups."""

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from usi_fed.db.database import insert
from usi_fed.groups.tables import group_digests


def wants_digest(connection: Connection, person_id: int) -> bool:
    """Whether somebody wants such mails."""
    return connection.execute(select(group_digests).where(group_digests.c.person_id == person_id)).first() is not None


def want_digest(connection: Connection, person_id: int, now: datetime) -> None:
    """The first one comes in a week, with what comes in from now on."""
    values = {"person_id": person_id, "sent_at": now}
    connection.execute(insert(connection, group_digests).values(values).on_conflict_do_nothing())


def end_digest(connection: Connection, person_id: int) -> None:
    """No more such mails."""
    connection.execute(delete(group_digests).where(group_digests.c.person_id == person_id))


def due_digests(connection: Connection, before: datetime, limit: int) -> list[int]:
    """To whom none was sent since then."""
    statement = select(group_digests.c.person_id).where(group_digests.c.sent_at <= before)
    return list(connection.execute(statement.order_by(group_digests.c.person_id).limit(limit)).scalars())


def take_digest(connection: Connection, person_id: int, before: datetime, now: datetime) -> datetime | None:
    """Take the sending of one in hand; since when it tells, or None when another process has."""
    where = (group_digests.c.person_id == person_id, group_digests.c.sent_at <= before)
    since = connection.execute(select(group_digests.c.sent_at).where(*where).with_for_update()).scalar()
    if since is not None:
        connection.execute(update(group_digests).where(*where).values(sent_at=now))
    return since
