"""All SQL about who belongs to an organisation or a group."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select

from usi_fed.actors.model import Actor
from usi_fed.actors.tables import actors
from usi_fed.db.database import insert
from usi_fed.db.paging import Window, newest_first, windowed
from usi_fed.db.prepared import Prepared
from usi_fed.unions.model import Membership, MembershipState
from usi_fed.unions.risk_store import mind_risk
from usi_fed.unions.tables import memberships

_FIND = Prepared(
    select(memberships).where(
        memberships.c.organisation_id == bindparam("organisation_id"), memberships.c.person_id == bindparam("person_id")
    )
)


def find_membership(connection: Connection, organisation_id: int, person_id: int) -> Membership | None:
    """How somebody stands to an organisation; None: not at all. A ban may be over, see `until`."""
    row = _FIND.first(connection, {"organisation_id": organisation_id, "person_id": person_id})
    return None if row is None else Membership(*row)


def is_member(connection: Connection, organisation_id: int, person_id: int) -> bool:
    """Whether somebody belongs to an organisation."""
    found = find_membership(connection, organisation_id, person_id)
    return found is not None and found.state == "member"


def put_membership(connection: Connection, membership: Membership) -> None:
    """How somebody stands to an organisation from now on."""
    values = membership._asdict()
    keys = ["organisation_id", "person_id"]
    changed = {name: value for name, value in values.items() if name not in keys}
    statement = insert(connection, memberships).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))
    mind_risk(connection, membership.organisation_id)


def remove_membership(connection: Connection, organisation_id: int, person_id: int) -> Membership | None:
    """Somebody has nothing to do with an organisation any more; how it was."""
    found = find_membership(connection, organisation_id, person_id)
    where = (memberships.c.organisation_id == organisation_id, memberships.c.person_id == person_id)
    connection.execute(delete(memberships).where(*where))
    mind_risk(connection, organisation_id)
    return found


def remove_everybody(connection: Connection, organisation_id: int) -> None:
    """The organisation has ended: nobody belongs to it, and nobody can see who did."""
    connection.execute(delete(memberships).where(memberships.c.organisation_id == organisation_id))
    mind_risk(connection, organisation_id)


def people_of(
    connection: Connection,
    organisation_id: int,
    state: MembershipState,
    limit: int = 1000,
    before: datetime | None = None,
) -> list[tuple[Membership, Actor]]:
    """Who stands so to an organisation, the latest first; `before` is the `since` of the last one of a page."""
    statement = (
        select(memberships, actors)
        .join(actors, actors.c.id == memberships.c.person_id)
        .where(memberships.c.organisation_id == organisation_id, memberships.c.state == state)
        .order_by(memberships.c.since.desc(), memberships.c.person_id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(memberships.c.since < before)
    width = len(Membership._fields)
    return [(Membership(*row[:width]), Actor(*row[width:])) for row in connection.execute(statement)]


def members_page(
    connection: Connection, organisation_id: int, state: MembershipState, window: Window
) -> list[tuple[Membership, Actor]]:
    """A page of who stands so to an organisation, cut by the ids of the people."""
    statement = (
        select(memberships, actors)
        .join(actors, actors.c.id == memberships.c.person_id)
        .where(memberships.c.organisation_id == organisation_id, memberships.c.state == state)
    )
    rows = connection.execute(windowed(statement, memberships.c.person_id, window)).all()
    width = len(Membership._fields)
    return newest_first([(Membership(*row[:width]), Actor(*row[width:])) for row in rows], window)


def organisations_of(connection: Connection, person_id: int, state: MembershipState = "member") -> list[Actor]:
    """The living organisations and groups to which somebody stands so, by name."""
    statement = (
        select(actors)
        .join(memberships, memberships.c.organisation_id == actors.c.id)
        .where(memberships.c.person_id == person_id, memberships.c.state == state, actors.c.deleted_at.is_(None))
        .order_by(actors.c.username_key, actors.c.id)
    )
    return [Actor(*row) for row in connection.execute(statement)]


def count_people(connection: Connection, organisation_id: int, state: MembershipState) -> int:
    """How many stand so to an organisation: for its officers only."""
    statement = select(func.count()).where(
        memberships.c.organisation_id == organisation_id, memberships.c.state == state
    )
    return connection.execute(statement).scalar_one()
