"""Affiliations: by whom an organisation is attested; asking, answering and ending; and whom this server trusts."""

from datetime import datetime
from typing import Annotated

import msgspec
from sqlalchemy import Connection

from usi_fed.accounts.store import get_account
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.api.call import Call
from usi_fed.api.methods import Caller
from usi_fed.api.usi.entities import Nothing, Person, person_entity
from usi_fed.api.usi.methods import READ, WRITE, UsiMethod
from usi_fed.errors import InvalidInput, NotAllowed, NotFound
from usi_fed.inbox.resolving import NOT_TO_BE_HAD, is_address, parse_typed_handle
from usi_fed.sentences import Sentence
from usi_fed.unions.affiliating import LONGEST_REASON
from usi_fed.unions.finding import find_named, get_organisation, get_own_organisation
from usi_fed.unions.model import Affiliation, AffiliationState, Path
from usi_fed.unions.offices import require_permission
from usi_fed.unions.roles import Permission
from usi_fed.urls import Urls

_NOBODY = Sentence("must be a union or a federation that is known here, or can be found where it lives")

Named = Annotated[str, msgspec.Meta(max_length=500, description="Id, handle, or the address of its page or actor")]


class StepEntity(msgspec.Struct):
    """Who attests what stands before."""

    organisation: Person
    since: datetime
    verified_at: Annotated[datetime, msgspec.Meta(description="At both servers; never longer ago than seven days")]


class PathEntity(msgspec.Struct):
    """Who attests an organisation, who attests that one, and so on upwards."""

    steps: list[StepEntity]
    trusted: Annotated[Person | None, msgspec.Meta(description="The one of the steps whom this server trusts")]


class LookAlikeEntity(msgspec.Struct, rename={"is_attested": "attested"}):
    """Another organisation that can be mistaken for the one that was asked about."""

    organisation: Person
    is_attested: bool
    paths: list[PathEntity]


class AffiliationEntity(msgspec.Struct):
    """That a subject belongs to an approver, or wants to, or did."""

    id: str
    subject: Person
    approver: Person
    state: Annotated[
        AffiliationState, msgspec.Meta(description="`withdrawn` is by the approver, `left` by the subject")
    ]
    offered_at: datetime
    expires_at: datetime
    since: Annotated[datetime, msgspec.Meta(description="When it came into this state")]
    reason: str


class TrustEntity(msgspec.Struct):
    """A union or a federation at whose word this server stops asking."""

    organisation: Person
    since: datetime


class Asking(msgspec.Struct):
    """Who is to attest it: a union or a federation."""

    approver: Named


class Reasoning(msgspec.Struct):
    """Why; it is told to the other side."""

    reason: Annotated[str, msgspec.Meta(max_length=LONGEST_REASON)] = ""


class Trusting(msgspec.Struct):
    """Whom this server is to trust: a union or a federation."""

    organisation: Named


# ---- for everybody ----


async def show_paths(call: Call, _: None) -> list[PathEntity]:
    """GET /organisations/{id}/affiliations"""
    return [path_entity(one) for one in await call.house.affiliations.path_of(await _asked(call))]


async def verify(call: Call, _: None) -> list[PathEntity]:
    """POST /organisations/{id}/affiliations/verify"""
    return [path_entity(one) for one in await call.house.affiliations.verify(await _asked(call))]


async def show_lookalikes(call: Call, _: None) -> list[LookAlikeEntity]:
    """GET /organisations/{id}/lookalikes"""
    found = await call.house.affiliations.lookalikes_of(await _asked(call))
    return [
        LookAlikeEntity(
            person_entity(one.actor),
            one.is_attested,
            [path_entity(path) for path in await call.house.affiliations.path_of(one.actor)],
        )
        for one in found
        if not one.actor.is_shut_out
    ]


# ---- for officers ----


async def show_asked(call: Call, _: None) -> list[AffiliationEntity]:
    """GET /organisations/{id}/affiliations/asked"""
    organisation = await _own_for(call, "read")
    asked_by = await call.house.affiliations.asked_by(organisation.id)
    asked_of = await call.house.affiliations.asked_of(organisation.id)
    entities = [affiliation_entity(one, organisation, other) for one, other in asked_by]
    return entities + [affiliation_entity(one, other, organisation) for one, other in asked_of]


async def ask(call: Call, asked: Asking) -> AffiliationEntity:
    """POST /organisations/{id}/affiliations"""
    organisation = await _own_for(call, "affiliate")
    approver = await _find(call, asked.approver, "approver")
    made = await call.house.affiliations.offer(organisation.id, approver.id, call.person_id)
    return affiliation_entity(made, organisation, approver)


async def accept(call: Call, _: None) -> AffiliationEntity:
    """POST /organisations/{id}/affiliations/{affiliation}/accept"""
    known = await _of_own(call, is_approver=True)
    return await _shown(call, await call.house.affiliations.accept(known.id, call.person_id))


async def refuse(call: Call, asked: Reasoning) -> AffiliationEntity:
    """POST /organisations/{id}/affiliations/{affiliation}/refuse"""
    known = await _of_own(call, is_approver=True)
    return await _shown(call, await call.house.affiliations.refuse(known.id, call.person_id, asked.reason))


async def withdraw(call: Call, asked: Reasoning) -> AffiliationEntity:
    """POST /organisations/{id}/affiliations/{affiliation}/withdraw"""
    known = await _of_own(call, is_approver=True)
    return await _shown(call, await call.house.affiliations.withdraw(known.id, call.person_id, asked.reason))


async def leave(call: Call, _: None) -> AffiliationEntity:
    """POST /organisations/{id}/affiliations/{affiliation}/leave"""
    known = await _of_own(call, is_approver=False)
    return await _shown(call, await call.house.affiliations.leave(known.id, call.person_id))


# ---- for administrators ----


async def show_trusted(call: Call, _: None) -> list[TrustEntity]:
    """GET /trusted"""
    await _require_administrator(call)
    return [TrustEntity(person_entity(who), since) for who, since in await call.house.affiliations.trusted()]


async def trust(call: Call, asked: Trusting) -> TrustEntity:
    """POST /trusted"""
    await _require_administrator(call)
    found = await _find(call, asked.organisation, "organisation")
    await call.house.affiliations.trust(found.id, call.person_id)
    trusted = await call.house.affiliations.trusted()
    return next(TrustEntity(person_entity(who), since) for who, since in trusted if who.id == found.id)


async def distrust(call: Call, _: None) -> Nothing:
    """DELETE /trusted/{id}"""
    await _require_administrator(call)
    await call.house.affiliations.distrust(call.id(), call.person_id)
    return Nothing()


# ---- how they are made and found ----


def path_entity(path: Path) -> PathEntity:
    """A path upwards."""
    steps = [StepEntity(person_entity(one.approver), one.since, one.verified_at) for one in path.steps]
    return PathEntity(steps, person_entity(path.trusted) if path.trusted else None)


def affiliation_entity(affiliation: Affiliation, subject: Actor, approver: Actor) -> AffiliationEntity:
    """An affiliation with both sides."""
    return AffiliationEntity(
        id=str(affiliation.id),
        subject=person_entity(subject),
        approver=person_entity(approver),
        state=affiliation.state,
        offered_at=affiliation.offered_at,
        expires_at=affiliation.expires_at,
        since=affiliation.since,
        reason=affiliation.reason,
    )


async def _asked(call: Call) -> Actor:
    found = await call.house.database.read(get_organisation, call.path["id"], call.viewer_id, call.house.urls)
    return found[0]


async def _own_for(call: Call, permission: Permission) -> Actor:
    """The organisation of ours that the path names, for those whose office gives a right."""
    read = call.house.database.read
    organisation, _ = await read(get_own_organisation, call.path["id"], call.person_id, call.house.urls)
    await read(require_permission, call.person_id, organisation.id, permission)
    return organisation


async def _of_own(call: Call, *, is_approver: bool) -> Affiliation:
    """The affiliation that the path names, of the organisation that it names, too."""
    organisation = await _own_for(call, "affiliate")
    known = await call.house.affiliations.get(call.id("affiliation"))
    if organisation.id != (known.approver_id if is_approver else known.subject_id):
        raise NotFound("no such affiliation of this organisation")
    return known


async def _shown(call: Call, affiliation: Affiliation) -> AffiliationEntity:
    subject = await call.house.database.read(get_actor, affiliation.subject_id)
    approver = await call.house.database.read(get_actor, affiliation.approver_id)
    return affiliation_entity(affiliation, subject, approver)


async def _find(call: Call, named: str, field: str) -> Actor:
    """Whom a field names: known here, or asked for at its own server.

    Raises:
        InvalidInput: it is nobody, or cannot be had.
    """
    found: object = await call.house.database.read(_find_known, named, call.house.urls)
    if found is None:
        handle = None if is_address(named) else parse_typed_handle(named, call.house.urls)
        try:
            if is_address(named):
                found = await call.house.resolver.fetch_address(named)
            elif handle is not None:
                found = await call.house.resolver.fetch_person(handle)
        except NOT_TO_BE_HAD as error:
            raise InvalidInput(field, _NOBODY) from error
    if not isinstance(found, Actor) or found.concealed or found.is_shut_out:
        raise InvalidInput(field, _NOBODY)
    return found


def _find_known(connection: Connection, named: str, urls: Urls) -> Actor | None:
    return None if is_address(named) else find_named(connection, named, urls)


async def _require_administrator(call: Call) -> None:
    account = await call.house.database.read(get_account, call.person_id)
    if account.role != "admin":
        raise NotAllowed(Sentence("This is for the administrators of this server."))


_OF = "/organisations/{id}/affiliations"
_ONE = f"{_OF}/{{affiliation}}"

METHODS = (
    UsiMethod(
        "GET",
        _OF,
        "By whom an organisation is attested, as verified within the last seven days",
        show_paths,
        list[PathEntity],
        READ,
        caller=Caller.ANYBODY,
    ),
    UsiMethod(
        "POST", f"{_OF}/verify", "The same, after asking all servers on the way up now", verify, list[PathEntity], READ
    ),
    UsiMethod(
        "GET",
        "/organisations/{id}/lookalikes",
        "Other organisations that can be mistaken for this one, attested ones first",
        show_lookalikes,
        list[LookAlikeEntity],
        READ,
        caller=Caller.ANYBODY,
    ),
    UsiMethod(
        "GET",
        f"{_OF}/asked",
        "What an organisation asked for and was asked for, in every state, for its officers",
        show_asked,
        list[AffiliationEntity],
        READ,
    ),
    UsiMethod(
        "POST",
        _OF,
        "Ask a union or a federation, here or elsewhere, to attest that an organisation belongs to it",
        ask,
        AffiliationEntity,
        WRITE,
        asked=Asking,
        status=201,
    ),
    UsiMethod(
        "POST",
        f"{_ONE}/accept",
        "Attest what was asked: to be done when it was checked by another way, such as a call to a known number",
        accept,
        AffiliationEntity,
        WRITE,
    ),
    UsiMethod("POST", f"{_ONE}/refuse", "Say no", refuse, AffiliationEntity, WRITE, asked=Reasoning),
    UsiMethod("POST", f"{_ONE}/withdraw", "No longer attest it", withdraw, AffiliationEntity, WRITE, asked=Reasoning),
    UsiMethod("POST", f"{_ONE}/leave", "Take a request back, or belong to it no more", leave, AffiliationEntity, WRITE),
    UsiMethod(
        "GET",
        "/trusted",
        "At whose word this server stops asking, for its administrators",
        show_trusted,
        list[TrustEntity],
        READ,
    ),
    UsiMethod(
        "POST",
        "/trusted",
        "Trust a union or a federation and whom it attests, for administrators",
        trust,
        TrustEntity,
        WRITE,
        asked=Trusting,
        status=201,
    ),
    UsiMethod("DELETE", "/trusted/{id}", "No longer trust it, for administrators", distrust, Nothing, WRITE),
)
