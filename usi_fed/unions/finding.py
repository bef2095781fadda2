"""Finding an organisation for somebody, and the directory of those that want to be found.

Whoever does not belong to a concealed organisation gets the very answer that there is none.
"""

from sqlalchemy import Connection

from usi_fed.actors.model import Actor, Organisation
from usi_fed.actors.organisations_store import find_organisation
from usi_fed.actors.store import find_actors, find_by_handle
from usi_fed.db.ids import find_id
from usi_fed.errors import NotFound
from usi_fed.unions.memberships_store import find_membership
from usi_fed.unions.offices_store import roles_of
from usi_fed.urls import Urls

_INSIDE = ("member", "invited")


def get_organisation(
    connection: Connection, named: str, viewer_id: int | None, urls: Urls
) -> tuple[Actor, Organisation]:
    """The organisation, ours or another server's, that has this id or handle, as far as a viewer may know of it.

    Raises:
        NotFound: there is none, it is gone or shut out, or it is concealed and the viewer does not belong to it.
    """
    actor = find_named(connection, named, urls)
    organisation = None if actor is None or actor.is_shut_out else find_organisation(connection, actor.id)
    if actor is None or organisation is None:
        raise NotFound("no such organisation")
    if actor.concealed and not is_inside(connection, actor.id, viewer_id):
        raise NotFound("an organisation that this viewer must not know of")
    return actor, organisation


def get_own_organisation(
    connection: Connection, named: str, viewer_id: int | None, urls: Urls
) -> tuple[Actor, Organisation]:
    """As `get_organisation`, of those of this server only.

    Raises:
        NotFound: as there, or it lives elsewhere.
    """
    actor, organisation = get_organisation(connection, named, viewer_id, urls)
    if not actor.is_local:
        raise NotFound("an organisation of another server")
    return actor, organisation


def is_inside(connection: Connection, organisation_id: int, viewer_id: int | None) -> bool:
    """Whether somebody acts for an organisation, belongs to it, or was invited."""
    if viewer_id is None:
        return False
    if viewer_id == organisation_id or roles_of(connection, viewer_id, organisation_id):
        return True
    membership = find_membership(connection, organisation_id, viewer_id)
    return membership is not None and membership.state in _INSIDE


def find_named(connection: Connection, named: str, urls: Urls) -> Actor | None:
    """The actor that has this database id, user name or handle."""
    actor_id = find_id(named)
    if actor_id is not None:
        return find_actors(connection, [actor_id]).get(actor_id)
    user, _, domain = named.removeprefix("@").partition("@")
    return find_by_handle(connection, user, "" if domain.lower() == urls.handles.lower() else domain)
