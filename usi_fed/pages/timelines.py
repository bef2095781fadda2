"""Timelines of members: home, here, everywhere, lists, what they keep, and private conversations."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from usi_fed.db.ids import find_id, parse_id
from usi_fed.errors import NotFound
from usi_fed.pages import own_reading
from usi_fed.pages.answers import html_page, older_than
from usi_fed.pages.groups.mine import find_suggestions
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member, for_members
from usi_fed.pages.reading import PAGE_SIZE, Listing
from usi_fed.pages.views import list_views
from usi_fed.timelines.feeds_store import PublicFilter
from usi_fed.timelines.lists_store import get_list
from usi_fed.translation import gettext, ngettext

_LIVE = frozenset({"home", "here", "everywhere"})
_NOT_KEPT = {"Cache-Control": "no-store"}


@for_members
async def show_home(request: Request, member: Member) -> Response:
    """GET /home"""
    house = house_of(request)
    found = await house.database.read(own_reading.read_home, member.actor.id, older_than(request), house.clock())
    nothing = gettext("Nobody whom you follow has written yet. Find people with the search, or look around here.")
    return await _timeline(request, "home", gettext("Home"), found, nothing, member=member)


@for_members
async def show_here(request: Request, member: Member) -> Response:
    """GET /here: the public posts of this server's people."""
    return await _public(request, member, "here", gettext("Here"), PublicFilter(local=True))


@for_members
async def show_everywhere(request: Request, member: Member) -> Response:
    """GET /everywhere: all public posts that are known here."""
    return await _public(request, member, "everywhere", gettext("Everywhere"), PublicFilter())


@for_members
async def show_bookmarks(request: Request, member: Member) -> Response:
    """GET /bookmarks"""
    found = await house_of(request).database.read(own_reading.read_bookmarks, member.actor.id, older_than(request))
    return await _timeline(request, "bookmarks", gettext("Bookmarks"), found, gettext("You have no bookmarks."))


@for_members
async def show_likes(request: Request, member: Member) -> Response:
    """GET /likes"""
    found = await house_of(request).database.read(own_reading.read_likes, member.actor.id, older_than(request))
    return await _timeline(request, "likes", gettext("Likes"), found, gettext("You have liked nothing yet."))


@for_members
async def show_messages(request: Request, member: Member) -> Response:
    """GET /messages: private conversations, each by its newest post."""
    house = house_of(request)
    found = await house.database.read(
        own_reading.read_conversations, member.actor.id, older_than(request), house.clock()
    )
    nothing = gettext("There are no messages. Write one to somebody by choosing “Only who is named”.")
    return await _timeline(request, "messages", gettext("Messages"), found, nothing)


@for_members
async def show_list(request: Request, member: Member) -> Response:
    """GET /lists/{id}

    Raises:
        NotFound: the member has no such list.
    """
    house = house_of(request)
    list_id = parse_id(request.path_params["id"])
    found = await house.database.read(
        own_reading.read_list, member.actor.id, list_id, older_than(request), house.clock()
    )
    title = (await house.database.read(get_list, member.actor.id, list_id)).title
    return await _timeline(
        request,
        "lists",
        title,
        found,
        gettext("The people of this list have not written yet."),
        f"/lists/{list_id}/edit",
    )


@for_members
async def tell_news(request: Request, member: Member) -> Response:
    """GET /news/{place}?since=: how many posts have come in since one, in words; 204 when there are none.

    Raises:
        NotFound: no such timeline.
    """
    place, since = request.path_params["place"], find_id(request.query_params.get("since", "")) or 0
    if place not in _LIVE:
        raise NotFound("no such timeline")
    house = house_of(request)
    number = await house.database.read(own_reading.count_news, member.actor.id, place, since, house.clock())
    if not number:
        return Response(status_code=204, headers=_NOT_KEPT)
    many = number >= PAGE_SIZE
    told = gettext("Many new posts") if many else ngettext("%(number)s new post", "%(number)s new posts", number)
    return PlainTextResponse(told, headers={**_NOT_KEPT, "X-Content-Type-Options": "nosniff"})


async def _public(request: Request, member: Member, name: str, title: str, choice: PublicFilter) -> Response:
    house = house_of(request)
    found = await house.database.read(
        own_reading.read_public, member.actor.id, older_than(request), choice, house.clock()
    )
    return await _timeline(request, name, title, found, gettext("Nothing has been published yet."))


async def _timeline(
    request: Request,
    name: str,
    title: str,
    found: Listing,
    nothing: str,
    settings: str = "",
    member: Member | None = None,
) -> Response:
    """`settings` is where the list is looked after, if it is the member's own.

    `member` is whose home it is: as long as that is empty, the first door stands there.
    """
    house = house_of(request)
    posts: Sequence[object] = list_views(found.posts, house.urls.paths, house.clock())
    is_first = older_than(request) is None
    is_at_the_door = name == "home" and is_first and not posts and member is not None and member.office is None
    since = found.posts[0].position if found.posts else 0
    return await html_page(
        request,
        "pages/timeline.html",
        place=name,
        title=title,
        posts=posts,
        older=found.older,
        is_first=is_first,
        news=f"/news/{name}?since={since}" if is_first and name in _LIVE else "",
        nothing=nothing,
        settings=settings,
        suggestions=await find_suggestions(house, member.person.id) if member is not None and is_at_the_door else None,
    )
