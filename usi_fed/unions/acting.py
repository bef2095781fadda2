"""Acting for an organisation: in whose name somebody goes on, and what their offices let them do there.

Spec: `../shared/domain.md` section 4.2
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from usi_fed.accounts.model import Credential
from usi_fed.accounts.store import act_as
from usi_fed.accounts.store import stop_acting as stop_in_sessions
from usi_fed.accounts.token_store import end_acting_of_applications
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors
from usi_fed.deputies import Deputy
from usi_fed.errors import NotAllowed
from usi_fed.moderation.log_store import log_act
from usi_fed.sentences import Sentence
from usi_fed.unions.offices_store import organisations_served_by, permissions_in, roles_of
from usi_fed.unions.roles import Permission, Role, permissions_of

NO_RIGHT = Sentence("Your office in this organisation does not give you this right.")


@dataclass(frozen=True, slots=True)
class Office:
    """Somebody's standing in an organisation for which they may act."""

    organisation: Actor
    roles: tuple[Role, ...]

    @property
    def permissions(self) -> frozenset[Permission]:
        """What they may do in its name."""
        return permissions_of(self.roles)

    def require(self, *permissions: Permission) -> None:
        """See that one of these rights is theirs.

        Raises:
            NotAllowed: none is.
        """
        if self.permissions.isdisjoint(permissions):
            raise NotAllowed(NO_RIGHT)


def find_office(connection: Connection, person_id: int, organisation_id: int) -> Office | None:
    """As what somebody may act for an organisation; None when they may not, or it is shut out or gone."""
    found = find_actors(connection, {person_id, organisation_id})
    person, organisation = found.get(person_id), found.get(organisation_id)
    if person is None or person.is_shut_out or organisation is None:
        return None
    office = Office(organisation, tuple(roles_of(connection, person_id, organisation_id)))
    return office if _is_open(office) else None


def offices_of(connection: Connection, person_id: int) -> list[Office]:
    """For which organisations somebody may act, by name."""
    served = (Office(actor, tuple(roles)) for actor, roles in organisations_served_by(connection, person_id))
    return [office for office in served if _is_open(office)]


def begin_acting(
    connection: Connection, token_hash: str, person_id: int, organisation_id: int, now: datetime
) -> Office:
    """Go on in the name of an organisation in one session.

    Raises:
        NotAllowed: no office gives that right.
    """
    office = find_office(connection, person_id, organisation_id)
    if office is None:
        raise NotAllowed(NO_RIGHT)
    act_as(connection, token_hash, organisation_id)
    _log(connection, "acting begin", person_id, office.organisation, now)
    return office


def end_acting(connection: Connection, token_hash: str, person_id: int, organisation_id: int, now: datetime) -> None:
    """Be oneself again in one session."""
    act_as(connection, token_hash, None)
    organisation = find_actors(connection, {organisation_id}).get(organisation_id)
    if organisation is not None:
        _log(connection, "acting end", person_id, organisation, now)


def note(connection: Connection, person_id: int, organisation: Actor, action: str, now: datetime) -> None:
    """Write down what somebody did with the account of an organisation that nobody else sees, such as an export."""
    _log(connection, action, person_id, organisation, now)


def shut_out_of(connection: Connection, person_id: int, organisation_id: int, now: datetime) -> None:
    """Have somebody be themselves again everywhere, who no longer may act for an organisation.

    What they let applications do for it ends with that for good, also when they get an office again.
    """
    if "read" in permissions_in(connection, person_id, organisation_id):
        return
    stop_in_sessions(connection, person_id, organisation_id)
    end_acting_of_applications(connection, person_id, organisation_id, now)


def narrowed(connection: Connection, credential: Credential) -> Credential | None:
    """What of an application's scopes the offices of who let it act for an organisation still cover."""
    if credential.person_id is None or credential.actor_id is None:
        return credential
    office = find_office(connection, credential.person_id, credential.actor_id)
    if office is None:
        return None
    return replace(credential, role="member", scopes=within(credential.scopes, office.permissions))


def within(scopes: frozenset[str], permissions: frozenset[Permission]) -> frozenset[str]:
    """The scopes that officers with these rights can give away; those of moderators of the server never."""
    reads, writes = "read" in permissions, "publish" in permissions
    wanted = {scope for scope in scopes if not scope.startswith("admin")}
    if "follow" in wanted and not writes:  # the old scope that covers both
        wanted = (wanted - {"follow"}) | {"read:blocks", "read:follows", "read:mutes"}
    return frozenset(scope for scope in wanted if (reads if _only_reads(scope) else writes))


def deputy_in(credential: Credential) -> Deputy | None:
    """Who acts for an organisation with a credential, if somebody does."""
    if credential.person_id is None or credential.actor_id is None:
        return None
    return Deputy(credential.person_id, credential.actor_id)


def _is_open(office: Office) -> bool:
    return not office.organisation.is_shut_out and bool(office.permissions)


def _only_reads(scope: str) -> bool:
    return "read" in scope.split(":") or scope in ("profile", "push")


def _log(connection: Connection, action: str, person_id: int, organisation: Actor, now: datetime) -> None:
    target = f"@{organisation.handle}"
    log_act(connection, person_id, action, target, now, organisation.id, by=target)
