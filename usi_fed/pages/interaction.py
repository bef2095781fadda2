"""Coming from another server's "follow" or "reply": `/authorize_interaction?uri=`, with the log-in it needs.

Spec: ../shared/interop/mastodon.md section 3, "subscribe"
"""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed import web
from usi_fed.accounts.tickets import form_token
from usi_fed.errors import NotAllowed, NotFound, TooManyRequests
from usi_fed.pages.addresses import find_page
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member, for_members
from usi_fed.pages.sessions import (
    form_seed,
    is_from_us,
    is_of_this_session,
    keep_cookie,
    read_form,
    session_secret,
    signed_in,
)
from usi_fed.translation import said

LONGEST_ADDRESS = 2048


@for_members
async def show_interaction(request: Request, member: Member) -> Response:
    """GET /authorize_interaction?uri=: on to the page of whom or what somebody wants to follow or answer.

    Raises:
        NotFound: there is no address in the query, or nothing behind it.
    """
    address = request.query_params.get("uri", "").strip()[:LONGEST_ADDRESS]
    page = await find_page(house_of(request), member, address) if address else None
    if page is None:
        raise NotFound("nothing is known of this address")
    return RedirectResponse(page, 303)


async def show_log_in(request: Request) -> Response:
    """GET /log-in?next=: the form, or straight on when somebody is signed in."""
    destination = local_path(request.query_params.get("next", ""))
    if await signed_in(request) is not None:
        return RedirectResponse(destination, 303)
    return await _log_in_page(request, destination)


async def log_in(request: Request) -> Response:
    """POST /log-in: check the password, then go on to where somebody wanted to go.

    Raises:
        InvalidInput, TooLarge: what came is not our form.
    """
    house = house_of(request)
    fields = await read_form(request)
    destination = local_path(request.query_params.get("next", ""))
    login = fields.get("login", "")
    if not is_from_us(request, fields):
        return await _log_in_page(request, destination, said(web.STALE_FORM), 403, login)
    address = request.client.host if request.client else ""
    try:
        account = await house.accounts.log_in(login, fields.get("password", ""), address)
    except (NotAllowed, TooManyRequests) as error:
        return await _log_in_page(request, destination, said(error), error.status, login)
    secret = await house.accounts.open_session(account.actor_id)
    return keep_cookie(house, RedirectResponse(destination, 303), web.SESSION, secret)


async def log_out(request: Request) -> Response:
    """POST /log-out: end the session of this browser, and show the front page.

    Raises:
        NotAllowed: the form was on no page that we made for this session.
        InvalidInput, TooLarge: what came is not our form.
    """
    house = house_of(request)
    fields = await read_form(request)
    if secret := session_secret(request):
        if not is_of_this_session(request, fields):
            raise NotAllowed("this form belongs to another session")
        await house.accounts.close_session(secret)
    return keep_cookie(house, RedirectResponse("/", 303), web.SESSION, "")


async def _log_in_page(
    request: Request, destination: str, problem: str = "", status: int = 200, login: str = ""
) -> Response:
    house = house_of(request)
    seed = form_seed(request)
    response = await html_page(
        request,
        "oauth/log_in.html",
        status,
        is_private=True,
        action=f"/log-in?{urlencode({'next': destination})}",
        form_token=form_token(seed),
        problem=problem,
        login=login,
        may_recover=house.recovery.is_possible,
    )
    return keep_cookie(house, response, web.FORM, seed)


def local_path(destination: str) -> str:
    """A path of ours to go on to; anything that could lead elsewhere becomes the front page."""
    is_path = destination.startswith("/") and not destination.startswith(("//", "/\\"))
    return destination if is_path and destination.isprintable() else "/"
