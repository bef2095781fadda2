"""Who belongs to an organisation, decided by its officers; as units of work.

The log says that somebody was let in or put out, and by whom. It does not say who: who belongs to a union is told to
nobody, and the log is read by more people than the list.
"""

from datetime import datetime

from sqlalchemy import Connection

from usi_fed.errors import NotFound
from usi_fed.moderation.log_store import log_act
from usi_fed.unions import memberships_store as store
from usi_fed.unions.offices import require_permission


def admit(connection: Connection, organisation_id: int, person_id: int, by: int | None, now: datetime) -> None:
    """Let somebody in who has asked.

    Raises:
        NotAllowed: `by` may not admit.
        NotFound: the person has not asked, or has been answered.
    """
    require_permission(connection, by, organisation_id, "admit")
    asked = store.find_membership(connection, organisation_id, person_id)
    if asked is None or asked.state != "asked":
        raise NotFound(f"{person_id} has not asked {organisation_id}")
    store.put_membership(connection, asked._replace(state="member", decided_by=by, since=now))
    log_act(connection, by, "member admit", "somebody", now, organisation_id)


def put_out(connection: Connection, organisation_id: int, person_id: int, by: int | None, now: datetime) -> None:
    """Somebody belongs to an organisation no longer, or is not let in.

    Raises:
        NotAllowed: `by` may not admit.
        NotFound: the person neither belongs to it nor has asked.
    """
    require_permission(connection, by, organisation_id, "admit")
    found = store.find_membership(connection, organisation_id, person_id)
    if found is None or found.state not in ("asked", "member", "invited"):
        raise NotFound(f"{person_id} does not belong to {organisation_id}")
    store.remove_membership(connection, organisation_id, person_id)
    action = "member refuse" if found.state == "asked" else "member remove"
    log_act(connection, by, action, "somebody", now, organisation_id)
