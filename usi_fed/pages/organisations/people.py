"""Who acts for an organisation and who belongs to it, for its officers; and what somebody was asked to become."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.accounts.tickets import new_secret
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_local
from usi_fed.db.ids import parse_id
from usi_fed.errors import Conflict, InvalidInput, NotFound
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import House, house_of
from usi_fed.pages.members import Member, for_oneself, form_of_oneself
from usi_fed.pages.once import once
from usi_fed.pages.organisations.standing import Standing, done, for_house, form_of_house, house_page, problem_of
from usi_fed.pages.organisations.words import ROLES, role_name
from usi_fed.pages.sessions import session_secret
from usi_fed.pages.views import PersonView, person_view
from usi_fed.sentences import Sentence
from usi_fed.translation import day, said
from usi_fed.unions.memberships_store import people_of
from usi_fed.unions.model import Membership, Office, OfficeOffer
from usi_fed.unions.offices_store import is_governed, offers_by, offers_to, officers_of, organisations_served_by
from usi_fed.unions.roles import Role

MINE = "/organisations/offers"
MOST_SHOWN = 200
_NOBODY = Sentence("must have an account on this server, and be no organisation")
_OFFERED = Sentence("must be one of those that are offered")


@dataclass(frozen=True, slots=True)
class OfficerRow:
    """Somebody with all their offices: of each the role, its name, and since when."""

    person: PersonView
    offices: list[tuple[Role, str, str]]
    is_shown: bool
    is_self: bool


@dataclass(frozen=True, slots=True)
class _People:
    officers: list[tuple[Office, Actor]]
    offers: list[tuple[OfficeOffer, Actor]]
    asked: list[tuple[Membership, Actor]]
    members: list[tuple[Membership, Actor]]
    is_governed: bool


@for_house
async def show_people(request: Request, member: Member, standing: Standing) -> Response:
    """GET /organisations/{name}/people"""
    return await _page(request, member, standing, {})


@form_of_house
async def act_on_people(request: Request, member: Member, standing: Standing, fields: dict[str, str]) -> Response:
    """POST /organisations/{name}/people: the button `act`."""
    try:
        await _act(house_of(request), member.actor.id, standing, fields)
    except InvalidInput as error:
        return await _page(request, member, standing, fields, {error.field: error.problem})
    except Conflict as error:
        return await _page(request, member, standing, fields, problem_of(error))
    has_left = fields["act"] == "end" and fields.get("person") == str(member.actor.id) and len(standing.roles) == 1
    return RedirectResponse(f"{MINE}?done=1", 303) if has_left else done(f"{standing.home}/people")


async def _act(house: House, by: int, standing: Standing, fields: dict[str, str]) -> None:
    organisation_id = standing.organisation.id
    match fields.get("act"):
        case "offer":
            person = await house.database.read(_find_person, fields.get("person", ""), house.urls.handles)
            await house.unions.offer_office(organisation_id, person.id, _role(fields), by)
        case "appoint":
            person = await house.database.read(_find_person, fields.get("person", ""), house.urls.handles)
            await house.unions.appoint_owner(organisation_id, person.id, by)
        case "withdraw":
            await house.unions.decline_office(by, parse_id(fields.get("offer", "")))
        case "end":
            await house.unions.end_office(organisation_id, parse_id(fields.get("person", "")), _role(fields), by)
        case "show" | "hide" as act:
            await house.unions.show_offices(organisation_id, by, is_shown=act == "show")
        case "admit":
            _require_no_group(standing)
            await house.unions.admit(organisation_id, parse_id(fields.get("person", "")), by)
        case "put out":
            _require_no_group(standing)
            await house.unions.remove_member(organisation_id, parse_id(fields.get("person", "")), by)
        case _:
            raise InvalidInput("", _OFFERED)


def _require_no_group(standing: Standing) -> None:
    """Who belongs to a group is decided in a room of its own: people of other servers do, too, and hear of it."""
    if standing.is_group:
        raise InvalidInput("", _OFFERED)


def _find_person(connection: Connection, typed: str, handles: str) -> Actor:
    name = typed.strip().lstrip("@").lower().removesuffix(f"@{handles}")
    person = find_local(connection, name) if name else None
    if person is None:
        raise InvalidInput("person", _NOBODY)
    return person


def _role(fields: dict[str, str]) -> Role:
    found = next((role for role in ROLES if role == fields.get("role")), None)
    if found is None:
        raise InvalidInput("role", _OFFERED)
    return found


async def _page(
    request: Request,
    member: Member,
    standing: Standing,
    typed: dict[str, str],
    problems: Mapping[str, object] | None = None,
) -> Response:
    house, urls = house_of(request), house_of(request).urls.paths
    organisation_id = standing.organisation.id

    def read(connection: Connection) -> _People:
        may_admit = standing.may("admit") and not standing.is_group
        return _People(
            officers_of(connection, organisation_id),
            offers_by(connection, organisation_id, house.clock()) if standing.may("govern") else [],
            people_of(connection, organisation_id, "asked", MOST_SHOWN) if may_admit else [],
            people_of(connection, organisation_id, "member", MOST_SHOWN) if may_admit else [],
            is_governed(connection, organisation_id),
        )

    found = await house.database.read(read)
    return await house_page(
        request,
        "people.html",
        standing,
        problems,
        officers=_rows(found.officers, member, house),
        offers=[(offer.id, person_view(who, urls), role_name(offer.role)) for offer, who in found.offers],
        asked=[(person_view(who, urls), one.words) for one, who in found.asked],
        members=[(person_view(who, urls), day(one.since)) for one, who in found.members],
        may_appoint=standing.is_administrator and not found.is_governed,
        roles=[(role, said(name), said(tells)) for role, (name, tells) in ROLES.items()],
        typed={name: typed.get(name, "") for name in ("person", "role")},
    )


def _rows(officers: list[tuple[Office, Actor]], member: Member, house: House) -> list[OfficerRow]:
    rows: dict[int, OfficerRow] = {}
    for office, who in officers:
        view = person_view(who, house.urls.paths)
        row = rows.setdefault(who.id, OfficerRow(view, [], office.is_shown, who.id == member.actor.id))
        row.offices.append((office.role, role_name(office.role), day(office.since)))
    return list(rows.values())


# ---- for whom is asked ----


@for_oneself
async def show_offers(request: Request, member: Member) -> Response:
    """GET /organisations/offers: what somebody was asked to become, and for whom they act."""
    house, urls = house_of(request), house_of(request).urls.paths
    me = member.actor.id

    def read(
        connection: Connection,
    ) -> tuple[list[tuple[OfficeOffer, Actor]], list[tuple[Actor, list[Role]]]]:
        return offers_to(connection, me, house.clock()), organisations_served_by(connection, me)

    offers, served = await house.database.read(read)
    return await html_page(
        request,
        "organisations/offers.html",
        is_private=True,
        place="organisations",
        offers=[
            (offer.id, person_view(who, urls), role_name(offer.role), said(ROLES[offer.role][1]), day(offer.expires_at))
            for offer, who in offers
        ],
        served=[(person_view(who, urls), who.username, [role_name(role) for role in roles]) for who, roles in served],
        is_done="done" in request.query_params,
        once=new_secret(),
    )


@form_of_oneself
async def answer_offer(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /organisations/offers: the button `act`: accept or decline.

    Raises:
        NotFound: there is no such offer, or not any more.
    """
    house, me = house_of(request), member.actor.id

    async def act() -> Response:
        offer_id = parse_id(fields.get("offer", ""))
        if fields.get("act") == "accept":
            organisation = await house.unions.accept_office(me, offer_id)
            return done(f"/organisations/{organisation.username}")
        if fields.get("act") != "decline":
            raise NotFound("no such act")
        await house.unions.decline_office(me, offer_id)
        return done(MINE)

    return await once(request, session_secret(request), fields, act)
