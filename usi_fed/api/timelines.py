"""Timelines: home, public, hashtag, list."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from usi_fed.api.call import Call, Reply
from usi_fed.api.loading import Statuses
from usi_fed.api.methods import Method, for_people, open_to_all
from usi_fed.api.paging import PageParams, window_of
from usi_fed.db.paging import Window
from usi_fed.text.tags import find_tag_key
from usi_fed.timelines.feeds_store import PublicFilter, bookmarked, liked, listed_ids, public_ids, tagged_ids
from usi_fed.timelines.lists_store import get_list

Entities = list[dict[str, Any]]


class PublicParams(PageParams):
    """Which public posts."""

    local: bool = False
    remote: bool = False
    only_media: bool = False


class TagParams(PublicParams):
    """Which posts with hashtags: besides the one in the path, any, all or none of others."""

    any: list[str] = msgspec.field(default_factory=list)
    all: list[str] = msgspec.field(default_factory=list)
    none: list[str] = msgspec.field(default_factory=list)


async def home(call: Call) -> Reply:
    """GET /api/v1/timelines/home"""
    window = window_of(await call.read(PageParams))
    statuses, ids = await call.house.database.read(call.tools.statuses.home, call.person_id, window)
    return call.page(statuses, ids, window.limit)


async def public_timeline(call: Call) -> Reply:
    """GET /api/v1/timelines/public"""
    asked = await call.read(PublicParams)
    window = window_of(asked)
    statuses, ids = await call.house.database.read(
        _public, call.tools.statuses, call.viewer_id, window, _choice(asked), call.house.clock()
    )
    return call.page(statuses, ids, window.limit)


async def tag_timeline(call: Call) -> Reply:
    """GET /api/v1/timelines/tag/:hashtag"""
    asked = await call.read(TagParams)
    window = window_of(asked)
    statuses, ids = await call.house.database.read(
        _tagged, call.tools.statuses, call.viewer_id, window, call.path["hashtag"], asked, call.house.clock()
    )
    return call.page(statuses, ids, window.limit)


async def list_timeline(call: Call) -> Reply:
    """GET /api/v1/timelines/list/:id"""
    window = window_of(await call.read(PageParams))
    statuses, ids = await call.house.database.read(
        _listed, call.tools.statuses, call.person_id, window, call.id(), call.house.clock()
    )
    return call.page(statuses, ids, window.limit)


async def bookmarks(call: Call) -> Reply:
    """GET /api/v1/bookmarks"""
    window = window_of(await call.read(PageParams))
    statuses, ids = await call.house.database.read(_bookmarked, call.tools.statuses, call.person_id, window)
    return call.page(statuses, ids, window.limit)


async def favourites(call: Call) -> Reply:
    """GET /api/v1/favourites"""
    window = window_of(await call.read(PageParams))
    statuses, ids = await call.house.database.read(_liked, call.tools.statuses, call.person_id, window)
    return call.page(statuses, ids, window.limit)


def _choice(asked: PublicParams) -> PublicFilter:
    return PublicFilter(local=asked.local, remote=asked.remote, only_media=asked.only_media)


# ---- units of work ----


def _public(
    connection: Connection,
    statuses: Statuses,
    viewer_id: int | None,
    window: Window,
    choice: PublicFilter,
    now: datetime,
) -> tuple[Entities, list[int]]:
    ids = public_ids(connection, viewer_id, window, choice, now)
    return statuses.load(connection, ids, viewer_id), ids


def _tagged(
    connection: Connection,
    statuses: Statuses,
    viewer_id: int | None,
    window: Window,
    name: str,
    asked: TagParams,
    now: datetime,
) -> tuple[Entities, list[int]]:
    any_of = _keys([name, *asked.any])
    if not any_of:
        return [], []
    ids = tagged_ids(
        connection,
        viewer_id,
        window,
        _choice(asked),
        now,
        any_of=any_of,
        all_of=_keys(asked.all),
        none_of=_keys(asked.none),
    )
    return statuses.load(connection, ids, viewer_id), ids


def _keys(names: Sequence[str]) -> list[str]:
    return [key for name in names if (key := find_tag_key(name)) is not None]


def _listed(
    connection: Connection, statuses: Statuses, viewer_id: int, window: Window, list_id: int, now: datetime
) -> tuple[Entities, list[int]]:
    get_list(connection, viewer_id, list_id)
    ids = listed_ids(connection, list_id, viewer_id, window, now)
    return statuses.load(connection, ids, viewer_id), ids


def _bookmarked(
    connection: Connection, statuses: Statuses, viewer_id: int, window: Window
) -> tuple[Entities, list[int]]:
    found = bookmarked(connection, viewer_id, window)
    return statuses.load(connection, [post.id for _, post in found], viewer_id), [mark for mark, _ in found]


def _liked(connection: Connection, statuses: Statuses, viewer_id: int, window: Window) -> tuple[Entities, list[int]]:
    found = liked(connection, viewer_id, window)
    return statuses.load(connection, [post.id for _, post in found], viewer_id), [mark for mark, _ in found]


METHODS: list[Method] = [
    for_people("GET", "/api/v1/timelines/home", home, "read:statuses"),
    open_to_all("GET", "/api/v1/timelines/public", public_timeline, "read:statuses"),
    open_to_all("GET", "/api/v1/timelines/tag/{hashtag}", tag_timeline, "read:statuses"),
    for_people("GET", "/api/v1/timelines/list/{id}", list_timeline, "read:lists"),
    for_people("GET", "/api/v1/bookmarks", bookmarks, "read:bookmarks"),
    for_people("GET", "/api/v1/favourites", favourites, "read:favourites"),
]
