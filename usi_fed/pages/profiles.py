"""The pages of people, organisations and hashtags."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.activitypub.intents import Wish
from usi_fed.actors.answers import wants_activity
from usi_fed.clock import iso
from usi_fed.errors import NotFound
from usi_fed.groups.standing import GroupStanding, standing_of
from usi_fed.pages.answers import html_page, older_than
from usi_fed.pages.fitting import first, fitting_page
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member, find_member
from usi_fed.pages.organisations.attested import find_attested
from usi_fed.pages.organisations.site import Site, find_site, site_view
from usi_fed.pages.own_reading import OwnProfile, read_own_profile, read_tagged
from usi_fed.pages.reading import Profile, read_profile, read_tag
from usi_fed.pages.remote_follow import remembered_home
from usi_fed.pages.sessions import log_in_first
from usi_fed.pages.views import When, list_views, profile_view
from usi_fed.text.tags import find_tag_key
from usi_fed.translation import minute
from usi_fed.unions.offices_store import roles_of


async def show_profile(request: Request) -> Response:
    """GET /@{name}; a program that asks for ActivityPub is sent to the actor itself."""
    house = house_of(request)
    name: str = request.path_params["name"]
    if wants_activity(request):
        return RedirectResponse(house.urls.actor(quote(name.lower())), 302, {"Vary": "Accept"})
    member = await find_member(request)
    if member is not None:
        return await _show_to_member(request, member, name)
    if "@" in name:
        return log_in_first(request, 303)  # what is known of other servers' people is not for everybody
    max_id = older_than(request)
    found, site = await house.database.read(_with_site, name, max_id)
    attested = await find_attested(house, found.actor)
    moment = house.clock()
    home = remembered_home(request)
    about: dict[str, Any] = {
        "is_private": bool(home),
        "home": home,
        "wish": Wish("follow", found.actor.uri, house.urls.profile(found.actor.username)),
        "profile": profile_view(found.actor, house.urls.paths),
        "username": found.actor.username,
        "actor_id": found.actor.id,
        "between": None,
        "is_remote": False,
        "is_deleted": False,
        "site": site_view(site, house.urls.paths) if site else None,
        "attested": attested,
        "way_in": "",
        "card_url": house.urls.profile_card(found.actor.username),
        "is_first": max_id is None,
    }

    def values(count: int) -> dict[str, Any]:
        shown, older = first(found.listing, count)
        pinned = list_views(found.pinned[:count], house.urls.paths, moment)
        return {**about, "pinned": pinned, "posts": list_views(shown, house.urls.paths, moment), "older": older}

    return await fitting_page(request, "pages/profile.html", values)


async def _show_to_member(request: Request, member: Member, name: str) -> Response:
    house, max_id = house_of(request), older_than(request)
    moment = house.clock()
    found, site, door, way_in = await house.database.read(_own_with_site, member, name, max_id, moment)
    attested = await find_attested(house, found.actor)
    house.remote_actors.refresh_soon(found.actor)  # the next look shows what its server says now: pins, numbers
    return await html_page(
        request,
        "pages/profile.html",
        profile=profile_view(found.actor, house.urls.paths),
        username=found.actor.username,
        actor_id=found.actor.id,
        between=found.relationship,
        lists=found.lists,
        site=site_view(site, house.urls.paths) if site else None,
        attested=attested,
        way_in=way_in,
        door=door,
        until=When(iso(door.until), minute(door.until)) if door and door.until else None,
        is_remote=not found.actor.is_local,
        is_deleted=found.actor.id == member.actor.id and "deleted" in request.query_params,
        pinned=list_views(found.pinned, house.urls.paths, moment),
        posts=list_views(found.listing.posts, house.urls.paths, moment),
        older=found.listing.older,
        is_first=max_id is None,
    )


def _with_site(connection: Connection, name: str, max_id: int | None) -> tuple[Profile, Site | None]:
    found = read_profile(connection, name, max_id)
    return found, find_site(connection, found.actor)


def _own_with_site(
    connection: Connection, member: Member, name: str, max_id: int | None, now: datetime
) -> tuple[OwnProfile, Site | None, GroupStanding | None, str]:
    """The last two: the door of a group, and the way into the house of an organisation for which the member acts."""
    found = read_own_profile(connection, member.actor.id, name, max_id, now)
    site = find_site(connection, found.actor)
    door = None if member.office is not None else standing_of(connection, found.actor, member.person, now)
    is_officer = site is not None and bool(roles_of(connection, member.actor.id, found.actor.id))
    return found, site, door, f"/organisations/{found.actor.username}" if is_officer else ""


async def show_tag(request: Request) -> Response:
    """GET /tags/{name}

    Raises:
        NotFound: this cannot be a hashtag.
    """
    house = house_of(request)
    key = find_tag_key(request.path_params["name"])
    if key is None:
        raise NotFound("not a hashtag")
    moment = house.clock()
    member = await find_member(request)
    if member is not None:
        found = await house.database.read(read_tagged, member.actor.id, key, older_than(request), moment)
        posts = list_views(found.posts, house.urls.paths, moment)
        return await html_page(request, "pages/tag.html", name=key, posts=posts, older=found.older)
    found = await house.database.read(read_tag, key, older_than(request), moment)

    def values(count: int) -> dict[str, Any]:
        shown, older = first(found, count)
        return {"name": key, "posts": list_views(shown, house.urls.paths, moment), "older": older}

    return await fitting_page(request, "pages/tag.html", values)
