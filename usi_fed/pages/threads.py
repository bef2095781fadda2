"""The page of a post, in its conversation."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.activitypub.intents import Wish
from usi_fed.actors.answers import wants_activity
from usi_fed.db.ids import parse_id
from usi_fed.pages.answers import html_page
from usi_fed.pages.fitting import fitting_page
from usi_fed.pages.groups.whereabouts import whereabouts_of
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member, find_member
from usi_fed.pages.own_reading import read_own_thread
from usi_fed.pages.reading import PAGE_SIZE, read_thread
from usi_fed.pages.remote_follow import remembered_home
from usi_fed.pages.sessions import log_in_first
from usi_fed.pages.views import description_of, list_views, post_view
from usi_fed.translation import reader
from usi_fed.unions.writers_store import writers_for


async def show_post(request: Request) -> Response:
    """GET /@{name}/{id}; a program that asks for ActivityPub is sent to the post itself.

    Raises:
        NotFound: there is no such post, or it is not for everybody.
    """
    house = house_of(request)
    name: str = request.path_params["name"]
    post_id = parse_id(request.path_params["id"])
    if wants_activity(request):
        return RedirectResponse(house.urls.post(name.lower(), post_id), 302, {"Vary": "Accept"})
    member = await find_member(request)
    moment = house.clock()
    if member is not None:
        return await _show_to_member(request, member, post_id)
    if "@" in name:
        return log_in_first(request, 303)
    thread = await house.database.read(read_thread, name, post_id, house.urls, _start(request))
    post = post_view(thread.post, house.urls.paths, moment, wanted=_wanted(request))
    uri = thread.post.details.post.uri
    places = await house.database.read(whereabouts_of, thread.post.details.post, None, house.urls.paths)
    address = thread.post.details.post.url or uri
    home = remembered_home(request)
    about: dict[str, Any] = {
        "is_private": bool(home),
        "home": home,
        "wish": Wish("reply", uri, address),
        "uri": uri,
        "address": address,
        "card_url": house.urls.post_card(thread.post.details.author.username, post_id),
        "oembed": house.urls.oembed(address),
        "creator": post.author.handle,
        "description": description_of(post),
        "post": post,
        "places": places,
    }

    def values(count: int) -> dict[str, Any]:
        is_cut = count < len(thread.below)
        return {
            **about,
            # Of what is above the nearest stay; each names what it answers, with a link.
            "above": list_views(
                thread.above if count == PAGE_SIZE else thread.above[-count:], house.urls.paths, moment
            ),
            "below": list_views(thread.below[:count], house.urls.paths, moment),
            "next_start": _start(request) + count if is_cut else thread.next_start,
        }

    return await fitting_page(request, "pages/post.html", values)


async def _show_to_member(request: Request, member: Member, post_id: int) -> Response:
    house = house_of(request)
    moment = house.clock()
    thread = await house.database.read(read_own_thread, member.actor.id, post_id, moment)
    house.backfill.soon(thread.post.details.post)
    post = post_view(thread.post, house.urls.paths, moment, wanted=_wanted(request))
    told = request.query_params.get("translated", "") if post.is_foreign else ""
    tongue = reader().language.tag
    main = thread.post.details
    writers = await house.database.read(writers_for, member.person.id, main.author.id, [main.post.id])
    writer = writers.get(main.post.id)
    return await html_page(
        request,
        "pages/post.html",
        told=told,
        places=await house.database.read(whereabouts_of, main.post, member.actor, house.urls.paths),
        writer=writer.username if writer is not None else "",
        translation=await house.translator.find(post.id, member.actor.id, tongue) if told == "yes" else None,
        uri=thread.post.details.post.uri,
        creator=post.author.handle,
        description="",
        post=post,
        above=list_views(thread.above, house.urls.paths, moment),
        below=list_views(thread.below, house.urls.paths, moment),
        next_start=None,
    )


def _wanted(request: Request) -> str:
    """The language that was asked for, from `?in=`."""
    return request.query_params.get("in", "")


def _start(request: Request) -> int:
    """How many answers are left out, from `?from=`."""
    text = request.query_params.get("from", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0
