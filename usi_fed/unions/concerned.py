"""Whom it concerns what is decided about an actor of ours."""

from collections.abc import Collection

from sqlalchemy import Connection

from usi_fed.unions.offices_store import officers_of


def concerned_by(connection: Connection, actor_id: int) -> Collection[int]:
    """Whoever is told, and may object: the owners of an organisation, for nobody signs in as it; else the actor."""
    owners = {office.person_id for office, _ in officers_of(connection, actor_id) if office.role == "owner"}
    return owners or (actor_id,)
