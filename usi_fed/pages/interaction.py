"""Coming from another server's "follow" or "reply": `/authorize_interaction?uri=`, with the log-in it needs.

Spec: ../shared/interop/mastodon.md section 3, "subscribe"
"""

from urllib.parse import quote, urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed import web
from usi_fed.accounts.tickets import form_token
from usi_fed.activitypub.handles import Handle
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actor, find_by_handle
from usi_fed.errors import (
    Gone,
    MalformedActivity,
    NotAllowed,
    NotFound,
    RemoteRefused,
    RemoteUnavailable,
    TooManyRequests,
)
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import House, house_of
from usi_fed.pages.reading import Shown, load_shown
from usi_fed.pages.sessions import form_seed, is_from_us, keep_cookie, read_form, signed_in
from usi_fed.pages.views import person_view, post_view
from usi_fed.posts.store import find_post

LONGEST_ADDRESS = 2048
_STALE = "This page was open for too long. Please try again."


async def show_interaction(request: Request) -> Response:
    """GET /authorize_interaction?uri=: whom or what somebody wants to follow or answer, and how.

    Raises:
        NotFound: there is no address in the query, or nothing behind it.
    """
    house = house_of(request)
    address = request.query_params.get("uri", "").strip()[:LONGEST_ADDRESS]
    if not address:
        raise NotFound("no address was given")
    if await signed_in(request) is None:
        return RedirectResponse(f"/log-in?{urlencode({'next': f'{request.url.path}?uri={quote(address)}'})}", 302)
    post = await house.database.read(_find_shown, address)
    actor = None if post else await _resolve(house, address)
    if post is None and actor is None:
        raise NotFound("nothing is known of this address")
    return html_page(
        house,
        "pages/interaction.html",
        is_private=True,
        post=post_view(post, house.urls, house.clock(), is_whole=False) if post else None,
        person=person_view(actor, house.urls) if actor else None,
        address=post.details.post.uri if post else address,
    )


async def show_log_in(request: Request) -> Response:
    """GET /log-in?next=: the form, or straight on when somebody is signed in."""
    destination = _local(request.query_params.get("next", ""))
    if await signed_in(request) is not None:
        return RedirectResponse(destination, 303)
    return _log_in_page(request, destination)


async def log_in(request: Request) -> Response:
    """POST /log-in: check the password, then go on to where somebody wanted to go.

    Raises:
        InvalidInput, TooLarge: what came is not our form.
    """
    house = house_of(request)
    fields = await read_form(request)
    destination = _local(request.query_params.get("next", ""))
    login = fields.get("login", "")
    if not is_from_us(request, fields):
        return _log_in_page(request, destination, _STALE, 403, login)
    address = request.client.host if request.client else ""
    try:
        account = await house.accounts.log_in(login, fields.get("password", ""), address)
    except (NotAllowed, TooManyRequests) as error:
        return _log_in_page(request, destination, str(error), error.status, login)
    secret = await house.accounts.open_session(account.actor_id)
    return keep_cookie(house, RedirectResponse(destination, 303), web.SESSION, secret)


def _log_in_page(request: Request, destination: str, problem: str = "", status: int = 200, login: str = "") -> Response:
    house = house_of(request)
    seed = form_seed(request)
    response = html_page(
        house,
        "oauth/log_in.html",
        status,
        is_private=True,
        action=f"/log-in?{urlencode({'next': destination})}",
        form_token=form_token(seed),
        problem=problem,
        login=login,
    )
    return keep_cookie(house, response, web.FORM, seed)


def _local(destination: str) -> str:
    """A path of ours to go on to; anything that could lead elsewhere becomes the front page."""
    is_path = destination.startswith("/") and not destination.startswith(("//", "/\\"))
    return destination if is_path and destination.isprintable() else "/"


def _find_shown(connection: Connection, address: str) -> Shown | None:
    post = find_post(connection, address)
    return load_shown(connection, post) if post else None


async def _resolve(house: House, address: str) -> Actor | None:
    """The actor of a handle or an address, fetched when we do not know it; None when it cannot be had."""
    try:
        if "://" in address:
            return await house.database.read(find_actor, address) or await house.remote_actors.get(address)
        handle = Handle.parse(address)
        if handle.domain == house.urls.handles:
            return await house.database.read(find_by_handle, handle.user, "")
        return await house.remote_actors.resolve_handle(handle)
    except (MalformedActivity, NotFound, Gone, RemoteRefused, RemoteUnavailable):
        return None
