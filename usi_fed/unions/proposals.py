"""The two-person rule: what nobody may do in an organisation's name alone.

Somebody proposes an act, another one who holds the right confirms it, and only then it is done, in the same
transaction. From the command line, which nobody reaches from outside, everything is done at once.

Spec: `../shared/domain.md` section 4.2, "Roles"
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from usi_fed.actors.store import get_actor
from usi_fed.db.turns import take_turn
from usi_fed.errors import Conflict, InvalidInput, NotAllowed, NotFound
from usi_fed.moderation.log_store import log_act
from usi_fed.outbox.desk import Desk
from usi_fed.sentences import Sentence
from usi_fed.unions import proposals_store as store
from usi_fed.unions.model import Proposal
from usi_fed.unions.offices import require_permission
from usi_fed.unions.offices_store import officers_of
from usi_fed.unions.roles import Permission, Role, permissions_of

LIFETIME = timedelta(days=30)
EXPORT_LASTS = timedelta(days=1)

Payload = dict[str, Any]


def nothing_more(payload: Payload) -> Payload:
    """The payload of an act that needs none."""
    del payload
    return {}


@dataclass(frozen=True, slots=True)
class Act:
    """Something that needs two people with the same right.

    `do` is called with the organisation's id and the payload, in the transaction of the confirmation. `check` gives
    the payload as it is kept, or raises InvalidInput.
    """

    permission: Permission
    words: Sentence
    do: Callable[[Connection, Desk, int, Payload], None]
    check: Callable[[Payload], Payload] = nothing_more


Acts = Mapping[str, Act]


def propose(
    connection: Connection, desk: Desk, acts: Acts, organisation_id: int, kind: str, payload: Payload, by: int | None
) -> Proposal:
    """Propose an act; proposed again while it waits, it is the same proposal. From the command line it is done.

    Raises:
        InvalidInput: there is no such act, or the payload does not fit it.
        NotAllowed: `by` does not hold the right.
    """
    act = _get_act(acts, kind)
    require_permission(connection, by, organisation_id, act.permission)
    payload = act.check(payload)
    same = [
        one
        for one in store.open_proposals(connection, organisation_id, desk.now)
        if (one.kind, one.payload) == (kind, payload)
    ]
    if same and by is not None:
        return same[0]
    made = store.add_proposal(connection, organisation_id, kind, payload, by, desk.now, desk.now + LIFETIME)
    _log(connection, "proposal make", made, by, desk)
    return made if by is not None else _done(connection, desk, act, made, None)


def confirm(
    connection: Connection, desk: Desk, acts: Acts, organisation_id: int, proposal_id: int, by: int | None
) -> Proposal:
    """Be the second person, and have the act done.

    Raises:
        NotFound: nothing with this id waits.
        NotAllowed: `by` does not hold the right or is the one who proposed it, or that one holds it no longer.
    """
    take_turn(connection, organisation_id)
    proposal = _get_open(connection, desk, organisation_id, proposal_id)
    act = _get_act(acts, proposal.kind)
    require_permission(connection, by, organisation_id, act.permission)
    if by is not None and by == proposal.proposed_by:
        raise NotAllowed(Sentence("This needs two people: another officer with the same right has to confirm it."))
    if proposal.proposed_by is not None and proposal.proposed_by not in holders(connection, organisation_id, act):
        raise Conflict(Sentence("Who proposed this has not the right to it any more: propose it anew."))
    return _done(connection, desk, act, proposal, by)


def refuse(
    connection: Connection, desk: Desk, acts: Acts, organisation_id: int, proposal_id: int, by: int | None
) -> Proposal:
    """Have an act not done: by anybody who holds the right, who proposed it included.

    Raises:
        NotFound, NotAllowed: as `confirm`.
    """
    take_turn(connection, organisation_id)
    proposal = _get_open(connection, desk, organisation_id, proposal_id)
    require_permission(connection, by, organisation_id, _get_act(acts, proposal.kind).permission)
    settled = store.settle(connection, proposal, "refused", by, desk.now)
    _log(connection, "proposal refuse", settled, by, desk)
    return settled


def holders(connection: Connection, organisation_id: int, act: Act) -> set[int]:
    """Who may propose and confirm an act; with a single one it waits for the command line, or a second officer."""
    roles: dict[int, list[Role]] = {}
    for office, person in officers_of(connection, organisation_id):
        if not person.is_shut_out:
            roles.setdefault(office.person_id, []).append(office.role)
    return {person_id for person_id, held in roles.items() if act.permission in permissions_of(held)}


def may_take_out(connection: Connection, organisation_id: int, person_id: int, now: datetime) -> bool:
    """Whether somebody is one of the two who have agreed in the last day to take an organisation's lists out."""
    done = store.find_last_done(connection, organisation_id, "export", now - EXPORT_LASTS)
    return done is not None and person_id in (done.proposed_by, done.decided_by)


def require_export(connection: Connection, organisation_id: int, person_id: int, now: datetime) -> None:
    """See that somebody may take an organisation's lists out.

    Raises:
        NotAllowed: two people have not agreed to it in the last day, or this person is neither of them.
    """
    if not may_take_out(connection, organisation_id, person_id, now):
        raise NotAllowed(Sentence("Two people have to agree first: propose an export, and have it confirmed."))


def _done(connection: Connection, desk: Desk, act: Act, proposal: Proposal, by: int | None) -> Proposal:
    settled = store.settle(connection, proposal, "done", by, desk.now)
    _log(connection, "proposal confirm", settled, by, desk)
    act.do(connection, desk, proposal.organisation_id, proposal.payload)
    return settled


def _get_act(acts: Acts, kind: str) -> Act:
    act = acts.get(kind)
    if act is None:
        raise InvalidInput("kind", Sentence("must be one of %(known)s", known=", ".join(acts)))
    return act


def _get_open(connection: Connection, desk: Desk, organisation_id: int, proposal_id: int) -> Proposal:
    proposal = store.find_proposal(connection, organisation_id, proposal_id)
    if proposal is None or proposal.state != "open" or proposal.expires_at <= desk.now:
        raise NotFound(f"no open proposal {proposal_id} in {organisation_id}")
    return proposal


def _log(connection: Connection, action: str, proposal: Proposal, by: int | None, desk: Desk) -> None:
    organisation = get_actor(connection, proposal.organisation_id)
    log_act(connection, by, action, f"@{organisation.handle}", desk.now, organisation.id, act=proposal.kind)
