"""Finding people, hashtags and posts."""

from contextlib import suppress
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.api.call import Call
from usi_fed.api.loading import Statuses, ids_of
from usi_fed.api.methods import Method, for_people, open_to_all
from usi_fed.api.params import Id
from usi_fed.api.people import accounts_of
from usi_fed.api.tags import tag_entities
from usi_fed.errors import InvalidInput
from usi_fed.inbox.resolving import NOT_TO_BE_HAD, is_address, parse_typed_handle
from usi_fed.posts.model import Post
from usi_fed.posts.visibility import visible_ids
from usi_fed.search.people_store import directory, search_people
from usi_fed.search.store import find_posts_with
from usi_fed.search.tags_store import search_tags
from usi_fed.text.tags import find_tag_key
from usi_fed.urls import Urls

USUAL, MOST = 20, 40
LARGEST_OFFSET = 100_000
LONGEST = 500


class SearchParams(msgspec.Struct):
    """What to look for, and where."""

    q: str
    type: Literal["accounts", "hashtags", "statuses"] | None = None
    resolve: bool = False
    following: bool = False
    account_id: Id | None = None
    max_id: Id | None = None
    min_id: Id | None = None
    limit: int = USUAL
    offset: int = 0


class PeopleParams(msgspec.Struct):
    """Which people to look for."""

    q: str = ""
    resolve: bool = False
    following: bool = False
    limit: int = USUAL * 2
    offset: int = 0


class DirectoryParams(msgspec.Struct):
    """Which part of the directory."""

    order: Literal["active", "new"] = "active"
    local: bool = False
    limit: int = USUAL * 2
    offset: int = 0


async def search(call: Call) -> dict[str, Any]:
    """GET /api/v2/search; only who is signed in may have this server ask others"""
    asked = await call.read(SearchParams)
    phrase = asked.q.strip()
    if not phrase or len(phrase) > LONGEST:
        raise InvalidInput("q", f"must have 1 to {LONGEST} characters")
    may_fetch = asked.resolve and call.viewer_id is not None and asked.offset == 0
    if is_address(phrase):
        found = await call.house.resolver.find_address(phrase)
        if found is None and may_fetch and not call.house.urls.is_ours(phrase):
            with suppress(*NOT_TO_BE_HAD):
                found = await call.house.resolver.fetch_address(phrase)
        return await call.house.database.read(
            _single, found, call.tools.statuses, call.viewer_id, asked.type, call.house.urls
        )
    if may_fetch and asked.type in (None, "accounts"):
        await _meet(call, phrase)
    return await call.house.database.read(_search, phrase, asked, call.tools.statuses, call.viewer_id, call.house.urls)


async def search_accounts(call: Call) -> list[dict[str, Any]]:
    """GET /api/v1/accounts/search"""
    asked = await call.read(PeopleParams)
    if asked.resolve and not asked.offset:
        await _meet(call, asked.q)
    return await call.house.database.read(_people, asked, call.viewer_id, call.house.urls)


async def show_directory(call: Call) -> list[dict[str, Any]]:
    """GET /api/v1/directory"""
    asked = await call.read(DirectoryParams)
    return await call.house.database.read(_directory, asked, call.house.urls)


async def _meet(call: Call, phrase: str) -> None:
    """Look up a whole handle at its own domain, so that the search here finds it."""
    handle = parse_typed_handle(phrase, call.house.urls) if "@" in phrase.lstrip("@") else None
    if handle is not None:
        with suppress(*NOT_TO_BE_HAD):
            await call.house.resolver.fetch_person(handle)


# ---- units of work ----


def _search(
    connection: Connection,
    phrase: str,
    asked: SearchParams,
    statuses: Statuses,
    viewer_id: int | None,
    urls: Urls,
) -> dict[str, Any]:
    people = PeopleParams(phrase, following=asked.following, limit=asked.limit, offset=asked.offset)
    wants = {asked.type} if asked.type else {"accounts", "hashtags", "statuses"}
    is_tag = phrase.startswith("#")
    return {
        "accounts": _people(connection, people, viewer_id, urls) if "accounts" in wants and not is_tag else [],
        "hashtags": _tags(connection, phrase, asked, viewer_id, urls) if "hashtags" in wants else [],
        "statuses": _posts(connection, phrase, asked, statuses, viewer_id) if "statuses" in wants else [],
    }


def _people(connection: Connection, asked: PeopleParams, viewer_id: int | None, urls: Urls) -> list[dict[str, Any]]:
    found = search_people(
        connection,
        viewer_id,
        asked.q.strip().lower().removesuffix(f"@{urls.handles}"),
        limit=_limit(asked.limit),
        offset=_offset(asked.offset),
        following=asked.following,
    )
    return accounts_of(connection, found, urls)


def _tags(
    connection: Connection, phrase: str, asked: SearchParams, viewer_id: int | None, urls: Urls
) -> list[dict[str, Any]]:
    key = find_tag_key(phrase)
    if key is None:
        return []
    found = search_tags(connection, viewer_id, key, limit=_limit(asked.limit), offset=_offset(asked.offset))
    return tag_entities(connection, found, viewer_id, urls)


def _posts(
    connection: Connection, phrase: str, asked: SearchParams, statuses: Statuses, viewer_id: int | None
) -> list[dict[str, Any]]:
    if viewer_id is None:
        return []
    found = find_posts_with(
        connection,
        viewer_id,
        phrase,
        limit=_limit(asked.limit),
        offset=_offset(asked.offset),
        author_id=asked.account_id,
        max_id=asked.max_id,
        min_id=asked.min_id,
    )
    return statuses.load(connection, ids_of(found), viewer_id)


def _single(
    connection: Connection,
    found: Actor | Post | None,
    statuses: Statuses,
    viewer_id: int | None,
    kind: str | None,
    urls: Urls,
) -> dict[str, Any]:
    result: dict[str, Any] = {"accounts": [], "hashtags": [], "statuses": []}
    if isinstance(found, Actor) and kind in (None, "accounts") and not found.is_shut_out:
        result["accounts"] = accounts_of(connection, [found], urls)
    if isinstance(found, Post) and kind in (None, "statuses") and visible_ids(connection, [found.id], viewer_id):
        result["statuses"] = statuses.load(connection, [found.id], viewer_id)
    return result


def _directory(connection: Connection, asked: DirectoryParams, urls: Urls) -> list[dict[str, Any]]:
    found = directory(
        connection,
        local=asked.local,
        newest=asked.order == "new",
        limit=_limit(asked.limit),
        offset=_offset(asked.offset),
    )
    return accounts_of(connection, found, urls)


def _limit(limit: int) -> int:
    return max(1, min(limit, MOST))


def _offset(offset: int) -> int:
    return max(0, min(offset, LARGEST_OFFSET))


METHODS: list[Method] = [
    open_to_all("GET", "/api/v2/search", search, "read:search"),
    for_people("GET", "/api/v1/accounts/search", search_accounts, "read:accounts"),
    open_to_all("GET", "/api/v1/directory", show_directory),
]
