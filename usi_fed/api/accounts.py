"""Looking at accounts: profiles, their posts, followers and lists."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from usi_fed.activitypub.handles import Handle
from usi_fed.actors.follows_store import followers, following
from usi_fed.actors.model import Actor, Follow
from usi_fed.actors.relationships_store import relationships
from usi_fed.actors.store import find_by_handle
from usi_fed.api.call import Call, Reply
from usi_fed.api.entities.accounts import relationship_entity
from usi_fed.api.entities.lists import list_entity
from usi_fed.api.loading import Statuses
from usi_fed.api.methods import Method, for_people, open_to_all
from usi_fed.api.paging import PageParams, window_of
from usi_fed.api.params import Id
from usi_fed.api.people import account_of, accounts_by_id, accounts_of, get_known
from usi_fed.db.paging import Window
from usi_fed.errors import NotFound
from usi_fed.groups.knowing import require_known
from usi_fed.inbox.resolving import domain_here, parse_typed_handle
from usi_fed.search.people_store import familiar_followers
from usi_fed.text.tags import find_tag_key
from usi_fed.timelines.feeds_store import ProfileFilter, profile_ids
from usi_fed.timelines.lists_store import lists_with
from usi_fed.urls import Urls

MOST_IDS = 100


class Ids(msgspec.Struct):
    """Several things by id."""

    id: list[Id] = msgspec.field(default_factory=list)


class Lookup(msgspec.Struct):
    """A handle to look up among the actors that are known here."""

    acct: str


class ProfileParams(PageParams):
    """Which posts of an account."""

    only_media: bool = False
    pinned: bool = False
    exclude_replies: bool = False
    exclude_reblogs: bool = False
    tagged: str | None = None


async def show(call: Call) -> dict[str, Any]:
    """GET /api/v1/accounts/:id"""
    actor = await call.house.database.read(get_known, call.id(), call.viewer_id)
    # Whoever is looked at is fetched anew behind the scenes, so that the numbers are right next time.
    call.house.remote_actors.refresh_soon(actor)
    return await call.house.database.read(account_of, call.id(), call.house.urls)


async def show_many(call: Call) -> list[dict[str, Any]]:
    """GET /api/v1/accounts?id[]="""
    asked = await call.read(Ids)
    return await call.house.database.read(accounts_by_id, asked.id[:MOST_IDS], call.house.urls, call.viewer_id)


async def lookup(call: Call) -> dict[str, Any]:
    """GET /api/v1/accounts/lookup"""
    asked = await call.read(Lookup)
    handle = parse_typed_handle(asked.acct, call.house.urls)
    if handle is None:
        raise NotFound("not a handle")
    return await call.house.database.read(_lookup, handle, call.house.urls, call.viewer_id)


async def show_relationships(call: Call) -> list[dict[str, Any]]:
    """GET /api/v1/accounts/relationships"""
    asked = await call.read(Ids)
    now = call.house.clock()
    found = await call.house.database.read(relationships, call.person_id, asked.id[:MOST_IDS], now)
    return [relationship_entity(one) for one in found]


async def show_familiar_followers(call: Call) -> list[dict[str, Any]]:
    """GET /api/v1/accounts/familiar_followers"""
    asked = await call.read(Ids)
    return await call.house.database.read(_familiar, call.person_id, asked.id[:20], call.house.urls)


async def show_statuses(call: Call) -> Reply:
    """GET /api/v1/accounts/:id/statuses"""
    asked = await call.read(ProfileParams)
    choice = ProfileFilter(
        only_media=asked.only_media,
        pinned=asked.pinned,
        without_replies=asked.exclude_replies,
        without_boosts=asked.exclude_reblogs,
        tag=None if asked.tagged is None else find_tag_key(asked.tagged) or "",
    )
    window = window_of(asked)
    statuses, ids = await call.house.database.read(
        _statuses, call.tools.statuses, call.id(), call.viewer_id, window, choice
    )
    return call.page(statuses, ids, window.limit)


async def show_followers(call: Call) -> Reply:
    """GET /api/v1/accounts/:id/followers"""
    window = window_of(await call.read(PageParams), usual=40, most=80)
    entities, ids = await call.house.database.read(_followers, call.id(), call.viewer_id, window, call.house.urls)
    return call.page(entities, ids, window.limit)


async def show_following(call: Call) -> Reply:
    """GET /api/v1/accounts/:id/following"""
    window = window_of(await call.read(PageParams), usual=40, most=80)
    entities, ids = await call.house.database.read(_following, call.id(), call.viewer_id, window, call.house.urls)
    return call.page(entities, ids, window.limit)


async def show_lists(call: Call) -> list[dict[str, Any]]:
    """GET /api/v1/accounts/:id/lists"""
    found = await call.house.database.read(lists_with, call.person_id, call.id())
    return [list_entity(one) for one in found]


async def show_nothing(call: Call) -> list[Any]:
    """What an account does not feature: tags, endorsements, identity proofs."""
    await call.house.database.read(get_known, call.id(), call.viewer_id)
    return []


# ---- units of work ----


def _lookup(connection: Connection, handle: Handle, urls: Urls, viewer_id: int | None) -> dict[str, Any]:
    actor = find_by_handle(connection, handle.user, domain_here(handle, urls))
    if actor is None or actor.is_shut_out:
        raise NotFound("nobody known here has this handle")
    require_known(connection, actor, viewer_id)
    return accounts_of(connection, [actor], urls)[0]


def _statuses(
    connection: Connection,
    statuses: Statuses,
    actor_id: int,
    viewer_id: int | None,
    window: Window,
    choice: ProfileFilter,
) -> tuple[list[dict[str, Any]], list[int]]:
    actor = get_known(connection, actor_id, viewer_id)
    if actor.is_shut_out:
        return [], []
    ids = profile_ids(connection, actor_id, viewer_id, window, choice)
    return statuses.load(connection, ids, viewer_id), ids


def _followers(
    connection: Connection, actor_id: int, viewer_id: int | None, window: Window, urls: Urls
) -> tuple[list[dict[str, Any]], list[int]]:
    if not _shows_relations(connection, actor_id, viewer_id):
        return [], []
    found = followers(connection, actor_id, window, with_hidden=actor_id == viewer_id)
    return _people(connection, found, urls)


def _following(
    connection: Connection, actor_id: int, viewer_id: int | None, window: Window, urls: Urls
) -> tuple[list[dict[str, Any]], list[int]]:
    if not _shows_relations(connection, actor_id, viewer_id):
        return [], []
    found = following(connection, actor_id, window, with_hidden=actor_id == viewer_id)
    return _people(connection, found, urls)


def _shows_relations(connection: Connection, actor_id: int, viewer_id: int | None) -> bool:
    """Whether the viewer may see who follows whom: membership of a union is nobody's business."""
    actor = get_known(connection, actor_id, viewer_id)
    return actor_id == viewer_id or not (actor.hides_people or actor.is_shut_out)


def _people(
    connection: Connection, found: Sequence[tuple[Follow, Actor]], urls: Urls
) -> tuple[list[dict[str, Any]], list[int]]:
    people = [actor for _, actor in found if not actor.is_shut_out]
    return accounts_of(connection, people, urls), [follow.id for follow, _ in found]


def _familiar(connection: Connection, viewer_id: int, actor_ids: Sequence[int], urls: Urls) -> list[dict[str, Any]]:
    found = familiar_followers(connection, viewer_id, actor_ids)
    return [
        {"id": str(actor_id), "accounts": accounts_of(connection, found.get(actor_id, []), urls)}
        for actor_id in actor_ids
    ]


METHODS: list[Method] = [
    open_to_all("GET", "/api/v1/accounts", show_many, "read:accounts"),
    open_to_all("GET", "/api/v1/accounts/lookup", lookup, "read:accounts"),
    for_people("GET", "/api/v1/accounts/relationships", show_relationships, "read:follows"),
    for_people("GET", "/api/v1/accounts/familiar_followers", show_familiar_followers, "read:follows"),
    open_to_all("GET", "/api/v1/accounts/{id}", show, "read:accounts"),
    open_to_all("GET", "/api/v1/accounts/{id}/statuses", show_statuses, "read:statuses"),
    open_to_all("GET", "/api/v1/accounts/{id}/followers", show_followers, "read:accounts"),
    open_to_all("GET", "/api/v1/accounts/{id}/following", show_following, "read:accounts"),
    for_people("GET", "/api/v1/accounts/{id}/lists", show_lists, "read:lists"),
    open_to_all("GET", "/api/v1/accounts/{id}/featured_tags", show_nothing, "read:accounts"),
    open_to_all("GET", "/api/v1/accounts/{id}/endorsements", show_nothing, "read:accounts"),
    open_to_all("GET", "/api/v1/accounts/{id}/identity_proofs", show_nothing, "read:accounts"),
]
