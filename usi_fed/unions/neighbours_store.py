"""All SQL about the directories of other servers."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, or_, select

from usi_fed.actors.organisations_store import change_organisation
from usi_fed.actors.store import touch_actor
from usi_fed.actors.tables import actors
from usi_fed.db.database import insert
from usi_fed.unions.directory_store import listed_of_host
from usi_fed.unions.tables import neighbours


class Neighbour(NamedTuple):
    """A server whose people we know: its host, and the identity of one of them, which says how it
    is reached, and the directory that it had when it was asked last."""

    host: str
    uri: str
    directory_uri: str | None


def due_neighbours(connection: Connection, now: datetime, limit: int) -> list[Neighbour]:
    """The servers that are to be asked now, those first that are known to have a directory."""
    is_due = or_(neighbours.c.host.is_(None), neighbours.c.due_at <= now)
    directory = func.max(neighbours.c.directory_uri)
    statement = (
        select(actors.c.host, func.min(actors.c.uri), directory)
        .select_from(actors.outerjoin(neighbours, neighbours.c.host == actors.c.host))
        .where(and_(actors.c.host != "", actors.c.deleted_at.is_(None), is_due))
        .group_by(actors.c.host)
        .order_by(directory.is_(None), actors.c.host)
        .limit(limit)
    )
    return [Neighbour(*row) for row in connection.execute(statement)]


def put_neighbour(connection: Connection, host: str, directory_uri: str | None, due_at: datetime) -> None:
    """Remember whether a server has a directory, and when it is asked again."""
    values = {"directory_uri": directory_uri, "due_at": due_at}
    statement = insert(connection, neighbours).values(host=host, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["host"], set_=values))


def unlist_others(connection: Connection, host: str, kept: frozenset[str]) -> int:
    """Take out of our directory what a server lists no longer: all of it that is not `kept`; how many."""
    left = [actor for actor in listed_of_host(connection, host) if actor.uri not in kept]
    for actor in left:
        change_organisation(connection, actor.id, is_listed=False)
        touch_actor(connection, actor.id)
    return len(left)
