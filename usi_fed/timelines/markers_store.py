"""Where people stopped reading."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from usi_fed.db.database import insert
from usi_fed.timelines.model import Marker
from usi_fed.timelines.tables import markers


def markers_of(connection: Connection, owner_id: int, timelines: Collection[str]) -> list[Marker]:
    """Somebody's markers on these timelines."""
    statement = select(markers.c.timeline, markers.c.last_read_id, markers.c.version, markers.c.updated_at).where(
        markers.c.owner_id == owner_id, markers.c.timeline.in_(timelines)
    )
    return [Marker(*row) for row in connection.execute(statement)]


def put_marker(connection: Connection, owner_id: int, timeline: str, last_read_id: int, now: datetime) -> Marker:
    """Remember how far somebody has read; every change raises the version."""
    values = {
        "owner_id": owner_id,
        "timeline": timeline,
        "last_read_id": last_read_id,
        "version": 1,
        "updated_at": now,
    }
    change = {"last_read_id": last_read_id, "version": markers.c.version + 1, "updated_at": now}
    statement = insert(connection, markers).values(values)
    statement = statement.on_conflict_do_update(index_elements=["owner_id", "timeline"], set_=change)
    row = connection.execute(statement.returning(*[column for column in markers.c if column.name != "owner_id"])).one()
    return Marker(*row)
