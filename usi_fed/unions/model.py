"""Officers and members, as the house knows them."""

from datetime import datetime
from typing import Literal, NamedTuple

from usi_fed.unions.roles import Role

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
