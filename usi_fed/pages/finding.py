"""The search of members: people, hashtags, posts, and what is at an address or a handle elsewhere."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.inbox.resolving import is_address
from usi_fed.pages.addresses import find_page
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member, for_members
from usi_fed.pages.own_reading import Found, search
from usi_fed.pages.views import list_views, person_view

LONGEST = 500


@for_members
async def show_search(request: Request, member: Member) -> Response:
    """GET /search?q=; a whole address or handle leads straight to its page when it can be had."""
    house = house_of(request)
    phrase = request.query_params.get("q", "").replace("\0", "").strip()[:LONGEST]
    is_whole = is_address(phrase) or ("@" in phrase.lstrip("@") and " " not in phrase)
    page = await find_page(house, member, phrase) if is_whole else None
    if page is not None:
        return RedirectResponse(page, 303)
    found = Found((), (), ())
    if phrase and not is_address(phrase):
        found = await house.database.read(search, member.actor.id, phrase, house.urls.handles)
    return await html_page(
        request,
        "pages/search.html",
        place="search",
        phrase=phrase,
        people=[person_view(actor, house.urls.paths) for actor in found.people],
        tags=[tag.name for tag in found.tags],
        posts=list_views(found.posts, house.urls.paths, house.clock()),
        is_private=True,
    )
