"""At whose word this server stops asking: the unions and federations that its administrators trust."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.accounts.tickets import new_secret
from usi_fed.db.ids import parse_id
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.pages.account.owner import account_page
from usi_fed.pages.administration.administrators import for_administrators, form_of_administrators
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member
from usi_fed.pages.once import once
from usi_fed.pages.organisations.affiliations import find_union
from usi_fed.pages.sessions import session_secret
from usi_fed.pages.views import person_view
from usi_fed.translation import day

HERE = "/administration/trust"


@for_administrators
async def show_trust(request: Request, member: Member) -> Response:
    """GET /administration/trust"""
    return await _page(request)


@form_of_administrators
async def change_trust(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /administration/trust: the button `act`: add whom `organisation` names, or remove the one with the id."""
    return await once(request, session_secret(request), fields, lambda: _change(request, member.actor.id, fields))


async def _change(request: Request, by: int, fields: dict[str, str]) -> Response:
    house, typed = house_of(request), fields.get("organisation", "")
    try:
        if fields.get("act") == "remove":
            await house.affiliations.distrust(parse_id(typed), by)
        elif fields.get("act") == "add":
            found = await find_union(house, typed, "organisation")
            await house.affiliations.trust(found.id, by)
        else:
            raise NotFound("no such act")
    except InvalidInput as error:
        return await _page(request, typed, {"organisation": error.problem})
    return RedirectResponse(f"{HERE}?saved=1", 303)


async def _page(request: Request, typed: str = "", problems: Mapping[str, object] | None = None) -> Response:
    house = house_of(request)
    return await account_page(
        request,
        "administration/trust.html",
        problems,
        rows=[
            (person_view(actor, house.urls.paths), day(since), actor.is_shut_out)
            for actor, since in await house.affiliations.trusted()
        ],
        typed=typed,
        once=new_secret(),
    )
