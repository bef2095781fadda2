"""What people do with posts: favourite, boost, bookmark, pin, mute, quote, vote."""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection

from usi_fed.api.call import Call, Reply
from usi_fed.api.loading import Statuses, ids_of
from usi_fed.api.methods import Method, for_people, open_to_all
from usi_fed.api.paging import PageParams, window_of
from usi_fed.api.people import accounts_by_id
from usi_fed.api.statuses import show_status
from usi_fed.api.store import quotes_of
from usi_fed.db.paging import Window
from usi_fed.errors import NotFound
from usi_fed.posts.model import Post, QuotePolicy
from usi_fed.posts.reactions_store import (
    add_bookmark,
    booster_ids,
    liker_ids,
    mute_thread,
    remove_bookmark,
    unmute_thread,
)
from usi_fed.posts.store import get_post
from usi_fed.posts.visibility import get_visible, visible_to
from usi_fed.search.store import put_words
from usi_fed.urls import Urls

Change = Callable[[Connection, int, Post], None]


class BoostParams(msgspec.Struct):
    """Who is to see a boost."""

    visibility: Literal["public", "unlisted", "private"] = "public"


class Votes(msgspec.Struct):
    """Choices in a poll, by position from 0."""

    choices: list[int]


class PolicyParams(msgspec.Struct):
    """Who may quote a post from now on."""

    quote_approval_policy: QuotePolicy


async def favourite(call: Call) -> dict[str, Any]:
    """POST /api/v1/statuses/:id/favourite"""
    post = await call.house.publisher.like(await call.actor(), call.id())
    return await show_status(call, post.id)


async def unfavourite(call: Call) -> dict[str, Any]:
    """POST /api/v1/statuses/:id/unfavourite"""
    post = await call.house.publisher.unlike(await call.actor(), call.id())
    return await show_status(call, post.id)


async def reblog(call: Call) -> dict[str, Any]:
    """POST /api/v1/statuses/:id/reblog; the answer is the boost around the post."""
    asked = await call.read(BoostParams)
    boost = await call.house.publisher.announce(await call.actor(), call.id(), asked.visibility)
    return await show_status(call, boost.id)


async def unreblog(call: Call) -> dict[str, Any]:
    """POST /api/v1/statuses/:id/unreblog; the answer is the post itself."""
    post = await call.house.database.read(_original, call.id(), call.person_id)
    await call.house.publisher.unannounce(await call.actor(), post.id)
    return await show_status(call, post.id)


async def pin(call: Call) -> dict[str, Any]:
    """POST /api/v1/statuses/:id/pin"""
    post = await call.house.publisher.pin(await call.actor(), call.id())
    return await show_status(call, post.id)


async def unpin(call: Call) -> dict[str, Any]:
    """POST /api/v1/statuses/:id/unpin"""
    post = await call.house.publisher.unpin(await call.actor(), call.id())
    return await show_status(call, post.id)


async def bookmark(call: Call) -> dict[str, Any]:
    """POST /api/v1/statuses/:id/bookmark"""
    return await _change(call, _keep)


async def unbookmark(call: Call) -> dict[str, Any]:
    """POST /api/v1/statuses/:id/unbookmark"""
    return await _change(call, lambda connection, me, post: remove_bookmark(connection, me, post.id))


async def mute(call: Call) -> dict[str, Any]:
    """POST /api/v1/statuses/:id/mute: no more news of its conversation"""
    return await _change(call, lambda connection, me, post: mute_thread(connection, me, post.thread_id))


async def unmute(call: Call) -> dict[str, Any]:
    """POST /api/v1/statuses/:id/unmute"""
    return await _change(call, lambda connection, me, post: unmute_thread(connection, me, post.thread_id))


async def favourited_by(call: Call) -> Reply:
    """GET /api/v1/statuses/:id/favourited_by"""
    return await _people_page(call, partial(liker_ids, viewer_id=call.viewer_id))


async def reblogged_by(call: Call) -> Reply:
    """GET /api/v1/statuses/:id/reblogged_by"""
    return await _people_page(call, partial(booster_ids, viewer_id=call.viewer_id, shown=visible_to(call.viewer_id)))


async def quotes(call: Call) -> Reply:
    """GET /api/v1/statuses/:id/quotes"""
    window = window_of(await call.read(PageParams))
    statuses, ids = await call.house.database.read(_quotes, call.tools.statuses, call.id(), call.viewer_id, window)
    return call.page(statuses, ids, window.limit)


async def revoke_quote(call: Call) -> dict[str, Any]:
    """POST /api/v1/statuses/:id/quotes/:quoting_status_id/revoke"""
    post = await call.house.publisher.revoke_quote(await call.actor(), call.id(), call.id("quoting_status_id"))
    return await show_status(call, post.id)


async def change_policy(call: Call) -> dict[str, Any]:
    """PUT /api/v1/statuses/:id/interaction_policy"""
    asked = await call.read(PolicyParams)
    post = await call.house.publisher.change_quote_policy(await call.actor(), call.id(), asked.quote_approval_policy)
    return await show_status(call, post.id)


async def show_poll(call: Call) -> dict[str, Any]:
    """GET /api/v1/polls/:id; a poll has the id of its post."""
    return await call.house.database.read(_poll, call.tools.statuses, call.id(), call.viewer_id)


async def vote(call: Call) -> dict[str, Any]:
    """POST /api/v1/polls/:id/votes"""
    asked = await call.read(Votes)
    await call.house.publisher.vote(await call.actor(), call.id(), asked.choices)
    return await call.house.database.read(_poll, call.tools.statuses, call.id(), call.viewer_id)


# ---- units of work ----


async def _change(call: Call, change: Change) -> dict[str, Any]:
    post_id = await call.house.database.write(_apply, call.id(), call.person_id, change)
    return await show_status(call, post_id)


def _apply(connection: Connection, post_id: int, viewer_id: int, change: Change) -> int:
    post = _original(connection, post_id, viewer_id)
    change(connection, viewer_id, post)
    return post.id


def _keep(connection: Connection, viewer_id: int, post: Post) -> None:
    add_bookmark(connection, viewer_id, post.id)
    put_words(connection, post)


def _original(connection: Connection, post_id: int, viewer_id: int) -> Post:
    """The post itself, also when the id is that of a boost."""
    post = get_visible(connection, post_id, viewer_id)
    return post if post.boost_of_id is None else get_post(connection, post.boost_of_id)


async def _people_page(call: Call, find: Callable[..., list[tuple[int, int]]]) -> Reply:
    window = window_of(await call.read(PageParams), usual=40, most=80)
    entities, ids = await call.house.database.read(_people, call.id(), call.viewer_id, window, find, call.house.urls)
    return call.page(entities, ids, window.limit)


def _people(
    connection: Connection,
    post_id: int,
    viewer_id: int | None,
    window: Window,
    find: Callable[..., list[tuple[int, int]]],
    urls: Urls,
) -> tuple[list[dict[str, Any]], list[int]]:
    get_visible(connection, post_id, viewer_id)
    above = max(window.since_id or 0, window.min_id or 0) or None
    found = find(connection, post_id, window.limit, window.max_id, above)
    return accounts_by_id(connection, [actor_id for _, actor_id in found], urls, viewer_id), [mark for mark, _ in found]


def _quotes(
    connection: Connection, statuses: Statuses, post_id: int, viewer_id: int | None, window: Window
) -> tuple[list[dict[str, Any]], list[int]]:
    get_visible(connection, post_id, viewer_id)
    ids = ids_of(quotes_of(connection, post_id, viewer_id, window))
    return statuses.load(connection, ids, viewer_id), ids


def _poll(connection: Connection, statuses: Statuses, post_id: int, viewer_id: int | None) -> dict[str, Any]:
    post = get_visible(connection, post_id, viewer_id)
    poll: dict[str, Any] | None = statuses.load_one(connection, post.id, viewer_id)["poll"]
    if poll is None:
        raise NotFound(f"post {post_id} has no poll")
    return poll


METHODS: list[Method] = [
    for_people("POST", "/api/v1/statuses/{id}/favourite", favourite, "write:favourites"),
    for_people("POST", "/api/v1/statuses/{id}/unfavourite", unfavourite, "write:favourites"),
    for_people("POST", "/api/v1/statuses/{id}/reblog", reblog, "write:statuses"),
    for_people("POST", "/api/v1/statuses/{id}/unreblog", unreblog, "write:statuses"),
    for_people("POST", "/api/v1/statuses/{id}/bookmark", bookmark, "write:bookmarks"),
    for_people("POST", "/api/v1/statuses/{id}/unbookmark", unbookmark, "write:bookmarks"),
    for_people("POST", "/api/v1/statuses/{id}/pin", pin, "write:accounts"),
    for_people("POST", "/api/v1/statuses/{id}/unpin", unpin, "write:accounts"),
    for_people("POST", "/api/v1/statuses/{id}/mute", mute, "write:mutes"),
    for_people("POST", "/api/v1/statuses/{id}/unmute", unmute, "write:mutes"),
    open_to_all("GET", "/api/v1/statuses/{id}/favourited_by", favourited_by, "read:accounts"),
    open_to_all("GET", "/api/v1/statuses/{id}/reblogged_by", reblogged_by, "read:accounts"),
    open_to_all("GET", "/api/v1/statuses/{id}/quotes", quotes, "read:statuses"),
    for_people("POST", "/api/v1/statuses/{id}/quotes/{quoting_status_id}/revoke", revoke_quote, "write:statuses"),
    for_people("PUT", "/api/v1/statuses/{id}/interaction_policy", change_policy, "write:statuses"),
    open_to_all("GET", "/api/v1/polls/{id}", show_poll, "read:statuses"),
    for_people("POST", "/api/v1/polls/{id}/votes", vote, "write:statuses"),
]
