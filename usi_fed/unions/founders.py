"""Who may found what, except from the command line, where everything may be founded."""

from sqlalchemy import Connection

from usi_fed.accounts.store import find_account
from usi_fed.actors.organisations_store import find_organisation
from usi_fed.actors.store import find_actor, get_actor
from usi_fed.errors import NotAllowed
from usi_fed.sentences import Sentence
from usi_fed.unions.founding import Description
from usi_fed.unions.offices_store import organisations_served_by, permissions_in

MOST_GOVERNED = 20
"""Names are given for ever: nobody takes them all."""

_WITH_BRANCHES = ("Union", "Federation")


def require_founder(connection: Connection, by: int, description: Description) -> None:
    """See that somebody may found such an organisation: administrators any kind, who governs a union its branches,
    and every member a group.

    Raises:
        NotAllowed: the person may not.
    """
    account = find_account(connection, by)
    if account is None or not account.may_sign_in or get_actor(connection, by).is_shut_out:
        raise NotAllowed(Sentence("Only members of this server found organisations here."))
    if account.role == "admin":
        return
    if _governed_by(connection, by) >= MOST_GOVERNED:
        raise NotAllowed(
            Sentence("Whoever governs %(most)s organisations asks an administrator for more.", most=MOST_GOVERNED)
        )
    if description.kind == "Group":
        return
    if description.kind == "Branch" and _governs(connection, by, description.parent_uri):
        return
    if description.kind == "Branch":
        raise NotAllowed(Sentence("A branch is founded by who governs its union, or by an administrator."))
    raise NotAllowed(Sentence("Only administrators of this server found an organisation of this kind."))


def _governed_by(connection: Connection, person_id: int) -> int:
    return sum("owner" in roles for _, roles in organisations_served_by(connection, person_id))


def _governs(connection: Connection, person_id: int, parent_uri: str | None) -> bool:
    parent = find_actor(connection, parent_uri) if parent_uri else None
    if parent is None or not parent.is_local or parent.is_shut_out:
        return False
    organisation = find_organisation(connection, parent.id)
    has_branches = organisation is not None and organisation.kind in _WITH_BRANCHES
    return has_branches and "govern" in permissions_in(connection, person_id, parent.id)
