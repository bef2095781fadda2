"""Officers and members, as the house knows them."""

from datetime import datetime
from typing import Any, Literal, NamedTuple

from usi_fed.unions.roles import Role

ProposalState = Literal["open", "done", "refused", "lapsed"]
MembershipState = Literal["asked", "invited", "member", "banned"]


class Office(NamedTuple):
    """Somebody acts for an organisation. The fields are the columns of `offices`, in order.

    `is_shown`: the person wants to be named in public. `given_by` is None for the command line.
    """

    organisation_id: int
    person_id: int
    role: Role
    is_shown: bool
    given_by: int | None
    since: datetime


class OfficeOffer(NamedTuple):
    """Somebody was asked to act for an organisation. The fields are the columns of `office_offers`, in order."""

    id: int
    organisation_id: int
    person_id: int
    role: Role
    offered_by: int | None
    expires_at: datetime


class Proposal(NamedTuple):
    """An act of an organisation that needs two people. The fields are the columns of `proposals`, in order.

    `proposed_by` and `decided_by` are None for the command line, the latter also as long as nobody has decided.
    """

    id: int
    organisation_id: int
    kind: str
    payload: dict[str, Any]
    proposed_by: int | None
    proposed_at: datetime
    expires_at: datetime
    decided_by: int | None
    decided_at: datetime | None
    state: ProposalState


class Membership(NamedTuple):
    """Somebody belongs to an organisation, or wants to, or must not. The fields are the columns, in order."""

    organisation_id: int
    person_id: int
    state: MembershipState
    uri: str | None
    words: str
    decided_by: int | None
    since: datetime
    until: datetime | None
