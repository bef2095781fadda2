"""All SQL about what people bring along."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, or_, select, update

from usi_fed.accounts.tables import accounts
from usi_fed.actors.store import is_in
from usi_fed.actors.tables import actors
from usi_fed.clock import new_id
from usi_fed.errors import NotFound
from usi_fed.portability.model import Act, Import, Line, State
from usi_fed.portability.tables import import_lines, imports, offered_profiles

LOOKED_AT_FOR = timedelta(days=1)
TOLD_FOR = timedelta(days=30)
IMPORTS_AT_ONCE = 20
LINES_LOOKED_AT = 50

_RUNS = and_(imports.c.begun_at.is_not(None), imports.c.ended_at.is_(None))
_OWNER_IS_THERE = and_(accounts.c.disabled_at.is_(None), is_in(actors))


def add_import(connection: Connection, values: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> Import:
    """Store a file to be looked at, in place of what its owner looked at before and did not begin."""
    connection.execute(delete(imports).where(imports.c.actor_id == values["actor_id"], imports.c.begun_at.is_(None)))
    made = Import(*connection.execute(imports.insert().values({"id": new_id(), **values}).returning(*imports.c)).one())
    if lines:
        connection.execute(import_lines.insert(), [{"id": new_id(), "import_id": made.id, **line} for line in lines])
    return made


def get_import(connection: Connection, actor_id: int, import_id: int) -> Import:
    """One of somebody's imports.

    Raises:
        NotFound: there is none, or it is another's.
    """
    mine = (imports.c.id == import_id, imports.c.actor_id == actor_id)
    row = connection.execute(select(imports).where(*mine)).first()
    if row is None:
        raise NotFound(f"no import {import_id} of actor {actor_id}")
    return Import(*row)


def imports_of(connection: Connection, actor_id: int) -> list[Import]:
    """What somebody has begun to bring along, newest first."""
    begun = select(imports).where(imports.c.actor_id == actor_id, imports.c.begun_at.is_not(None))
    return [Import(*row) for row in connection.execute(begun.order_by(imports.c.id.desc()))]


def count_lines(connection: Connection, import_id: int) -> dict[tuple[Act, State], int]:
    """How many lines of an import there are of each act and state."""
    columns = (import_lines.c.act, import_lines.c.state)
    counted = select(*columns, func.count()).where(import_lines.c.import_id == import_id).group_by(*columns)
    return {(row[0], row[1]): row[2] for row in connection.execute(counted)}


def lines_of(connection: Connection, import_id: int, act: Act, state: State, limit: int) -> list[Line]:
    """The first lines of an import of one act and state."""
    of_kind = (import_lines.c.import_id == import_id, import_lines.c.act == act, import_lines.c.state == state)
    statement = select(import_lines).where(*of_kind).order_by(import_lines.c.number, import_lines.c.id).limit(limit)
    return [Line(*row) for row in connection.execute(statement)]


def begin(connection: Connection, import_id: int, now: datetime) -> None:
    """Have an import worked off; once is as good as twice."""
    fresh = (imports.c.id == import_id, imports.c.begun_at.is_(None))
    connection.execute(update(imports).where(*fresh).values(begun_at=now))


def stop(connection: Connection, import_id: int, now: datetime) -> None:
    """Do no more of an import; of one that was not begun, nothing is kept."""
    connection.execute(delete(imports).where(imports.c.id == import_id, imports.c.begun_at.is_(None)))
    waits = (import_lines.c.import_id == import_id, import_lines.c.state == "waiting")
    connection.execute(delete(import_lines).where(*waits))
    connection.execute(update(imports).where(imports.c.id == import_id, _RUNS).values(ended_at=now))


# ---- working off ----


def running(connection: Connection) -> list[Import]:
    """Imports that are being worked off and whose owner is still here, oldest first."""
    statement = (
        select(imports)
        .join(accounts, accounts.c.actor_id == imports.c.actor_id)
        .join(actors, actors.c.id == imports.c.actor_id)
        .where(_RUNS, _OWNER_IS_THERE)
    )
    return [Import(*row) for row in connection.execute(statement.order_by(imports.c.id).limit(IMPORTS_AT_ONCE))]


def due_lines(connection: Connection, import_id: int, now: datetime) -> list[Line]:
    """The lines of an import that may be done now, the longest due first."""
    statement = select(import_lines).where(import_lines.c.import_id == import_id, import_lines.c.state == "waiting")
    due = statement.where(import_lines.c.due_at <= now).order_by(import_lines.c.due_at, import_lines.c.id)
    return [Line(*row) for row in connection.execute(due.limit(LINES_LOOKED_AT))]


def try_line(connection: Connection, line_id: int, due_at: datetime) -> None:
    """Note that a line is being done; when nothing more is heard of it, it is due again at that moment."""
    values = {"attempts": import_lines.c.attempts + 1, "due_at": due_at}
    connection.execute(update(import_lines).where(import_lines.c.id == line_id).values(values))


def settle_line(connection: Connection, line_id: int, reason: str) -> None:
    """A line is done, or has failed for good when there is a reason."""
    values = {"state": "failed" if reason else "done", "reason": reason}
    connection.execute(update(import_lines).where(import_lines.c.id == line_id).values(values))


def finish(connection: Connection, now: datetime) -> None:
    """Close the imports of which nothing waits any more."""
    waiting = exists().where(import_lines.c.import_id == imports.c.id, import_lines.c.state == "waiting")
    connection.execute(update(imports).where(_RUNS, ~waiting).values(ended_at=now))


def next_due(connection: Connection) -> datetime | None:
    """When the next line may be done."""
    ids = [one.id for one in running(connection)]
    waits = (import_lines.c.import_id.in_(ids), import_lines.c.state == "waiting")
    due: datetime | None = connection.execute(select(func.min(import_lines.c.due_at)).where(*waits)).scalar()
    return due


def prune(connection: Connection, now: datetime) -> None:
    """Forget what was only looked at, what was done long ago, and what belonged to who has left."""
    left = exists().where(actors.c.id == imports.c.actor_id, actors.c.deleted_at.is_not(None))
    only_looked_at = and_(imports.c.begun_at.is_(None), imports.c.created_at < now - LOOKED_AT_FOR)
    connection.execute(delete(imports).where(or_(left, only_looked_at, imports.c.ended_at < now - TOLD_FOR)))
    connection.execute(delete(offered_profiles).where(offered_profiles.c.created_at < now - LOOKED_AT_FOR))


# ---- profiles ----


def put_offer(connection: Connection, actor_id: int, offer: Mapping[str, Any], now: datetime) -> None:
    """Keep a profile for its owner to look at, in place of an earlier one."""
    drop_offer(connection, actor_id)
    values = {"actor_id": actor_id, "offer": offer, "created_at": now}
    connection.execute(offered_profiles.insert().values(values))


def find_offer(connection: Connection, actor_id: int) -> dict[str, Any] | None:
    """The profile that somebody looks at."""
    statement = select(offered_profiles.c.offer).where(offered_profiles.c.actor_id == actor_id)
    offer: dict[str, Any] | None = connection.execute(statement).scalar()
    return offer


def drop_offer(connection: Connection, actor_id: int) -> None:
    """Forget the profile that somebody looked at."""
    connection.execute(delete(offered_profiles).where(offered_profiles.c.actor_id == actor_id))
