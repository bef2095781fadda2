"""Who acts for an organisation: showing it, asking people to, answering, ending it."""

import msgspec
from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.api.call import Call
from usi_fed.api.methods import Caller
from usi_fed.api.usi.entities import Nothing, OfferEntity, OfficeEntity, offer_entity, office_entity
from usi_fed.api.usi.methods import READ, WRITE, UsiMethod
from usi_fed.api.usi.people import get_person
from usi_fed.clock import Clock
from usi_fed.errors import NotFound
from usi_fed.unions.finding import get_organisation, get_own_organisation
from usi_fed.unions.offices import require_permission
from usi_fed.unions.offices_store import find_offer, offers_by, offers_to, officers_of, permissions_in
from usi_fed.unions.roles import ROLES, Role
from usi_fed.urls import Urls


class Offering(msgspec.Struct):
    """Whom to ask, by id or handle, and to become what."""

    person: str
    role: Role


class Showing(msgspec.Struct):
    """Whether everybody may know of one's offices."""

    shown: bool


async def show_offices(call: Call, _: None) -> list[OfficeEntity]:
    """GET /organisations/{id}/offices"""
    return await call.house.database.read(_offices, call.path["id"], call.viewer_id, call.house.urls)


async def offer(call: Call, asked: Offering) -> OfferEntity:
    """POST /organisations/{id}/offers"""
    read = call.house.database.read
    organisation = await read(_own, call.path["id"], call.person_id, call.house.urls)
    await read(require_permission, call.person_id, organisation.id, "govern")
    person = await read(get_person, asked.person, call.house.urls)
    await call.house.unions.offer_office(organisation.id, person.id, asked.role, call.person_id)
    offers = await read(offers_by, organisation.id, call.house.clock())
    made = next(one for one, whom in offers if whom.id == person.id and one.role == asked.role)
    return offer_entity(made, organisation, person)


async def show_offers(call: Call, _: None) -> list[OfferEntity]:
    """GET /organisations/{id}/offers"""
    return await call.house.database.read(
        _offers_by, call.path["id"], call.person_id, call.house.urls, call.house.clock
    )


async def withdraw(call: Call, _: None) -> Nothing:
    """DELETE /organisations/{id}/offers/{offer}"""
    organisation = await call.house.database.read(_own, call.path["id"], call.person_id, call.house.urls)
    offer_id = call.id("offer")
    found = await call.house.database.read(find_offer, offer_id, call.house.clock())
    if found is None or found.organisation_id != organisation.id:
        raise NotFound("no such offer of this organisation")
    await call.house.unions.decline_office(call.person_id, offer_id)
    return Nothing()


async def show_own_offers(call: Call, _: None) -> list[OfferEntity]:
    """GET /offers"""
    person = await call.actor()
    offers = await call.house.database.read(offers_to, person.id, call.house.clock())
    return [offer_entity(one, organisation, person) for one, organisation in offers]


async def accept(call: Call, _: None) -> Nothing:
    """POST /offers/{offer}/accept"""
    await call.house.unions.accept_office(call.person_id, call.id("offer"))
    return Nothing()


async def decline(call: Call, _: None) -> Nothing:
    """POST /offers/{offer}/decline"""
    await call.house.unions.decline_office(call.person_id, call.id("offer"))
    return Nothing()


async def end(call: Call, _: None) -> Nothing:
    """DELETE /organisations/{id}/offices/{person}/{role}"""
    organisation = await call.house.database.read(_own, call.path["id"], call.person_id, call.house.urls)
    role = next((known for known in ROLES if known == call.path["role"]), None)
    if role is None:
        raise NotFound("no such role")
    await call.house.unions.end_office(organisation.id, call.id("person"), role, call.person_id)
    return Nothing()


async def show_oneself(call: Call, asked: Showing) -> Nothing:
    """PUT /organisations/{id}/offices/own"""
    organisation = await call.house.database.read(_own, call.path["id"], call.person_id, call.house.urls)
    await call.house.unions.show_offices(organisation.id, call.person_id, is_shown=asked.shown)
    return Nothing()


# ---- units of work ----


def _own(connection: Connection, named: str, viewer_id: int, urls: Urls) -> Actor:
    return get_own_organisation(connection, named, viewer_id, urls)[0]


def _offices(connection: Connection, named: str, viewer_id: int | None, urls: Urls) -> list[OfficeEntity]:
    """All to those who act for it, to others only those who want to be named."""
    actor, _ = get_organisation(connection, named, viewer_id, urls)
    sees_all = viewer_id is not None and "read" in permissions_in(connection, viewer_id, actor.id)
    return [
        office_entity(office, person)
        for office, person in officers_of(connection, actor.id)
        if not person.is_shut_out and (sees_all or office.is_shown or person.id == viewer_id)
    ]


def _offers_by(connection: Connection, named: str, viewer_id: int, urls: Urls, clock: Clock) -> list[OfferEntity]:
    actor = _own(connection, named, viewer_id, urls)
    require_permission(connection, viewer_id, actor.id, "govern")
    organisation = get_actor(connection, actor.id)
    return [offer_entity(one, organisation, person) for one, person in offers_by(connection, actor.id, clock())]


METHODS = (
    UsiMethod(
        "GET",
        "/organisations/{id}/offices",
        "Who acts for an organisation: all of them for its officers, for others those who want to be named",
        show_offices,
        list[OfficeEntity],
        READ,
        caller=Caller.ANYBODY,
    ),
    UsiMethod(
        "PUT",
        "/organisations/{id}/offices/own",
        "Be named in public as who acts for an organisation, or be so no longer",
        show_oneself,
        Nothing,
        WRITE,
        asked=Showing,
    ),
    UsiMethod(
        "DELETE",
        "/organisations/{id}/offices/{person}/{role}",
        "End an office; people may end their own",
        end,
        Nothing,
        WRITE,
    ),
    UsiMethod(
        "GET",
        "/organisations/{id}/offers",
        "Whom an organisation has asked to act for it, for those who govern it",
        show_offers,
        list[OfferEntity],
        READ,
    ),
    UsiMethod(
        "POST",
        "/organisations/{id}/offers",
        "Ask somebody to act for an organisation",
        offer,
        OfferEntity,
        WRITE,
        asked=Offering,
        status=201,
    ),
    UsiMethod("DELETE", "/organisations/{id}/offers/{offer}", "Take such an offer back", withdraw, Nothing, WRITE),
    UsiMethod("GET", "/offers", "What the one who asks was asked to become", show_own_offers, list[OfferEntity], READ),
    UsiMethod("POST", "/offers/{offer}/accept", "Begin to act for an organisation", accept, Nothing, WRITE),
    UsiMethod("POST", "/offers/{offer}/decline", "Do not begin", decline, Nothing, WRITE),
)
