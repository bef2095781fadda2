"""All SQL about who wrote what an organisation published. Read for its officers only, and for nothing that is sent."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from usi_fed.actors.model import Actor
from usi_fed.actors.tables import actors
from usi_fed.db.database import insert
from usi_fed.unions.tables import offices, post_writers


def put_writer(connection: Connection, post_id: int, person_id: int) -> bool:
    """Keep who wrote a post; whether that is new."""
    statement = insert(connection, post_writers).values(post_id=post_id, person_id=person_id)
    return bool(connection.execute(statement.on_conflict_do_nothing()).rowcount)


def writers_for(connection: Connection, reader_id: int, organisation_id: int, ids: Collection[int]) -> dict[int, Actor]:
    """Who wrote these posts of an organisation, for one of its officers; nothing for everybody else."""
    serves = select(offices.c.person_id).where(
        offices.c.organisation_id == organisation_id, offices.c.person_id == reader_id
    )
    if not ids or connection.execute(serves.limit(1)).first() is None:
        return {}
    statement = (
        select(post_writers.c.post_id, actors)
        .join(actors, actors.c.id == post_writers.c.person_id)
        .where(post_writers.c.post_id.in_(ids), actors.c.deleted_at.is_(None))
    )
    return {row[0]: Actor(*row[1:]) for row in connection.execute(statement)}
