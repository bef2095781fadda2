"""All SQL about what organisations are in the movement."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from usi_fed.activitypub.organisation_parsing import ParsedOrganisation
from usi_fed.actors.model import Actor, Organisation
from usi_fed.actors.tables import actors, organisations
from usi_fed.db.database import insert
from usi_fed.db.prepared import Prepared
from usi_fed.errors import NotFound

_KINDS = ("Organization", "Group")

_FIND = Prepared(select(organisations).where(organisations.c.actor_id == bindparam("actor_id")))
_FIND_MANY = select(organisations).where(organisations.c.actor_id.in_(bindparam("ids", expanding=True)))


def find_organisation(connection: Connection, actor_id: int) -> Organisation | None:
    """What an actor is in the movement, as far as that is known."""
    row = _FIND.first(connection, {"actor_id": actor_id})
    return None if row is None else Organisation(*row)


def get_organisation(connection: Connection, actor_id: int) -> Organisation:
    """What an actor is in the movement.

    Raises:
        NotFound: nothing that is known.
    """
    found = find_organisation(connection, actor_id)
    if found is None:
        raise NotFound(f"{actor_id} is no organisation")
    return found


def find_organisations(connection: Connection, actor_ids: Iterable[int]) -> dict[int, Organisation]:
    """Those of the actors that are organisations, by the database id of the actor."""
    ids = list(set(actor_ids))
    if not ids:
        return {}
    return {row[0]: Organisation(*row) for row in connection.execute(_FIND_MANY, {"ids": ids})}


def organisations_among(connection: Connection, found: Iterable[Actor]) -> dict[int, Organisation]:
    """What our organisations among some actors are; nothing is asked of the database when there are none."""
    return find_organisations(connection, (actor.id for actor in found if actor.is_local and actor.kind in _KINDS))


def branches_here(connection: Connection, parent_uri: str) -> list[Actor]:
    """Our living organisations that say they are a part of this one."""
    statement = (
        select(actors)
        .join(organisations, organisations.c.actor_id == actors.c.id)
        .where(organisations.c.parent_uri == parent_uri, actors.c.host == "", actors.c.deleted_at.is_(None))
        .order_by(actors.c.id)
    )
    return [Actor(*row) for row in connection.execute(statement)]


def put_organisation(connection: Connection, actor_id: int, **values: Any) -> Organisation:  # noqa: ANN401 - columns
    """Say what an actor is: new, or other values of the columns named."""
    statement = insert(connection, organisations).values(actor_id=actor_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["actor_id"], set_=values))
    return get_organisation(connection, actor_id)


def change_organisation(connection: Connection, actor_id: int, **values: Any) -> None:  # noqa: ANN401 - columns
    """Change some columns of an organisation that is there."""
    connection.execute(update(organisations).where(organisations.c.actor_id == actor_id).values(values))


def take_remote_organisation(connection: Connection, actor_id: int, parsed: ParsedOrganisation | None) -> None:
    """What another server's actor says now; None: nothing any more."""
    if parsed is None:
        connection.execute(delete(organisations).where(organisations.c.actor_id == actor_id))
        return
    latitude, longitude = parsed.place or (None, None)
    put_organisation(
        connection,
        actor_id,
        kind=parsed.kind,
        parent_uri=parsed.parent_uri,
        sectors=list(parsed.sectors),
        themes=list(parsed.themes),
        country=parsed.country,
        region=parsed.region,
        languages=list(parsed.languages),
        latitude=latitude,
        longitude=longitude,
        is_listed=parsed.is_listed,
    )
