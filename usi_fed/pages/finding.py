"""The search of members: people, hashtags, posts, and what is at an address or a handle elsewhere."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.errors import Gone, NotFound, OutOfBounds, RemoteRefused, RemoteUnavailable, UsiFedError
from usi_fed.inbox.resolving import NOT_TO_BE_HAD, is_address, parse_typed_handle
from usi_fed.pages.addresses import find_page
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import House, house_of
from usi_fed.pages.members import Member, for_members
from usi_fed.pages.organisations.attested import MarkView, marks_of
from usi_fed.pages.own_reading import Found, search
from usi_fed.pages.views import list_views, person_view
from usi_fed.sentences import Sentence
from usi_fed.translation import said

LONGEST = 500


@for_members
async def show_search(request: Request, member: Member) -> Response:
    """GET /search?q=; a whole address or handle leads straight to its page when it can be had."""
    house = house_of(request)
    phrase = request.query_params.get("q", "").replace("\0", "").strip()[:LONGEST]
    is_whole = is_address(phrase) or ("@" in phrase.lstrip("@") and " " not in phrase)
    page, problem = None, ""
    try:
        page = await find_page(house, member, phrase) if is_whole else None
    except NOT_TO_BE_HAD as error:
        problem = said(_problem(error, phrase, house))
    if page is not None:
        return RedirectResponse(page, 303)
    found = Found((), (), ())
    marks: Mapping[int, MarkView] = {}
    if phrase and not is_address(phrase):
        found, marks = await house.database.read(_search, member.actor.id, phrase, house)
    return await html_page(
        request,
        "pages/search.html",
        place="search",
        phrase=phrase,
        problem=problem,
        people=[(person_view(actor, house.urls.paths), marks.get(actor.id)) for actor in found.people],
        tags=[tag.name for tag in found.tags],
        posts=list_views(found.posts, house.urls.paths, house.clock()),
        is_private=True,
    )


def _search(connection: Connection, viewer_id: int, phrase: str, house: House) -> tuple[Found, Mapping[int, MarkView]]:
    found = search(connection, viewer_id, phrase, house.urls.handles)
    return found, marks_of(connection, found.people, house.clock(), house.urls)


def _problem(error: UsiFedError, phrase: str, house: House) -> Sentence | str:
    """Why there is nothing of whom or what was named, in words; "" when there is no more to say."""
    handle = None if is_address(phrase) else parse_typed_handle(phrase, house.urls)
    server = handle.domain if handle else urlsplit(phrase).netloc
    match error:
        case NotFound() | Gone() if handle is not None:
            return Sentence("There is no account @%(handle)s. Is it spelt right?", handle=handle)
        case OutOfBounds():
            return Sentence("This server may not reach %(server)s. Whoever runs it can say why.", server=server)
        case RemoteUnavailable():
            return Sentence("%(server)s does not answer. Is it spelt right? If so, try again later.", server=server)
        case NotFound() | Gone() | RemoteRefused(http_status=int()) if handle is None:
            return Sentence("%(server)s shows nothing at this address, or not to everybody.", server=server)
    return Sentence(
        "%(server)s does not answer like a server of the fediverse. Is it spelt right? If so, try again later.",
        server=server,
    )
