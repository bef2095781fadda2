"""Signing in with an account elsewhere: which one, the way there, and the way back.

A form leads to a page that goes on by itself, and not to a redirect: Chromium holds redirects after a form to the
`form-action` of the page with the form, and that page shall not be one from which forms may lead anywhere.
"""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed import web
from usi_fed.accounts.elsewhere.model import Purpose, Service
from usi_fed.accounts.elsewhere.service import Known, Linked, MayJoin
from usi_fed.accounts.model import Invitation
from usi_fed.accounts.tickets import form_token
from usi_fed.activitypub.addresses import host_of
from usi_fed.errors import Conflict, InvalidInput, NotAllowed, TooManyRequests
from usi_fed.pages.answers import html_page
from usi_fed.pages.departures import Home
from usi_fed.pages.house import house_of
from usi_fed.pages.invited import may_come_from_elsewhere, reader_of
from usi_fed.pages.sessions import (
    address_of,
    client_of,
    cookie_of,
    form_seed,
    is_from_us,
    keep_cookie,
    read_form,
    session_secret,
    signed_in,
)
from usi_fed.pages.signing_in import destination_of, go_on, keeping_opener
from usi_fed.sentences import Sentence
from usi_fed.translation import gettext, said, speaking

PAGE = "/log-in/elsewhere"
WAYS = "/account/ways"
OFFER = "/account/import/profile"
_USELESS = Sentence("This invitation has been used up, is too old, or was mistyped. Ask for a new one.")


async def show_elsewhere(request: Request) -> Response:
    """GET /log-in/elsewhere?next= and /join/{code}/elsewhere: which account elsewhere it shall be."""
    code = request.path_params.get("code", "")
    invitation = await find_invitation(request, code)
    if code and invitation is None:
        return await _choosing_page(request, said(_USELESS), 404)
    with speaking(reader_of(request, invitation)):
        return await _choosing_page(request)


async def set_out(request: Request) -> Response:
    """POST /log-in/elsewhere and /join/{code}/elsewhere: send a browser to the service that was chosen.

    Raises:
        NotFound: the service is none that the operator has set.
        InvalidInput, TooLarge: what came is not our form.
    """
    fields = await read_form(request)
    code = request.path_params.get("code", "")
    invitation = await find_invitation(request, code)
    if code and invitation is None:
        return await _choosing_page(request, said(_USELESS), 404, fields.get("server", ""))
    with speaking(reader_of(request, invitation)):
        return await _set_out(request, fields, code)


async def _set_out(request: Request, fields: dict[str, str], code: str) -> Response:
    typed = fields.get("server", "")
    if not is_from_us(request, fields):
        return await _choosing_page(request, said(web.STALE_FORM), 403, typed)
    try:
        service = await chosen_service(request, fields)
        purpose: Purpose = "join" if code else "log-in"
        destination = await house_of(request).elsewhere.set_out(
            service,
            purpose,
            cookie_of(request, web.FORM),
            address_of(request),
            destination=destination_of(request),
            invitation=code,
        )
    except InvalidInput as error:
        return await _choosing_page(request, said(error.problem), error.status, typed)
    except (NotAllowed, TooManyRequests) as error:
        return await _choosing_page(request, said(error), error.status, typed)
    return await departure_page(request, destination)


async def come_back(request: Request) -> Response:
    """GET /log-in/back/{key}: a service sends somebody back."""
    browsers = [secret for secret in (cookie_of(request, web.FORM), session_secret(request)) if secret]
    code = await house_of(request).elsewhere.invitation_of(request.query_params.get("state", ""), browsers)
    with speaking(reader_of(request, await find_invitation(request, code))):
        return await _come_back(request, browsers)


async def _come_back(request: Request, browsers: list[str]) -> Response:
    account = await signed_in(request)
    try:
        back = await house_of(request).elsewhere.come_back(
            request.path_params["key"], request.query_params, browsers, client_of(request), account
        )
    except (NotAllowed, Conflict, TooManyRequests) as error:
        return await _failed_page(request, said(error), error.status, again=WAYS if account else PAGE)
    if isinstance(back, Known):
        return go_on(request, back.outcome, await _onward(request, back))
    if isinstance(back, Linked):
        return RedirectResponse(WAYS, 303)
    if isinstance(back, MayJoin):
        return RedirectResponse(f"/join/with/{back.key}", 303)
    return await _stranger_page(request, back.label)


async def _onward(request: Request, back: Known) -> str:
    """Where somebody wanted to go; who is new here and wanted nothing else looks at what they bring with them."""
    if back.newcomer is None:
        return back.destination
    offer = await house_of(request).offers.bring(back.actor_id, back.newcomer)
    return OFFER if offer.parts and back.destination == "/" else back.destination


async def chosen_service(request: Request, fields: dict[str, str]) -> Service:
    """The service that a form names: one that the operator has set, or a server of the fediverse.

    Raises:
        NotFound: there is no such provider.
        InvalidInput: what was typed is neither a handle nor the name of a server.
        NotAllowed, TooManyRequests: as `Services.server_of`.
    """
    house = house_of(request)
    services = house.elsewhere.services
    if fields.get("provider"):
        return services.provider(fields["provider"])
    home = Home.parse(fields.get("server", ""), house.departures.client)
    return await services.server_of(home.domain, home.handle, address_of(request))


async def departure_page(request: Request, destination: str) -> Response:
    """On to the service, by itself or with a click."""
    response = await html_page(
        request, "oauth/departure.html", is_private=True, destination=destination, host=host_of(destination)
    )
    return keeping_opener(response)


async def find_invitation(request: Request, code: str) -> Invitation | None:
    """An invitation with which somebody may join from elsewhere.

    None when the code, which may be "", is that of no other.
    """
    invitation = await house_of(request).accounts.find_invitation(code) if code else None
    if invitation is None or not await may_come_from_elsewhere(house_of(request), invitation):
        return None
    return invitation


async def _choosing_page(request: Request, problem: str = "", status: int = 200, typed: str = "") -> Response:
    house, seed = house_of(request), form_seed(request)
    response = await html_page(
        request,
        "oauth/elsewhere.html",
        status,
        is_private=True,
        action=f"{request.url.path}?{urlencode({'next': destination_of(request)})}",
        form_token=form_token(seed),
        providers=house.elsewhere.services.providers,
        problem=problem,
        typed=typed,
        joins="code" in request.path_params,
    )
    return keep_cookie(house, keeping_opener(response), web.FORM, seed)


async def _failed_page(request: Request, problem: str, status: int, again: str) -> Response:
    title = gettext("That did not work")
    page = await html_page(
        request,
        "oauth/elsewhere_failed.html",
        status,
        is_private=True,
        title=title,
        problem=problem,
        again=again,
        label="",
    )
    return keeping_opener(page)


async def _stranger_page(request: Request, label: str) -> Response:
    page = await html_page(
        request,
        "oauth/elsewhere_failed.html",
        403,
        is_private=True,
        title=gettext("This account is not known here"),
        problem="",
        again=PAGE,
        label=label,
    )
    return keeping_opener(page)
