"""Backups that were asked for on a page, in the database: so a restart loses none."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update

from usi_fed.clock import new_id
from usi_fed.upkeep.tables import backups


class Backup(NamedTuple):
    """A backup that was asked for. The fields are the columns of `backups`, in order."""

    id: int
    state: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    tries: int
    file: str | None
    size_bytes: int | None
    fault: str | None


def ask(connection: Connection, now: datetime) -> bool:
    """Have a backup made; False when one is being made already."""
    if waiting(connection) is not None:
        return False
    connection.execute(backups.insert().values(id=new_id(now), asked_at=now))
    return True


def waiting(connection: Connection) -> Backup | None:
    """The backup that is still to be made, if any."""
    row = connection.execute(select(backups).where(backups.c.state == "asked").order_by(backups.c.id)).first()
    return Backup(*row) if row else None


def latest(connection: Connection, state: str | None = None) -> Backup | None:
    """The newest one, of those in a state if one is named."""
    wanted = select(backups) if state is None else select(backups).where(backups.c.state == state)
    row = connection.execute(wanted.order_by(backups.c.id.desc()).limit(1)).first()
    return Backup(*row) if row else None


def start(connection: Connection, backup_id: int, now: datetime) -> None:
    """Note that one more try begins."""
    values = {"started_at": now, "tries": backups.c.tries + 1}
    connection.execute(update(backups).where(backups.c.id == backup_id).values(values))


def fail(connection: Connection, backup_id: int, fault: str, now: datetime) -> None:
    """Note that it cannot be made."""
    values = {"state": "failed", "fault": fault, "ended_at": now}
    connection.execute(update(backups).where(backups.c.id == backup_id).values(values))


def finish(connection: Connection, backup_id: int, file: str, size_bytes: int, now: datetime) -> list[str]:
    """Note that it is there, and forget the older ones; the names of their files."""
    values = {"state": "done", "file": file, "size_bytes": size_bytes, "ended_at": now}
    connection.execute(update(backups).where(backups.c.id == backup_id).values(values))
    older = delete(backups).where(backups.c.id < backup_id).returning(backups.c.file)
    return [name for name in connection.execute(older).scalars() if name and name != file]


def forget(connection: Connection) -> list[str]:
    """Forget every backup that is not being made; the names of their files."""
    done = delete(backups).where(backups.c.state != "asked").returning(backups.c.file)
    return [name for name in connection.execute(done).scalars() if name]
