"""Founding an organisation: administrators any kind, owners of a union its branches, every member a group."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.accounts.store import find_account
from usi_fed.accounts.tickets import new_secret
from usi_fed.activitypub.organisation_parsing import OrganisationKind
from usi_fed.actors.model import Actor
from usi_fed.actors.organisations_store import find_organisations
from usi_fed.actors.service import LONGEST_NAME
from usi_fed.actors.store import find_local
from usi_fed.errors import InvalidInput
from usi_fed.pages.account.owner import account_page
from usi_fed.pages.house import House, house_of
from usi_fed.pages.members import Member, for_oneself, form_of_oneself
from usi_fed.pages.once import once
from usi_fed.pages.organisations.standing import done
from usi_fed.pages.sessions import session_secret
from usi_fed.sentences import Sentence
from usi_fed.text.plain import clean_name
from usi_fed.translation import said
from usi_fed.unions.directory_store import at_home
from usi_fed.unions.founding import Description
from usi_fed.unions.offices_store import organisations_served_by
from usi_fed.unions.taxonomy import KINDS

HERE = "/organisations/new"
MOST_OWN = 20
_OFFERED = Sentence("must be one of those that are offered")
_TELLS: Mapping[str, Sentence] = {
    "Union": Sentence("A trade union. Its owners can found branches of it."),
    "Federation": Sentence("An organisation of unions."),
    "Branch": Sentence("A part of a union: of a town, a company, a trade."),
    "Group": Sentence("People with something in common: to a group they belong and post."),
    "EmployerNetwork": Sentence("Who works there asks to join. It must never look like the company itself."),
}


@dataclass(frozen=True, slots=True)
class _May:
    """What somebody may found: kinds, and of which unions a branch. `is_full`: they own as many as one may."""

    kinds: tuple[OrganisationKind, ...]
    parents: tuple[Actor, ...]
    names_owner: bool
    is_full: bool


@for_oneself
async def show_founding(request: Request, member: Member) -> Response:
    """GET /organisations/new"""
    may = await house_of(request).database.read(_what_may, member)
    return await _page(request, may, {"kind": may.kinds[0], "owner": f"@{member.actor.username}"})


@form_of_oneself
async def found(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /organisations/new: found it, and lead into its house; the same form twice founds one."""

    async def act() -> Response:
        house = house_of(request)
        may = await house.database.read(_what_may, member)
        try:
            actor = await _found(house, member, may, fields)
        except InvalidInput as error:
            field = "name" if error.field == "display name" else error.field
            return await _page(request, may, fields, {field: error.problem})
        return done(f"/organisations/{actor.username}")

    return await once(request, session_secret(request), fields, act)


def _what_may(connection: Connection, member: Member) -> _May:
    served = organisations_served_by(connection, member.actor.id)
    owned = [actor for actor, roles in served if "owner" in roles]
    about = find_organisations(connection, [actor.id for actor in owned])
    unions = tuple(actor for actor in owned if actor.id in about and about[actor.id].kind == "Union")
    if member.account.role == "admin":
        everywhere = tuple(at_home(connection, ["Union"], only_listed=False))
        return _May(tuple(KINDS), everywhere, names_owner=True, is_full=False)
    kinds: tuple[OrganisationKind, ...] = ("Group", "Branch") if unions else ("Group",)
    return _May(kinds, unions, names_owner=False, is_full=len(owned) >= MOST_OWN)


async def _found(house: House, member: Member, may: _May, fields: Mapping[str, str]) -> Actor:
    if may.is_full:
        raise InvalidInput("", Sentence("You own %(most)s already, and may own no more.", most=MOST_OWN))
    kind = next((one for one in may.kinds if one == fields.get("kind")), None)
    if kind is None:
        raise InvalidInput("kind", _OFFERED)
    name = clean_name(fields.get("name", ""), LONGEST_NAME)
    if not name:
        raise InvalidInput("name", Sentence("must have 1 to %(most)s characters", most=LONGEST_NAME))
    parent = next((one for one in may.parents if one.username == fields.get("parent")), None)
    if kind == "Branch" and parent is None and (not may.names_owner or fields.get("parent")):
        raise InvalidInput("parent", _OFFERED)
    owner_id = member.actor.id
    if may.names_owner:
        owner_id = (await house.database.read(_get_owner, fields.get("owner", ""), house.urls.handles)).id
    description = Description(kind, parent.uri if parent and kind == "Branch" else None)
    username = fields.get("username", "").strip().lstrip("@")
    return await house.unions.found(username, name, description, owner_id, member.actor.id)


def _get_owner(connection: Connection, typed: str, handles: str) -> Actor:
    name = typed.strip().lstrip("@").lower().removesuffix(f"@{handles}")
    person = find_local(connection, name) if name else None
    account = find_account(connection, person.id) if person else None
    if person is None or person.kind != "Person" or account is None or not account.may_sign_in or person.is_shut_out:
        raise InvalidInput("owner", Sentence("must have an account on this server, and be no organisation"))
    return person


async def _page(
    request: Request, may: _May, typed: Mapping[str, str], problems: Mapping[str, object] | None = None
) -> Response:
    return await account_page(
        request,
        "organisations/new.html",
        problems,
        422 if problems else 0,
        place="organisations",
        may=may,
        kinds=[(kind, said(KINDS[kind]), said(_TELLS.get(kind, ""))) for kind in may.kinds],
        parents=[(actor.username, actor.name or actor.username) for actor in may.parents],
        typed={name: typed.get(name, "") for name in ("kind", "parent", "username", "name", "owner")},
        once=new_secret(),
    )
