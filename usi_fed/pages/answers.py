"""How pages are sent, and what a browser sees when something is wrong."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from usi_fed import web
from usi_fed.actors.answers import wants_activity
from usi_fed.db.ids import find_id
from usi_fed.deputies import acted_by
from usi_fed.errors import Busy, InvalidInput, NotAllowed, NotFound, TooManyRequests, UsiFedError
from usi_fed.moderation.gates import NO_ACCESS
from usi_fed.pages.house import House, house_of
from usi_fed.pages.late_forms import held_form
from usi_fed.pages.packing import packed
from usi_fed.pages.sessions import StaleForm, find_deputy, find_reader, find_visitor
from usi_fed.sentences import Sentence
from usi_fed.translation import capital, said, speaking

CACHE_SECONDS = 30
LONGEST_QUERY = 2000
# What a page says only once, right after something was done.
_SAID_ONCE = frozenset({"done", "made", "saved", "kept", "planned", "deleted"})

Handler = Callable[[Request], Awaitable[Response]]

# Heading and explanation of an error, by HTTP status.
_ERRORS = {
    403: (Sentence("This is not shown"), Sentence("Whoever runs this server has closed this page.")),
    404: (
        Sentence("There is nothing here"),
        Sentence("The address may be mistyped, or what was here is not for everybody."),
    ),
    410: (
        Sentence("This has been deleted"),
        Sentence("What was here was taken away by its author, or with its author's account."),
    ),
    413: (Sentence("That was too much"), Sentence("What you sent is larger than this server takes.")),
    429: (
        Sentence("Please wait a little"),
        Sentence("That was tried very often in a short time. Try again later."),
    ),
    503: (Sentence("Not now"), Sentence("The server cannot do this at the moment. Try again later.")),
}
_FOR_ALL_PAGES = ("/look.css", "/favicon.ico", "/robots.txt")
_NOT_DONE = Sentence("That was not done")
_FAULT = (
    Sentence("Something went wrong"),
    Sentence("The fault is on our side. Try again later; if it stays, tell whoever runs the server."),
)


async def html_page(
    request: Request,
    template: str,
    status: int = 200,
    *,
    is_private: bool = False,
    **values: Any,  # noqa: ANN401 - whatever the template shows
) -> Response:
    """A page for whoever looks at it; `is_private` when it is for one person only, so that no cache keeps it."""
    visitor = await find_visitor(request)
    # What strangers see is the same for all of them; a page with somebody's name on it is for nobody else.
    is_private = is_private or visitor is not None
    here = here_of(request, status)
    sign_in = f"/log-in?{urlencode({'next': here})}"
    heads = {"visitor": visitor, "sign_in": sign_in, "here": here, "path": request.url.path}
    return _page(house_of(request), template, status, is_private=is_private, **heads, **values)


def here_of(request: Request, status: int) -> str:
    """The address of ours to which somebody comes back who presses a button beside what this page is about.

    What was searched for or turned to stays. After a form it is the form's own page, when its address has one. A page
    that tells of an error looks the same at every address.
    """
    path, query = request.url.path, request.url.query
    if status >= 400 if request.method in ("GET", "HEAD") else not _has_page(request):
        return "/"
    kept = "&".join(part for part in query.split("&") if part and part.partition("=")[0] not in _SAID_ONCE)
    # A journey that other servers end leaves what only counts once in its address.
    if not kept or len(kept) > LONGEST_QUERY or path.startswith("/log-in/back/"):
        return path
    return f"{path}?{kept}"


def _has_page(request: Request) -> bool:
    """Whether there is a page at the address to which a form was sent."""
    route, router = request.scope.get("route"), request.scope.get("router")
    pattern = getattr(route, "path", None)
    methods = (one.methods for one in getattr(router, "routes", ()) if getattr(one, "path", None) == pattern)
    return any("GET" in (found or ()) for found in methods)


def _page(house: House, template: str, status: int, *, is_private: bool, **values: Any) -> Response:  # noqa: ANN401
    headers = {
        **web.PAGE_HEADERS,
        "Content-Security-Policy": web.content_policy(runs_scripts=values["visitor"] is not None),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store" if is_private or status >= 400 else f"public, max-age={CACHE_SECONDS}",
        "Vary": "Accept, Accept-Language, Cookie",
    }
    face = house.instance.face
    paths = house.urls.paths
    about = {
        "server": face.name,
        "face": face,
        "contact": face.choices.contact_email,
        "source": paths.link(house.settings.source),
        "paths": paths,
    }
    values.setdefault("translates", bool(house.settings.translation_url))
    body = web.page(template, **about, **values)
    return Response(body, status, headers)


def error_page(house: House, status: int) -> Response:
    """What a person sees when a room fails; it asks for nobody's session, for the database may be the reason."""
    title, explanation = error_words(status)
    words = {"title": title, "explanation": explanation}
    return _page(house, "pages/error.html", status, is_private=True, visitor=None, sign_in="", here="/", **words)


def error_words(status: int) -> tuple[str, str]:
    """Heading and explanation of an error for a person, by its HTTP status."""
    title, explanation = _ERRORS.get(status, _FAULT)
    return said(title), said(explanation)


async def _refusal_page(request: Request, error: UsiFedError) -> Response:
    held = held_form(request) if isinstance(error, StaleForm) else None
    if held is not None:
        return await html_page(request, "pages/late_form.html", error.status, is_private=True, held=held)
    heading, told = error_words(error.status)
    if is_for_people(error):
        told = capital(words_of(error))
        heading = heading if error.status in _ERRORS and request.method in ("GET", "HEAD") else said(_NOT_DONE)
    response = await html_page(request, "pages/error.html", error.status, title=heading, explanation=told)
    if isinstance(error, TooManyRequests | Busy):
        response.headers["Retry-After"] = str(int(error.retry_after.total_seconds()) + 1)
    return response


def words_of(error: UsiFedError) -> str:
    """What is wrong, for the person who can do something about it."""
    return said(error.problem) if isinstance(error, InvalidInput) else said(error) or error.public


def is_for_people(error: UsiFedError) -> bool:
    """Whether an error says what somebody can do, or not do; others speak to administrators."""
    said_to_people = isinstance(error, NotAllowed) and error.args and isinstance(error.args[0], Sentence)
    return isinstance(error, InvalidInput) or bool(said_to_people)


def for_browsers(handler: Handler) -> Handler:
    """A handler whose refusals are pages; a program that asks for an ActivityPub document gets the usual answer."""

    @wraps(handler)
    async def answer(request: Request) -> Response:
        with speaking(await find_reader(request)), acted_by(await find_deputy(request)):
            try:
                _see_to_network(request)
                return packed(request, await handler(request))
            except UsiFedError as error:
                if wants_activity(request):
                    raise
                return await _refusal_page(request, error)

    return answer


def _see_to_network(request: Request) -> None:
    """Pages are not for networks that moderators have shut out; other servers, and what a page needs, are.

    Raises:
        NotAllowed: this one is.
    """
    if not request.scope.get("is_kept_out") or wants_activity(request):
        return
    path = request.url.path
    if not path.startswith("/static/") and path not in _FOR_ALL_PAGES:
        raise NotAllowed(NO_ACCESS)


async def show_nothing(request: Request) -> Response:
    """Every address that no room knows.

    Raises:
        NotFound: always.
    """
    raise NotFound("no such page")


def older_than(request: Request) -> int | None:
    """The id in `?max_id=`, below which a list goes on; None when there is none that can be one."""
    return find_id(request.query_params.get("max_id", ""))
