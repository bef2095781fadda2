"""What an organisation says of itself and of those who act for it, changed by its officers; as units of work."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.actors.organisations_store import find_organisation
from usi_fed.actors.store import get_actor, update_actor
from usi_fed.errors import NotFound
from usi_fed.moderation.log_store import log_act
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.verbs.profile import announce_actor
from usi_fed.unions.founding import Description, check_description, describe
from usi_fed.unions.offices import require_permission
from usi_fed.unions.offices_store import roles_of, show_offices


def redescribe(
    connection: Connection, desk: Desk, organisation_id: int, description: Description, by: int | None
) -> Actor:
    """Say anew what an organisation is, and tell everybody who knows it. Its parent stays.

    Raises:
        NotAllowed: `by` may not govern it.
        NotFound: it is no organisation of ours.
        InvalidInput: see `check_description`.
    """
    require_permission(connection, by, organisation_id, "govern")
    before = find_organisation(connection, organisation_id)
    if before is None:
        raise NotFound(f"{organisation_id} is no organisation")
    kept = replace(description, parent_uri=before.parent_uri if description.kind == "Branch" else None)
    check_description(kept)
    after = describe(connection, organisation_id, kept)
    organisation = get_actor(connection, organisation_id)
    if after == before:
        return organisation
    changes = {"discoverable": kept.is_listed, "revision": organisation.revision + 1}
    changed = update_actor(connection, organisation_id, **changes)
    announce_actor(connection, desk, changed)
    log_act(connection, by, "organisation describe", f"@{changed.handle}", desk.now, organisation_id)
    return changed


def show_oneself(
    connection: Connection, organisation_id: int, person_id: int, now: datetime, *, is_shown: bool
) -> None:
    """Be named on the organisation's site as who acts for it, or no longer.

    Raises:
        NotFound: the person holds no office in it.
    """
    if not roles_of(connection, person_id, organisation_id):
        raise NotFound(f"{person_id} holds no office in {organisation_id}")
    show_offices(connection, organisation_id, person_id, is_shown=is_shown)
    person = get_actor(connection, person_id)
    action = "office show" if is_shown else "office hide"
    log_act(connection, person_id, action, f"@{person.handle}", now, organisation_id)
