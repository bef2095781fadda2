"""Who belongs to an organisation, as its officers decide it; as units of work.

Nothing of it is ever published. The log says that somebody was let in or put out, and by whom, but not who: it is read
by more people than the list.
"""

from datetime import datetime

from sqlalchemy import Connection

from usi_fed.actors.store import get_actor
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.moderation.log_store import log_act
from usi_fed.sentences import Sentence
from usi_fed.unions.memberships_store import find_membership, put_membership, remove_membership
from usi_fed.unions.model import Membership
from usi_fed.unions.offices import require_permission

SOMEBODY = "somebody"


def admit(connection: Connection, organisation_id: int, person_id: int, by: int | None, now: datetime) -> None:
    """Let somebody belong to an organisation, whether they asked or were entered by an officer.

    Raises:
        NotAllowed: `by` may not admit anybody.
        InvalidInput: the person is none, or is a member already.
    """
    require_permission(connection, by, organisation_id, "admit")
    person = get_actor(connection, person_id)
    if person.kind != "Person" or person.is_shut_out:
        raise InvalidInput("person", Sentence("must be somebody who is known here, and no organisation"))
    known = find_membership(connection, organisation_id, person_id)
    if known is not None and known.state == "member":
        raise InvalidInput("person", Sentence("belongs to the organisation already"))
    uri, words = (known.uri, known.words) if known is not None else (None, "")
    put_membership(connection, Membership(organisation_id, person_id, "member", uri, words, by, now, None))
    log_act(connection, by, "member admit", SOMEBODY, now, organisation_id)


def remove(connection: Connection, organisation_id: int, person_id: int, by: int | None, now: datetime) -> None:
    """Let somebody no longer belong to an organisation, or not begin to.

    Raises:
        NotAllowed: `by` may not admit anybody.
        NotFound: the person neither belongs to it nor asked to.
    """
    require_permission(connection, by, organisation_id, "admit")
    known = find_membership(connection, organisation_id, person_id)
    if known is None or known.state == "banned":
        raise NotFound(f"{person_id} has nothing to do with {organisation_id}")
    remove_membership(connection, organisation_id, person_id)
    log_act(connection, by, "member remove", SOMEBODY, now, organisation_id)
