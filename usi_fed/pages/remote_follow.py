""" "Follow or reply from your own server": strangers say where they are at home, and go on from there.

Nothing about them is stored here. Who wants to keep the name of their server has it in a cookie of their own browser.
"""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed import web
from usi_fed.activitypub.addresses import host_of
from usi_fed.activitypub.intents import Wish
from usi_fed.actors.store import find_actor, get_actor
from usi_fed.errors import InvalidInput, NotAllowed, NotFound, TooManyRequests
from usi_fed.pages.answers import html_page
from usi_fed.pages.departures import Home
from usi_fed.pages.house import House, house_of
from usi_fed.pages.sessions import keep_cookie, read_form, signed_in
from usi_fed.posts.store import find_post
from usi_fed.translation import said
from usi_fed.urls import Urls


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a wish is about, as people see it; `search` is what finds it in any program."""

    wish: Wish
    name: str
    search: str


async def show_remote_follow(request: Request) -> Response:
    """GET /interact?uri=: the form by itself.

    Raises:
        NotFound: there is nothing of ours behind the address.
    """
    subject = await _subject(request, request.query_params.get("uri", ""))
    if await signed_in(request) is not None:
        return _at_home(subject)
    return await _form_page(request, subject, remembered_home(request))


async def follow_remotely(request: Request) -> Response:
    """POST /interact: ask the server that somebody named where they go on to, and send them there.

    The answer is a page that goes on by itself, and not a redirect: Chromium holds redirects after a form to the
    `form-action` of the page with the form, and that page shall not be one from which forms may lead anywhere.

    Raises:
        NotFound: there is nothing of ours behind the address.
        NotAllowed: the form was on a page of another site, so that we would send people wherever that site likes.
        InvalidInput, TooLarge: what came is not our form.
    """
    house = house_of(request)
    fields = await read_form(request)
    if not _is_from_here(request):
        raise NotAllowed("this form was on a page of another site")
    subject = await _subject(request, fields.get("uri", ""))
    typed, remembers = fields.get("server", ""), bool(fields.get("remember"))
    try:
        home = Home.parse(typed, house.departures.client)
        if home.domain in (house.urls.handles, host_of(house.urls.origin)):
            return _remembering(house, _at_home(subject), home, remembers)
        address = request.client.host if request.client else ""
        destination = await house.departures.find(home, subject.wish, address)
    except InvalidInput as error:
        return await _form_page(request, subject, typed, said(error.problem), 422, remembers=remembers)
    except TooManyRequests as error:
        return await _form_page(request, subject, typed, said(error), 429, remembers=remembers)
    page = await html_page(
        request, "pages/departure.html", is_private=True, destination=destination, host=host_of(destination)
    )
    return _remembering(house, page, home, remembers)


def remembered_home(request: Request) -> str:
    """The server or handle that this browser remembers for strangers' forms, "" when it does not."""
    house = house_of(request)
    kept = request.cookies.get(web.cookie_name(house.settings, web.HOME), "")
    try:
        return str(Home.parse(kept, house.departures.client)) if kept else ""
    except InvalidInput:
        return ""


async def _form_page(
    request: Request, subject: _Subject, typed: str, problem: str = "", status: int = 200, *, remembers: bool = False
) -> Response:
    return await html_page(
        request,
        "pages/remote_follow.html",
        status,
        is_private=True,
        wish=subject.wish,
        name=subject.name,
        search=subject.search,
        home=typed,
        problem=problem,
        remembers=remembers or (not problem and bool(typed)),
    )


async def _subject(request: Request, uri: str) -> _Subject:
    house = house_of(request)
    return await house.database.read(_find_subject, uri, house.urls)


def _find_subject(connection: Connection, uri: str, urls: Urls) -> _Subject:
    post = find_post(connection, uri) if urls.is_ours(uri) else None
    actor = find_actor(connection, uri) if post is None else get_actor(connection, post.author_id)
    is_there = actor is not None and actor.is_local and not actor.is_shut_out and not actor.concealed
    if actor is None or not is_there or actor.kind == "Application":
        raise NotFound("nothing of ours that everybody may see")
    name = actor.name or actor.username
    if post is None:
        wish = Wish("follow", actor.uri, urls.profile(actor.username))
        return _Subject(wish, name, f"@{actor.username}@{urls.handles}")
    if post.is_boost or not post.is_for_everybody:
        raise NotFound("nothing of ours that everybody may see")
    return _Subject(Wish("reply", post.uri, urls.post_page(actor.username, post.id)), name, post.url or post.uri)


def _at_home(subject: _Subject) -> Response:
    """For who has an account here."""
    return RedirectResponse(f"/authorize_interaction?{urlencode({'uri': subject.wish.uri})}", 303)


def _remembering(house: House, response: Response, home: Home, remembers: bool) -> Response:
    return keep_cookie(house, response, web.HOME, str(home) if remembers else "")


def _is_from_here(request: Request) -> bool:
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
