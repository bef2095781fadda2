"""All SQL about what was chosen for this server."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from usi_fed.clock import new_id
from usi_fed.db.database import insert
from usi_fed.db.prepared import Prepared
from usi_fed.instance.tables import instance_choices

_REVISION = "revision"
_LATEST = Prepared(select(instance_choices.c.value).where(instance_choices.c.name == _REVISION))


def choices(connection: Connection) -> dict[str, Any]:
    """Everything that was chosen, by name."""
    rows = connection.execute(select(instance_choices.c.name, instance_choices.c.value))
    return {row[0]: row[1] for row in rows if row[0] != _REVISION}


def revision(connection: Connection) -> int:
    """A number that is another after each change; 0 as long as nothing was chosen."""
    row = _LATEST.first(connection, {})
    return int(row[0]) if row else 0


def choose(connection: Connection, changes: Mapping[str, Any], now: datetime) -> None:
    """Keep choices; None drops one, so that the settings count again."""
    for name, value in (*changes.items(), (_REVISION, new_id(now))):
        if value is None:
            connection.execute(delete(instance_choices).where(instance_choices.c.name == name))
        else:
            row = {"name": name, "value": value, "changed_at": now}
            statement = insert(connection, instance_choices).values(row)
            fresh = {"value": value, "changed_at": now}
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=fresh))


def is_badge(connection: Connection, file: str) -> bool:
    """Whether a stored file is the badge of this server."""
    chosen = connection.execute(select(instance_choices.c.value).where(instance_choices.c.name == "badge")).scalar()
    return chosen == file
