"""Who acts for an organisation: asking, answering, ending; as units of work."""

from datetime import datetime

from sqlalchemy import Connection

from usi_fed.accounts.store import find_account, get_account
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.db.turns import take_turn
from usi_fed.errors import Conflict, InvalidInput, NotAllowed, NotFound
from usi_fed.moderation.log_store import log_act
from usi_fed.sentences import Sentence
from usi_fed.unions import offices_store as store
from usi_fed.unions.acting import NO_RIGHT, shut_out_of
from usi_fed.unions.roles import ROLES, Permission, Role


def require_permission(
    connection: Connection, person_id: int | None, organisation_id: int, permission: Permission
) -> None:
    """See that somebody may do this in an organisation's name or affairs; None, the command line, may do all.

    Raises:
        NotAllowed: no office gives that right.
    """
    if person_id is not None and permission not in store.permissions_in(connection, person_id, organisation_id):
        raise NotAllowed(NO_RIGHT)


def offer_office(
    connection: Connection,
    organisation_id: int,
    person_id: int,
    role: Role,
    by: int | None,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Ask somebody to act for an organisation. From the command line nobody is asked: the office begins at once.

    Raises:
        InvalidInput: no such role, or the person has no account here or holds the office already.
        NotAllowed: `by` may not govern the organisation.
    """
    require_permission(connection, by, organisation_id, "govern")
    if role not in ROLES:
        raise InvalidInput("role", Sentence("must be one of %(known)s", known=", ".join(ROLES)))
    person, organisation = _require_signing_in(connection, person_id), get_actor(connection, organisation_id)
    if role in store.roles_of(connection, person_id, organisation_id):
        raise InvalidInput("person", Sentence("holds this office already"))
    if by is None:
        store.put_office(connection, organisation_id, person_id, role, None, now)
    else:
        store.put_offer(connection, organisation_id, person_id, role, by, expires_at)
    action = "office give" if by is None else "office offer"
    log_act(connection, by, action, f"@{person.handle}", now, organisation_id, role=role, by=f"@{organisation.handle}")


def appoint_owner(connection: Connection, organisation_id: int, person_id: int, by: int, now: datetime) -> None:
    """Let somebody govern an organisation that nobody governs any more; `by` has to be an administrator of the server.

    Raises:
        NotAllowed: `by` is none.
        Conflict: somebody governs it.
        InvalidInput: the person has no account here.
    """
    take_turn(connection, organisation_id)
    if get_account(connection, by).role != "admin":
        raise NotAllowed(Sentence("This is for the administrators of this server."))
    if store.is_governed(connection, organisation_id):
        raise Conflict(Sentence("Somebody governs this organisation: offices are given by its owners."))
    _require_signing_in(connection, person_id)
    store.put_office(connection, organisation_id, person_id, "owner", by, now)
    _logged(connection, "office give", organisation_id, person_id, by, "owner", now)


def accept_office(connection: Connection, person_id: int, offer_id: int, now: datetime) -> Actor:
    """Begin to act for the organisation that asked.

    Raises:
        NotFound: there is no such offer to this person, or not any more.
    """
    offer = store.find_offer(connection, offer_id, now)
    if offer is None or offer.person_id != person_id:
        raise NotFound(f"no offer {offer_id} to {person_id}")
    take_turn(connection, offer.organisation_id)
    store.remove_offer(connection, offer.id)
    store.put_office(connection, offer.organisation_id, person_id, offer.role, offer.offered_by, now)
    return _logged(connection, "office accept", offer.organisation_id, person_id, person_id, offer.role, now)


def decline_office(connection: Connection, person_id: int, offer_id: int, now: datetime) -> Actor:
    """Do not begin, or as who may govern the organisation: do not ask any more.

    Raises:
        NotFound: there is no such offer that is this person's to end.
    """
    offer = store.find_offer(connection, offer_id, now)
    if offer is None:
        raise NotFound(f"no offer {offer_id}")
    may_govern = "govern" in store.permissions_in(connection, person_id, offer.organisation_id)
    if offer.person_id != person_id and not may_govern:
        raise NotFound(f"no offer {offer_id} to {person_id}")
    store.remove_offer(connection, offer.id)
    return _logged(connection, "office decline", offer.organisation_id, offer.person_id, person_id, offer.role, now)


def end_office(
    connection: Connection, organisation_id: int, person_id: int, role: Role, by: int | None, now: datetime
) -> None:
    """Let somebody no longer act for an organisation as that. People may end their own offices.

    Raises:
        NotAllowed: `by` is another, and may not govern.
        NotFound: the person does not hold this office.
        Conflict: nobody would be left to govern.
    """
    if by != person_id:
        require_permission(connection, by, organisation_id, "govern")
    if role not in store.roles_of(connection, person_id, organisation_id):
        raise NotFound(f"{person_id} is no {role} of {organisation_id}")
    if role == "owner" and by is not None and store.count_owners(connection, organisation_id) == 1:
        raise Conflict(Sentence("Somebody has to govern the organisation: make another one an owner first."))
    store.remove_office(connection, organisation_id, person_id, role)
    shut_out_of(connection, person_id, organisation_id, now)
    _logged(connection, "office end", organisation_id, person_id, by, role, now)


def show_offices(
    connection: Connection, organisation_id: int, person_id: int, now: datetime, *, is_shown: bool
) -> None:
    """Be named in public as who acts for an organisation, or be so no longer.

    Raises:
        NotFound: the person holds no office there.
    """
    roles = store.roles_of(connection, person_id, organisation_id)
    if not roles:
        raise NotFound(f"{person_id} holds no office in {organisation_id}")
    store.show_offices(connection, organisation_id, person_id, is_shown=is_shown)
    action = "office show" if is_shown else "office hide"
    _logged(connection, action, organisation_id, person_id, person_id, roles[0], now)


def _require_signing_in(connection: Connection, person_id: int) -> Actor:
    person, account = get_actor(connection, person_id), find_account(connection, person_id)
    if person.kind != "Person" or account is None or not account.may_sign_in or person.is_shut_out:
        raise InvalidInput("person", Sentence("must have an account on this server, and be no organisation"))
    return person


def _logged(
    connection: Connection,
    action: str,
    organisation_id: int,
    person_id: int,
    by: int | None,
    role: Role,
    now: datetime,
) -> Actor:
    organisation = get_actor(connection, organisation_id)
    person = get_actor(connection, person_id)
    target = f"@{person.handle}"
    log_act(connection, by, action, target, now, organisation_id, role=role, by=f"@{organisation.handle}")
    return organisation
