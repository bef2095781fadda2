"""Hashtags: looking at them and following them."""

from typing import Any

from sqlalchemy import Connection

from usi_fed.api.call import Call, Reply
from usi_fed.api.entities.lists import tag_entity
from usi_fed.api.methods import Method, for_people, open_to_all
from usi_fed.api.paging import PageParams, window_of
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.search.tags_store import KnownTag, find_tag, follow_tag, followed_among, tags_followed_by, unfollow_tag
from usi_fed.text.tags import find_tag_key
from usi_fed.urls import Urls


async def show(call: Call) -> dict[str, Any]:
    """GET /api/v1/tags/:name"""
    return await call.house.database.read(_show, _key(call), call.viewer_id, call.house.urls)


async def follow(call: Call) -> dict[str, Any]:
    """POST /api/v1/tags/:name/follow"""
    tag = await call.house.database.write(follow_tag, call.person_id, _key(call), call.house.clock())
    return tag_entity(tag.id, tag.name, call.house.urls, following=True)


async def unfollow(call: Call) -> dict[str, Any]:
    """POST /api/v1/tags/:name/unfollow"""
    tag = await call.house.database.write(_unfollow, call.person_id, _key(call))
    return tag_entity(tag.id, tag.name, call.house.urls, following=False)


async def show_followed(call: Call) -> Reply:
    """GET /api/v1/followed_tags"""
    window = window_of(await call.read(PageParams), usual=100, most=200)
    found = await call.house.database.read(tags_followed_by, call.person_id, window)
    entities = [tag_entity(tag.id, tag.name, call.house.urls, following=True) for tag in found]
    return call.page(entities, [tag.id for tag in found], window.limit)


def tag_entities(
    connection: Connection, found: list[KnownTag], viewer_id: int | None, urls: Urls
) -> list[dict[str, Any]]:
    """Hashtags as a viewer sees them."""
    if viewer_id is None:
        return [tag_entity(tag.id, tag.name, urls) for tag in found]
    followed = followed_among(connection, viewer_id, [tag.id for tag in found])
    return [tag_entity(tag.id, tag.name, urls, following=tag.id in followed) for tag in found]


def _key(call: Call) -> str:
    key = find_tag_key(call.path["name"])
    if key is None:
        raise InvalidInput("name", "is not a hashtag: letters, digits and _ make one")
    return key


def _show(connection: Connection, key: str, viewer_id: int | None, urls: Urls) -> dict[str, Any]:
    """A hashtag that nobody has used yet, or of which the viewer may not know, is shown too: it can be followed."""
    return tag_entities(connection, [find_tag(connection, viewer_id, key) or KnownTag(0, key)], viewer_id, urls)[0]


def _unfollow(connection: Connection, actor_id: int, key: str) -> KnownTag:
    tag = find_tag(connection, actor_id, key)
    if tag is None:
        raise NotFound("nobody has used this hashtag")
    unfollow_tag(connection, actor_id, tag.id)
    return tag


METHODS: list[Method] = [
    open_to_all("GET", "/api/v1/tags/{name}", show),
    for_people("POST", "/api/v1/tags/{name}/follow", follow, "write:follows"),
    for_people("POST", "/api/v1/tags/{name}/unfollow", unfollow, "write:follows"),
    for_people("GET", "/api/v1/followed_tags", show_followed, "read:follows"),
]
