"""Officers, members and affiliations, as the house knows them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from usi_fed.actors.model import Actor
from usi_fed.unions.roles import Role

ProposalState = Literal["open", "done", "refused", "lapsed"]
MembershipState = Literal["asked", "invited", "member", "banned"]
AffiliationState = Literal["offered", "expired", "refused", "accepted", "withdrawn", "left"]


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


class Affiliation(NamedTuple):
    """That a subject belongs to an approver, or wants to, or did. The fields are the columns of the table, in order.

    `statement` and `stamp` are the signed documents. `withdrawn` is by the approver, `left` by the subject.
    """

    id: int
    subject_id: int
    approver_id: int
    host: str
    state: AffiliationState
    offer_uri: str
    offered_at: datetime
    expires_at: datetime
    statement_uri: str
    statement: dict[str, Any]
    stamp_uri: str | None
    stamp: dict[str, Any] | None
    answer_uri: str | None
    end_uri: str | None
    reason: str
    decided_by: int | None
    since: datetime
    confirmed_at: datetime | None
    attempts: int
    due_at: datetime | None


class Attestation(NamedTuple):
    """Both ends elsewhere, and verified at both. The fields are the columns of `attestations`, in order."""

    subject_id: int
    approver_id: int
    statement_uri: str
    stamp_uri: str
    since: datetime
    verified_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of a path: `approver` attests who stands before it, since when, and when that was last verified."""

    approver: Actor
    since: datetime
    verified_at: datetime


@dataclass(frozen=True, slots=True)
class Path:
    """By whom an organisation is attested, who attests that one, and so on upwards.

    `trusted` is the one of the path whom this server's administrators trust, nearest to the organisation.
    """

    steps: tuple[Step, ...]
    trusted: Actor | None


class OrganisationPage(NamedTuple):
    """A page of an organisation's own site. The fields are the columns of `organisation_pages`, in order.

    `source` is Markdown as typed, `html` is made of it by us. `language` is "" when nobody has said.
    """

    id: int
    organisation_id: int
    slug: str
    title: str
    source: str
    html: str
    position: int
    is_published: bool
    is_front: bool
    language: str
    changed_at: datetime
    changed_by: int | None
