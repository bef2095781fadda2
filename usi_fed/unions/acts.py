"""What needs two people in every organisation: its end, its contacts, its visibility, and where its money goes.

Later rooms add acts of their own (`wiring/rooms.py`).
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.actors.organisations_store import change_organisation, find_organisation, get_organisation
from usi_fed.actors.store import get_actor, touch_actor, update_actor
from usi_fed.errors import Conflict, InvalidInput
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.verbs.profile import announce_actor, delete_actor
from usi_fed.sentences import Sentence
from usi_fed.unions.facts import write_facts
from usi_fed.unions.founding import Description, is_of_concealed, set_risk
from usi_fed.unions.memberships_store import remove_everybody
from usi_fed.unions.offices_store import remove_officers
from usi_fed.unions.proposals import Act, Payload
from usi_fed.unions.proposals_store import close_proposals_of

LONGEST_URL = 2000


def end_organisation(connection: Connection, desk: Desk, organisation_id: int, payload: Payload) -> None:
    """Delete an organisation everywhere; who acted for it and who belonged to it is forgotten.

    Raises:
        Conflict: it has been deleted already.
    """
    del payload
    actor = _get_living(connection, organisation_id)
    delete_actor(connection, desk, actor)
    remove_officers(connection, organisation_id)
    remove_everybody(connection, organisation_id)
    change_organisation(connection, organisation_id, is_listed=False, facts=[], payment_url=None)
    close_proposals_of(connection, organisation_id, desk.now)


def _list(connection: Connection, desk: Desk, organisation_id: int, payload: Payload) -> None:
    """Let it stand in directories.

    Raises:
        Conflict: its people are at risk.
    """
    del payload
    actor = _get_living(connection, organisation_id)
    if get_organisation(connection, organisation_id).risk:
        raise Conflict(Sentence("The people of this organisation are at risk: it stands in no directory."))
    change_organisation(connection, organisation_id, is_listed=True)
    update_actor(connection, actor.id, discoverable=True)
    touch_actor(connection, actor.id)
    announce_actor(connection, desk, get_actor(connection, actor.id))


def _reveal(connection: Connection, desk: Desk, organisation_id: int, payload: Payload) -> None:
    """Let everybody know that it is there.

    Raises:
        Conflict: it is a part of something that is concealed, which would be given away.
    """
    del payload
    organisation = find_organisation(connection, organisation_id)
    if organisation is not None and is_of_concealed(connection, Description.of(organisation)):
        raise Conflict(Sentence("The union to which it belongs is concealed: that one has to be shown first."))
    actor = update_actor(connection, _get_living(connection, organisation_id).id, concealed=False)
    write_facts(connection, actor.id, desk.now)
    announce_actor(connection, desk, get_actor(connection, actor.id))


def _lower_risk(connection: Connection, desk: Desk, organisation_id: int, payload: Payload) -> None:
    """Its people are in danger no more: who was hidden because of it is so no longer. It stays as hidden as it is."""
    del desk, payload
    set_risk(connection, _get_living(connection, organisation_id).id, "")


def _change_payment(connection: Connection, desk: Desk, organisation_id: int, payload: Payload) -> None:
    """Say where people give it money. Spec: FEP-0ea0"""
    actor = _get_living(connection, organisation_id)
    change_organisation(connection, organisation_id, payment_url=payload["url"] or None)
    write_facts(connection, actor.id, desk.now)
    announce_actor(connection, desk, get_actor(connection, actor.id))


def _allow_export(connection: Connection, desk: Desk, organisation_id: int, payload: Payload) -> None:
    """Nothing changes: that it is done is what lets the two fetch the lists, for a day (`api/usi/proposals.py`)."""
    del desk, payload
    _get_living(connection, organisation_id)


def _check_url(payload: Payload) -> Payload:
    url = payload.get("url", "")
    if not isinstance(url, str) or len(url) > LONGEST_URL:
        raise InvalidInput("url", Sentence("must be an address that begins with https://, or nothing"))
    url = url.strip()
    if not url:
        return {"url": ""}
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme != "https" or not parts.hostname or parts.username is not None or any(map(str.isspace, url)):
        raise InvalidInput("url", Sentence("must be an address that begins with https://, or nothing"))
    return {"url": url}


def _get_living(connection: Connection, organisation_id: int) -> Actor:
    actor = get_actor(connection, organisation_id)
    if actor.deleted_at is not None:
        raise Conflict(Sentence("The organisation has been deleted."))
    return actor


ACTS: Mapping[str, Act] = {
    "delete": Act("govern", Sentence("Delete the organisation"), end_organisation),
    "export": Act("govern", Sentence("Take the lists of followers and members out"), _allow_export),
    "list": Act("govern", Sentence("Show it in directories"), _list),
    "reveal": Act("govern", Sentence("Let everybody see that it exists"), _reveal),
    "lower_risk": Act("govern", Sentence("Say that its people are at risk no more"), _lower_risk),
    "payment": Act("keep money", Sentence("Change where people give it money"), _change_payment, _check_url),
}
