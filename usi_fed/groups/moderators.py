"""Who looks after a group, as far as they want to be named; others hear when that changes.

Spec: FEP-1b12, "Group Moderation": Add and Remove with the moderators collection as the target
"""

from collections.abc import Callable

from sqlalchemy import Connection

from usi_fed.actors.document import moderators_uri
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.groups import documents, store
from usi_fed.groups.posting import announce_activity_of
from usi_fed.outbox.desk import Desk
from usi_fed.unions.offices_store import officers_of
from usi_fed.unions.roles import permissions_of


def shown_moderators(connection: Connection, group: Actor) -> list[str]:
    """The identities of a group and of its moderators who want to be named."""
    shown = (
        person.uri
        for office, person in officers_of(connection, group.id)
        if office.is_shown and "moderate" in permissions_of([office.role]) and not person.is_shut_out
    )
    return list(dict.fromkeys([group.uri, *shown]))


def watch_moderators(connection: Connection, organisation_id: int) -> Callable[[Connection, Desk], None]:
    """Look who is named now; what is given back tells others what is different afterwards."""
    before = shown_moderators(connection, get_actor(connection, organisation_id))

    def tell(connection: Connection, desk: Desk) -> None:
        group = get_actor(connection, organisation_id)
        if store.find_group(connection, group) is None:
            return
        after = shown_moderators(connection, group)
        changes = [("Add", uri) for uri in after if uri not in before]
        changes += [("Remove", uri) for uri in before if uri not in after]
        for kind, uri in changes:
            target = moderators_uri(group)
            document = documents.moderation(desk.new_uri(group), kind, group, group, uri, target=target)
            announce_activity_of(connection, desk, group, document)

    return tell
