"""Posts: writing, reading, editing, deleting, and what stands around them."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from usi_fed.accounts.model import Account, RequestKey
from usi_fed.accounts.store import get_account
from usi_fed.accounts.tickets import hash_of
from usi_fed.actors.blocks_store import hidden_ids, limited_ids
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.api.accounts import Ids
from usi_fed.api.call import Call, Reply
from usi_fed.api.drafts import StatusParams, draft_of, edited_draft_of
from usi_fed.api.entities.edits import edit_entities
from usi_fed.api.loading import Statuses
from usi_fed.api.methods import Method, for_people, open_to_all
from usi_fed.api.scheduled import schedule
from usi_fed.api.store import find_media
from usi_fed.errors import InvalidInput
from usi_fed.posts.details_store import load_details
from usi_fed.posts.model import Post
from usi_fed.posts.service import own_post
from usi_fed.posts.threads_store import ancestors, descendants
from usi_fed.posts.versions_store import versions_of
from usi_fed.posts.visibility import get_visible
from usi_fed.urls import Urls

MOST_IDS = 40


class Deletion(msgspec.Struct):
    """How to delete a post. A client that is going to offer it for writing anew needs its files."""

    delete_media: bool = False


async def create(call: Call) -> dict[str, Any]:
    """POST /api/v1/statuses, now or at `scheduled_at`; the same Idempotency-Key within an hour gives the same post."""
    asked = await call.read(StatusParams)
    author, account = await call.house.database.read(_author, call.person_id)
    actor = await call.actor()
    draft = draft_of(asked, account, call.house.clock(), "public" if actor.may_post_in_public else "private")
    credential = call.get_credential()
    name = call.request.headers.get("idempotency-key")
    if asked.scheduled_at:
        return await schedule(call, author, draft, asked.scheduled_at, name)
    key = RequestKey(author.id, hash_of(f"{credential.token_id} {name}")) if name else None
    post = await call.house.publisher.create_post(author, draft, credential.application_id, key)
    return await show_status(call, post.id)


async def show(call: Call) -> dict[str, Any]:
    """GET /api/v1/statuses/:id"""
    return await call.house.database.read(_show, call.tools.statuses, call.id(), call.viewer_id)


async def show_many(call: Call) -> list[dict[str, Any]]:
    """GET /api/v1/statuses?id[]="""
    asked = await call.read(Ids)
    return await call.house.database.read(_show_many, call.tools.statuses, asked.id[:MOST_IDS], call.viewer_id)


async def context(call: Call) -> dict[str, Any]:
    """GET /api/v1/statuses/:id/context; what other servers know of the thread is asked for meanwhile."""
    house = call.house
    if call.viewer_id is not None:
        house.backfill.soon(await house.database.read(get_visible, call.id(), call.viewer_id))
    return await house.database.read(_context, call.tools.statuses, call.id(), call.viewer_id, house.clock())


async def edit(call: Call) -> dict[str, Any]:
    """PUT /api/v1/statuses/:id"""
    asked = await call.read(StatusParams)
    author = await call.actor()
    before = await call.house.database.read(own_post, author, call.id())
    draft = edited_draft_of(asked, before, call.house.clock())
    post = await call.house.publisher.edit_post(author, before.id, draft)
    return await show_status(call, post.id)


async def delete(call: Call) -> dict[str, Any]:
    """DELETE /api/v1/statuses/:id; the answer has what was typed, so that the client can offer it again."""
    asked = await call.read(Deletion)
    author = await call.actor()
    post = await call.house.database.read(own_post, author, call.id())
    entity = await show_status(call, post.id)
    await call.house.publisher.delete_post(author, post.id, keep_media=not asked.delete_media)
    return entity | {"text": post.source or ""}


async def source(call: Call) -> dict[str, Any]:
    """GET /api/v1/statuses/:id/source"""
    author = await call.actor()
    post = await call.house.database.read(own_post, author, call.id())
    return {
        "id": str(post.id),
        "text": post.source or "",
        "spoiler_text": post.warning,
        "content_type": post.source_type or "text/plain",
        "title": post.title,
    }


async def history(call: Call) -> list[dict[str, Any]]:
    """GET /api/v1/statuses/:id/history"""
    return await call.house.database.read(_history, call.tools.statuses, call.id(), call.viewer_id, call.house.urls)


async def card(call: Call) -> Reply:
    """GET /api/v1/statuses/:id/card; this server makes no previews of links."""
    await call.house.database.read(get_visible, call.id(), call.viewer_id)
    return Reply({})


async def show_status(call: Call, post_id: int) -> dict[str, Any]:
    """A post that is surely there, as the caller sees it."""
    return await call.house.database.read(call.tools.statuses.load_one, post_id, call.viewer_id)


# ---- units of work ----


def _author(connection: Connection, actor_id: int) -> tuple[Actor, Account]:
    return get_actor(connection, actor_id), get_account(connection, actor_id)


def _show(connection: Connection, statuses: Statuses, post_id: int, viewer_id: int | None) -> dict[str, Any]:
    get_visible(connection, post_id, viewer_id)
    return statuses.load_one(connection, post_id, viewer_id)


def _show_many(
    connection: Connection, statuses: Statuses, post_ids: list[int], viewer_id: int | None
) -> list[dict[str, Any]]:
    return statuses.load(connection, post_ids, viewer_id)


def _context(
    connection: Connection, statuses: Statuses, post_id: int, viewer_id: int | None, now: datetime
) -> dict[str, Any]:
    """The thread around a post, without those whom the viewer mutes or blocks, or who block the viewer.

    Of limited people only what the viewer follows, and in their own threads what they say themselves.
    """
    post = get_visible(connection, post_id, viewer_id)
    before, after = ancestors(connection, post, viewer_id), descendants(connection, post, viewer_id)
    authors = {one.author_id for one in (*before, *after)} - {post.author_id}
    hidden = limited_ids(connection, viewer_id, authors)
    if viewer_id is not None:
        hidden |= hidden_ids(connection, viewer_id, now)
    above = [one.id for one in before if one.author_id not in hidden]
    below = [one.id for one in after if one.author_id not in hidden]
    return {
        "ancestors": statuses.load(connection, above, viewer_id),
        "descendants": statuses.load(connection, below, viewer_id),
    }


def _history(
    connection: Connection, statuses: Statuses, post_id: int, viewer_id: int | None, urls: Urls
) -> list[dict[str, Any]]:
    post: Post = get_visible(connection, post_id, viewer_id)
    if post.is_boost:
        raise InvalidInput("id", "is a boost, which has no history")
    earlier = versions_of(connection, post.id)
    media = find_media(connection, {int(file["id"]) for version in earlier for file in version.media})
    [details] = load_details(connection, [post])
    account = statuses.load_one(connection, post.id, viewer_id)["account"]
    return edit_entities(details, earlier, media, account, urls)


METHODS: list[Method] = [
    for_people("POST", "/api/v1/statuses", create, "write:statuses"),
    open_to_all("GET", "/api/v1/statuses", show_many, "read:statuses"),
    open_to_all("GET", "/api/v1/statuses/{id}", show, "read:statuses"),
    for_people("PUT", "/api/v1/statuses/{id}", edit, "write:statuses"),
    for_people("DELETE", "/api/v1/statuses/{id}", delete, "write:statuses"),
    open_to_all("GET", "/api/v1/statuses/{id}/context", context, "read:statuses"),
    for_people("GET", "/api/v1/statuses/{id}/source", source, "read:statuses"),
    open_to_all("GET", "/api/v1/statuses/{id}/history", history, "read:statuses"),
    open_to_all("GET", "/api/v1/statuses/{id}/card", card, "read:statuses"),
]
