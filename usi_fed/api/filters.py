"""Filters, version 2 (a filter has words and single posts) and version 1 (a filter is one word)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection

from usi_fed.api.call import Call
from usi_fed.api.entities.filters import filter_entity, keyword_entity, post_entity, v1_entity
from usi_fed.api.methods import Method, for_people
from usi_fed.api.params import Id
from usi_fed.errors import InvalidInput
from usi_fed.posts.visibility import get_visible
from usi_fed.timelines import filters_store as store
from usi_fed.timelines.filtering import LONGEST_KEYWORD, LONGEST_TITLE, Filter, Keyword

Entity = dict[str, Any]
Context = Literal["home", "notifications", "public", "thread", "account"]
LONGEST = timedelta(days=3650)
_FOR_GOOD = ("", "null", "0", "-1")


class KeywordParams(msgspec.Struct):
    """A word of a filter; with an id, one that there is, and with `_destroy` one that goes."""

    id: Id | None = None
    keyword: str | None = None
    whole_word: bool | None = None
    destroy: bool = msgspec.field(default=False, name="_destroy")


class FilterParams(msgspec.Struct):
    """A filter as its owner wants it; what is not given stays as it is. `expires_in` is in seconds."""

    title: str | None = None
    context: list[Context] | None = None
    filter_action: Literal["warn", "hide", "blur"] | None = None
    expires_in: str | int | None = None
    keywords_attributes: list[KeywordParams] = msgspec.field(default_factory=list)


class V1Params(msgspec.Struct):
    """A filter of version 1."""

    phrase: str | None = None
    context: list[Context] | None = None
    irreversible: bool | None = None
    whole_word: bool | None = None
    expires_in: str | int | None = None


class StatusParams(msgspec.Struct):
    """A single post."""

    status_id: Id


async def show_all(call: Call) -> list[Entity]:
    """GET /api/v2/filters"""
    return [filter_entity(one) for one in await call.house.database.read(store.filters_of, call.person_id)]


async def show(call: Call) -> Entity:
    """GET /api/v2/filters/:id"""
    return filter_entity(await call.house.database.read(store.get_filter, call.person_id, call.id()))


async def create(call: Call) -> Entity:
    """POST /api/v2/filters"""
    asked = await call.read(FilterParams)
    made = await call.house.database.write(_create, call.person_id, asked, call.house.clock())
    return filter_entity(made)


async def change(call: Call) -> Entity:
    """PUT /api/v2/filters/:id"""
    asked = await call.read(FilterParams)
    is_end_given = "expires_in" in await call.fields()
    now = call.house.clock()
    changed = await call.house.database.write(_change, call.person_id, call.id(), asked, now, is_end_given)
    return filter_entity(changed)


async def delete(call: Call) -> Entity:
    """DELETE /api/v2/filters/:id"""
    await call.house.database.write(store.remove_filter, call.person_id, call.id())
    return {}


async def show_keywords(call: Call) -> list[Entity]:
    """GET /api/v2/filters/:id/keywords"""
    found = await call.house.database.read(store.get_filter, call.person_id, call.id())
    return [keyword_entity(word) for word in found.keywords]


async def add_keyword(call: Call) -> Entity:
    """POST /api/v2/filters/:id/keywords"""
    asked = await call.read(KeywordParams)
    return keyword_entity(await call.house.database.write(_add_keyword, call.person_id, call.id(), asked))


async def show_keyword(call: Call) -> Entity:
    """GET /api/v2/filters/keywords/:id"""
    return keyword_entity(await call.house.database.read(store.get_keyword, call.person_id, call.id()))


async def change_keyword(call: Call) -> Entity:
    """PUT /api/v2/filters/keywords/:id"""
    asked = await call.read(KeywordParams)
    return keyword_entity(await call.house.database.write(_change_keyword, call.person_id, call.id(), asked))


async def delete_keyword(call: Call) -> Entity:
    """DELETE /api/v2/filters/keywords/:id"""
    await call.house.database.write(_delete_keyword, call.person_id, call.id())
    return {}


async def show_posts(call: Call) -> list[Entity]:
    """GET /api/v2/filters/:id/statuses"""
    found = await call.house.database.read(store.get_filter, call.person_id, call.id())
    return [post_entity(entry) for entry in found.posts]


async def add_post(call: Call) -> Entity:
    """POST /api/v2/filters/:id/statuses"""
    asked = await call.read(StatusParams)
    return post_entity(await call.house.database.write(_add_post, call.person_id, call.id(), asked.status_id))


async def show_post(call: Call) -> Entity:
    """GET /api/v2/filters/statuses/:id"""
    return post_entity(await call.house.database.read(store.get_filtered_post, call.person_id, call.id()))


async def delete_post(call: Call) -> Entity:
    """DELETE /api/v2/filters/statuses/:id"""
    await call.house.database.write(_delete_post, call.person_id, call.id())
    return {}


# ---- version 1: the id is a keyword's ----


async def show_all_v1(call: Call) -> list[Entity]:
    """GET /api/v1/filters"""
    found = await call.house.database.read(store.filters_of, call.person_id)
    return [v1_entity(one, word) for one in found for word in one.keywords]


async def show_v1(call: Call) -> Entity:
    """GET /api/v1/filters/:id"""
    return await call.house.database.read(_v1, call.person_id, call.id())


async def create_v1(call: Call) -> Entity:
    """POST /api/v1/filters"""
    asked = await call.read(V1Params)
    return await call.house.database.write(_create_v1, call.person_id, asked, call.house.clock())


async def change_v1(call: Call) -> Entity:
    """PUT /api/v1/filters/:id"""
    asked = await call.read(V1Params)
    is_end_given = "expires_in" in await call.fields()
    now = call.house.clock()
    return await call.house.database.write(_change_v1, call.person_id, call.id(), asked, now, is_end_given)


async def delete_v1(call: Call) -> Entity:
    """DELETE /api/v1/filters/:id"""
    await call.house.database.write(_delete_v1, call.person_id, call.id())
    return {}


# ---- what is allowed ----


def require_title(title: str | None) -> str:
    """A filter's title.

    Raises:
        InvalidInput: it is empty or too long.
    """
    if not title or not title.strip() or len(title) > LONGEST_TITLE:
        raise InvalidInput("title", f"must have 1 to {LONGEST_TITLE} characters")
    return title.strip()


def _require_contexts(contexts: Sequence[str] | None) -> list[str]:
    if not contexts:
        raise InvalidInput("context", "must name at least one of home, notifications, public, thread, account")
    return list(dict.fromkeys(contexts))


def _require_keyword(keyword: str | None) -> str:
    if not keyword or not keyword.strip() or len(keyword) > LONGEST_KEYWORD:
        raise InvalidInput("keyword", f"must have 1 to {LONGEST_KEYWORD} characters")
    return keyword.strip()


def _end(expires_in: str | int | None, now: datetime) -> datetime | None:
    text = "" if expires_in is None else str(expires_in)
    if text in _FOR_GOOD:
        return None
    if not text.isascii() or not text.isdigit() or int(text) > LONGEST.total_seconds():
        raise InvalidInput("expires_in", "must be a number of seconds, at most ten years")
    return now + timedelta(seconds=int(text))


# ---- units of work ----


def _create(connection: Connection, actor_id: int, asked: FilterParams, now: datetime) -> Filter:
    filter_id = store.add_filter(
        connection,
        actor_id,
        require_title(asked.title),
        _require_contexts(asked.context),
        asked.filter_action or "warn",
        _end(asked.expires_in, now),
    )
    _put_keywords(connection, actor_id, filter_id, asked.keywords_attributes)
    return store.get_filter(connection, actor_id, filter_id)


def _change(
    connection: Connection, actor_id: int, filter_id: int, asked: FilterParams, now: datetime, is_end_given: bool
) -> Filter:
    changes: dict[str, Any] = {}
    if asked.title is not None:
        changes["title"] = require_title(asked.title)
    if asked.context is not None:
        changes["contexts"] = _require_contexts(asked.context)
    if asked.filter_action is not None:
        changes["action"] = asked.filter_action
    if is_end_given:
        changes["expires_at"] = _end(asked.expires_in, now)
    store.change_filter(connection, actor_id, filter_id, **changes)
    _put_keywords(connection, actor_id, filter_id, asked.keywords_attributes)
    return store.get_filter(connection, actor_id, filter_id)


def _put_keywords(connection: Connection, actor_id: int, filter_id: int, asked: Sequence[KeywordParams]) -> None:
    for wanted in asked:
        if wanted.id is None:
            _put_new(connection, filter_id, wanted)
            continue
        known = store.get_keyword(connection, actor_id, wanted.id)
        if wanted.destroy:
            store.remove_keyword(connection, known.id)
        else:
            _put_known(connection, known, wanted)


def _put_new(connection: Connection, filter_id: int, asked: KeywordParams) -> Keyword:
    is_whole = True if asked.whole_word is None else asked.whole_word
    return store.add_keyword(connection, filter_id, _require_keyword(asked.keyword), whole_word=is_whole)


def _put_known(connection: Connection, known: Keyword, asked: KeywordParams) -> None:
    keyword = known.keyword if asked.keyword is None else _require_keyword(asked.keyword)
    is_whole = known.whole_word if asked.whole_word is None else asked.whole_word
    store.change_keyword(connection, known.id, keyword, whole_word=is_whole)


def _add_keyword(connection: Connection, actor_id: int, filter_id: int, asked: KeywordParams) -> Keyword:
    return _put_new(connection, store.get_filter(connection, actor_id, filter_id).id, asked)


def _change_keyword(connection: Connection, actor_id: int, keyword_id: int, asked: KeywordParams) -> Keyword:
    _put_known(connection, store.get_keyword(connection, actor_id, keyword_id), asked)
    return store.get_keyword(connection, actor_id, keyword_id)


def _delete_keyword(connection: Connection, actor_id: int, keyword_id: int) -> None:
    store.remove_keyword(connection, store.get_keyword(connection, actor_id, keyword_id).id)


def _add_post(connection: Connection, actor_id: int, filter_id: int, post_id: int) -> Any:  # noqa: ANN401
    found = store.get_filter(connection, actor_id, filter_id)
    return store.add_filtered_post(connection, found.id, get_visible(connection, post_id, actor_id).id)


def _delete_post(connection: Connection, actor_id: int, entry_id: int) -> None:
    store.remove_filtered_post(connection, store.get_filtered_post(connection, actor_id, entry_id).id)


def _v1(connection: Connection, actor_id: int, keyword_id: int) -> Entity:
    word = store.get_keyword(connection, actor_id, keyword_id)
    return v1_entity(store.get_filter(connection, actor_id, word.filter_id), word)


def _create_v1(connection: Connection, actor_id: int, asked: V1Params, now: datetime) -> Entity:
    phrase = _require_keyword(asked.phrase)
    action = "hide" if asked.irreversible else "warn"
    contexts = _require_contexts(asked.context)
    filter_id = store.add_filter(connection, actor_id, phrase, contexts, action, _end(asked.expires_in, now))
    word = store.add_keyword(connection, filter_id, phrase, whole_word=bool(asked.whole_word))
    return _v1(connection, actor_id, word.id)


def _change_v1(
    connection: Connection, actor_id: int, keyword_id: int, asked: V1Params, now: datetime, is_end_given: bool
) -> Entity:
    word = store.get_keyword(connection, actor_id, keyword_id)
    action: Literal["hide", "warn"] | None = None
    if asked.irreversible is not None:
        action = "hide" if asked.irreversible else "warn"
    wanted = FilterParams(context=asked.context, filter_action=action, expires_in=asked.expires_in)
    _change(connection, actor_id, word.filter_id, wanted, now, is_end_given)
    _put_known(connection, word, KeywordParams(keyword=asked.phrase, whole_word=asked.whole_word))
    return _v1(connection, actor_id, keyword_id)


def _delete_v1(connection: Connection, actor_id: int, keyword_id: int) -> None:
    """A filter that has no other word goes with it."""
    word = store.get_keyword(connection, actor_id, keyword_id)
    store.remove_keyword(connection, word.id)
    rest = store.get_filter(connection, actor_id, word.filter_id)
    if not rest.keywords and not rest.posts:
        store.remove_filter(connection, actor_id, rest.id)


METHODS: list[Method] = [
    for_people("GET", "/api/v2/filters", show_all, "read:filters"),
    for_people("POST", "/api/v2/filters", create, "write:filters"),
    for_people("GET", "/api/v2/filters/{id}", show, "read:filters"),
    for_people("PUT", "/api/v2/filters/{id}", change, "write:filters"),
    for_people("DELETE", "/api/v2/filters/{id}", delete, "write:filters"),
    for_people("GET", "/api/v2/filters/{id}/keywords", show_keywords, "read:filters"),
    for_people("POST", "/api/v2/filters/{id}/keywords", add_keyword, "write:filters"),
    for_people("GET", "/api/v2/filters/keywords/{id}", show_keyword, "read:filters"),
    for_people("PUT", "/api/v2/filters/keywords/{id}", change_keyword, "write:filters"),
    for_people("DELETE", "/api/v2/filters/keywords/{id}", delete_keyword, "write:filters"),
    for_people("GET", "/api/v2/filters/{id}/statuses", show_posts, "read:filters"),
    for_people("POST", "/api/v2/filters/{id}/statuses", add_post, "write:filters"),
    for_people("GET", "/api/v2/filters/statuses/{id}", show_post, "read:filters"),
    for_people("DELETE", "/api/v2/filters/statuses/{id}", delete_post, "write:filters"),
    for_people("GET", "/api/v1/filters", show_all_v1, "read:filters"),
    for_people("POST", "/api/v1/filters", create_v1, "write:filters"),
    for_people("GET", "/api/v1/filters/{id}", show_v1, "read:filters"),
    for_people("PUT", "/api/v1/filters/{id}", change_v1, "write:filters"),
    for_people("DELETE", "/api/v1/filters/{id}", delete_v1, "write:filters"),
]
