"""Coming from another server's "follow" or "reply": `/authorize_interaction?uri=`.

Spec: ../shared/interop/mastodon.md section 3, "subscribe"
"""

from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.activitypub.handles import Handle
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actor, find_local
from usi_fed.errors import (
    Gone,
    MalformedActivity,
    NotFound,
    RemoteRefused,
    RemoteUnavailable,
)
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import House, house_of
from usi_fed.pages.reading import Shown, load_shown
from usi_fed.pages.sessions import (
    signed_in,
)
from usi_fed.pages.views import person_view, post_view

LONGEST_ADDRESS = 2048
_CANNOT_BE_HAD = (MalformedActivity, NotFound, Gone, RemoteRefused, RemoteUnavailable)


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
    found = await _find(house, address)
    if found is None:
        raise NotFound("nothing is known of this address")
    post = found if isinstance(found, Shown) else None
    return await html_page(
        request,
        "pages/interaction.html",
        is_private=True,
        post=post_view(post, house.urls, house.clock(), is_whole=False) if post else None,
        person=person_view(found, house.urls) if isinstance(found, Actor) else None,
        address=post.details.post.uri if post else address,
    )


def local_path(destination: str) -> str:
    """A path of ours to go on to; anything that could lead elsewhere becomes the front page."""
    is_path = destination.startswith("/") and not destination.startswith(("//", "/\\"))
    return destination if is_path and destination.isprintable() else "/"


async def _find(house: House, address: str) -> Shown | Actor | None:
    """The post or actor behind an address or a handle, fetched when we do not know it; None: cannot be had."""
    if "://" not in address:
        return _if_shown(await _find_person(house, address))
    known = await house.database.read(find_actor, address)
    if known is not None:
        return _if_shown(known)
    try:
        post = await house.fetching.fetch_post(address)
    except _CANNOT_BE_HAD:
        return _if_shown(await _find_person(house, address))
    return await house.database.read(load_shown, post)


async def _find_person(house: House, address: str) -> Actor | None:
    try:
        if "://" in address:
            return await house.remote_actors.get(address)
        handle = Handle.parse(address)
        if handle.domain == house.urls.handles:
            return await house.database.read(find_local, handle.user)
        return await house.remote_actors.resolve_handle(handle)
    except _CANNOT_BE_HAD:
        return None


def _if_shown(actor: Actor | None) -> Actor | None:
    return None if actor is None or actor.is_shut_out else actor
