"""Who is hidden as long as they belong to an organisation at risk: our own people who are members or act for it."""

from sqlalchemy import Connection, select, union

from usi_fed.actors.tables import actors, organisations
from usi_fed.posts.concealments_store import conceal, concealed_by, end_concealment
from usi_fed.unions.tables import memberships, offices


def is_at_risk(connection: Connection, organisation_id: int) -> bool:
    """Whether an organisation of ours says that its people are in danger."""
    risk = select(organisations.c.risk).where(organisations.c.actor_id == organisation_id)
    return connection.execute(risk).scalar() == "high"


def mind_risk(connection: Connection, organisation_id: int) -> None:
    """See that exactly those are hidden because of an organisation whom it puts at risk now.

    Asked after every change of who belongs to it, in the same unit of work.
    """
    hidden = concealed_by(connection, organisation_id)
    wanted = _people_here(connection, organisation_id) if is_at_risk(connection, organisation_id) else set()
    for person_id in sorted(wanted - hidden):
        conceal(connection, person_id, organisation_id)
    for person_id in sorted(hidden - wanted):
        end_concealment(connection, person_id, organisation_id)


def _people_here(connection: Connection, organisation_id: int) -> set[int]:
    belonging = union(
        select(memberships.c.person_id).where(
            memberships.c.organisation_id == organisation_id, memberships.c.state == "member"
        ),
        select(offices.c.person_id).where(offices.c.organisation_id == organisation_id),
    ).subquery()
    people = select(actors.c.id).where(
        actors.c.id.in_(select(belonging.c.person_id)), actors.c.host == "", actors.c.kind == "Person"
    )
    return set(connection.execute(people).scalars())
