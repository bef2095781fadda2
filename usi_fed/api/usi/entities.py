"""What the methods give: the types, and how they are made. Ids are text, as everywhere in the client API."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from usi_fed.activitypub.organisation_parsing import OrganisationKind
from usi_fed.actors.model import Actor, Risk
from usi_fed.actors.model import Organisation as Stored
from usi_fed.api.entities.accounts import avatar_url
from usi_fed.moderation.model import LogEntry
from usi_fed.translation import said
from usi_fed.unions.model import Membership, MembershipState, Office, OfficeOffer, Proposal, ProposalState
from usi_fed.unions.proposals import Act
from usi_fed.unions.roles import Role
from usi_fed.urls import Urls


class Nothing(msgspec.Struct):
    """It was done, and there is nothing to say about it."""


class Term(msgspec.Struct):
    """A word by which organisations are found."""

    id: str
    name: Annotated[str, msgspec.Meta(description="In the language that Accept-Language asks for, as far as we speak")]


class Taxonomies(msgspec.Struct):
    """Every word that a description may have."""

    kinds: list[Term]
    sectors: list[Term]
    themes: list[Term]
    regions: list[Term]
    countries: list[Term]
    roles: list[Term]


class Person(msgspec.Struct):
    """An actor, as it is named."""

    id: str
    handle: str
    name: str
    url: str


class Place(msgspec.Struct):
    """Roughly, where an organisation is: degrees, of ours rounded to a tenth."""

    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)]


class OrganisationEntity(
    msgspec.Struct, rename={"is_listed": "listed", "is_concealed": "concealed", "is_local": "local"}
):
    """An organisation, ours or another server's."""

    id: str
    handle: str
    name: str
    uri: str
    url: str
    avatar: str
    summary: Annotated[str, msgspec.Meta(description="HTML")]
    kind: OrganisationKind
    parent: Annotated[str | None, msgspec.Meta(description="The actor id of the union of a branch, as the branch says")]
    sectors: list[str]
    themes: list[str]
    country: str
    region: str
    languages: list[str]
    place: Place | None
    payment_url: str | None
    is_local: bool
    is_listed: Annotated[bool, msgspec.Meta(description="Stands in directories")]
    is_concealed: Annotated[bool, msgspec.Meta(description="As if it did not exist, for who does not belong to it")]
    risk: Annotated[Risk, msgspec.Meta(description="high: its people are hidden. Told to its officers only")]
    roles: Annotated[list[Role], msgspec.Meta(description="As what the one who asks acts for it")]


class OfficeEntity(msgspec.Struct, rename={"is_shown": "shown"}):
    """Somebody acts for an organisation."""

    person: Person
    role: Role
    is_shown: Annotated[bool, msgspec.Meta(description="Everybody may know it")]
    since: datetime


class OfferEntity(msgspec.Struct):
    """Somebody is asked to act for an organisation."""

    id: str
    organisation: Person
    person: Person
    role: Role
    expires_at: datetime


class MemberEntity(msgspec.Struct):
    """Somebody belongs to an organisation, or wants to."""

    person: Person
    state: MembershipState
    words: Annotated[str, msgspec.Meta(description="What was said when asking")]
    since: datetime


class ProposalEntity(msgspec.Struct):
    """An act that needs two people."""

    id: str
    kind: str
    does: Annotated[str, msgspec.Meta(description="The act in words")]
    payload: dict[str, Any]
    state: ProposalState
    proposed_by: Person | None
    proposed_at: datetime
    expires_at: datetime
    decided_by: Person | None
    decided_at: datetime | None
    may_be_confirmed_by: Annotated[
        int,
        msgspec.Meta(
            description="How many others hold the right now. With 0 it waits until somebody else gets such an office, "
            "or for the command line of the server."
        ),
    ]


class Described(msgspec.Struct):
    """An organisation after a change, and what of the change waits for a second person."""

    organisation: OrganisationEntity
    waiting: list[ProposalEntity]


class LogLine(msgspec.Struct):
    """Somebody did something in the name or the affairs of an organisation."""

    id: str
    at: datetime
    by: Annotated[Person | None, msgspec.Meta(description="null: the command line")]
    action: str
    target: str
    detail: dict[str, Any]


def person_entity(actor: Actor) -> Person:
    """An actor as it is named."""
    is_shut_out = actor.is_shut_out
    return Person(str(actor.id), actor.handle, "" if is_shut_out else actor.name, actor.url or actor.uri)


def organisation_entity(actor: Actor, stored: Stored, urls: Urls, roles: list[Role]) -> OrganisationEntity:
    """An organisation for somebody who acts for it in these roles."""
    has_place = stored.latitude is not None and stored.longitude is not None
    return OrganisationEntity(
        id=str(actor.id),
        handle=actor.handle,
        name=actor.name or actor.username,
        uri=actor.uri,
        url=actor.url or actor.uri,
        avatar=avatar_url(actor, urls),
        summary=actor.summary,
        kind=stored.kind,
        parent=stored.parent_uri,
        sectors=stored.sectors,
        themes=stored.themes,
        country=stored.country,
        region=stored.region,
        languages=stored.languages,
        place=Place(stored.latitude or 0.0, stored.longitude or 0.0) if has_place else None,
        payment_url=stored.payment_url,
        is_local=actor.is_local,
        is_listed=stored.is_listed,
        is_concealed=actor.concealed,
        risk=stored.risk if roles else "",
        roles=roles,
    )


def office_entity(office: Office, person: Actor) -> OfficeEntity:
    """An office with who holds it."""
    return OfficeEntity(person_entity(person), office.role, office.is_shown, office.since)


def offer_entity(offer: OfficeOffer, organisation: Actor, person: Actor) -> OfferEntity:
    """An offer with both sides."""
    return OfferEntity(str(offer.id), person_entity(organisation), person_entity(person), offer.role, offer.expires_at)


def member_entity(membership: Membership, person: Actor) -> MemberEntity:
    """A membership with who it is."""
    return MemberEntity(person_entity(person), membership.state, membership.words, membership.since)


def proposal_entity(proposal: Proposal, act: Act, people: Mapping[int, Actor], holders: set[int]) -> ProposalEntity:
    """A proposal with who is in it; `holders` are those who may decide."""
    return ProposalEntity(
        id=str(proposal.id),
        kind=proposal.kind,
        does=said(act.words),
        payload=proposal.payload,
        state=proposal.state,
        proposed_by=_named(proposal.proposed_by, people),
        proposed_at=proposal.proposed_at,
        expires_at=proposal.expires_at,
        decided_by=_named(proposal.decided_by, people),
        decided_at=proposal.decided_at,
        may_be_confirmed_by=len(holders - {proposal.proposed_by}) if proposal.state == "open" else 0,
    )


def log_line(entry: LogEntry, people: Mapping[int, Actor]) -> LogLine:
    """A line of the log with who acted."""
    by = _named(entry.actor_id, people)
    return LogLine(str(entry.id), entry.at, by, entry.action, entry.target, entry.detail or {})


def _named(actor_id: int | None, people: Mapping[int, Actor]) -> Person | None:
    actor = people.get(actor_id) if actor_id is not None else None
    return None if actor is None else person_entity(actor)
