"""Posts over HTTP for other servers: objects, their Creates, replies, threads, pins, quote stamps.

What may not be seen and what is not there look the same.

Spec: ActivityPub 3.2 and 5; FEP-f228 (threads), FEP-044f (stamps); `../shared/interop/security.md` section 3
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from usi_fed.activitypub.contexts import ACTIVITYSTREAMS, context_for
from usi_fed.actors.answers import activity_answer, private_answer, wants_activity
from usi_fed.actors.blocks_store import is_block_between
from usi_fed.actors.endpoints import asked_actor
from usi_fed.actors.house import House as ActorsHouse
from usi_fed.actors.model import Actor
from usi_fed.actors.served import Served
from usi_fed.actors.signed_fetch import find_proven, require_known, require_signed_fetch
from usi_fed.actors.store import find_local
from usi_fed.db.ids import parse_id
from usi_fed.errors import NotFound
from usi_fed.posts.details_store import load_details
from usi_fed.posts.document import Document, note_document
from usi_fed.posts.levels import Trust
from usi_fed.posts.model import Post
from usi_fed.posts.reactions_store import find_boost, pinned_ids
from usi_fed.posts.served import ServedPosts, activity_of, find_served
from usi_fed.posts.stamps_store import find_stamp
from usi_fed.posts.store import find_post, find_posts
from usi_fed.posts.threads_store import public_replies, public_thread
from usi_fed.posts.visibility import concerns_host, is_visible

PAGE_SIZE = 50


class House(ActorsHouse, Protocol):
    """What these endpoints need beside the actors' part."""

    @property
    def served_posts(self) -> ServedPosts:
        """Our public posts as bytes."""

    @property
    def find_trust(self) -> Callable[[Connection, datetime], Trust]:
        """Says which servers this one trusts."""


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


async def show_post(request: Request) -> Response:
    """A post's object; a browser is sent on to its page."""
    house = _house(request)
    name, post_id = request.path_params["name"].lower(), _asked_id(request)
    if not wants_activity(request):
        return RedirectResponse(house.urls.post_page(name, post_id), 302, {"Vary": "Accept"})
    asker = await require_signed_fetch(request)
    await require_known(request, house.urls.actor(name))
    uri = house.urls.post(name, post_id)
    served = await house.served_posts.find_public(uri)
    if served is not None and (asker is None or not await house.database.read(_is_kept_from, uri, asker)):
        return activity_answer(request, served)
    post = await _asked_post(request, uri, asker)
    return private_answer(await house.database.read(_private_document, post, house))


async def show_activity(request: Request) -> Response:
    """The Create of a post, or the Announce that a boost is."""
    house = _house(request)
    asker = await require_signed_fetch(request)
    await require_known(request, house.urls.actor(request.path_params["name"].lower()))
    base = house.urls.post(request.path_params["name"].lower(), _asked_id(request))
    boost = await house.database.read(find_post, f"{base}/activity")
    post = await _asked_post(request, boost.uri if boost else base, asker)
    return private_answer(await house.database.read(activity_of, post, house.urls))


async def show_replies(request: Request) -> Response:
    """The public replies to a public post."""
    house = _house(request)
    post = await _asked_public_post(request)
    uri = f"{post.uri}/replies"
    if "page" not in request.query_params:
        body = _collection(uri, "Collection", post.replies_count) | {"first": f"{uri}?page=true"}
        return activity_answer(request, Served.of(body))
    after = _after(request)
    replies = await house.database.read(public_replies, post.id, PAGE_SIZE, after)
    return activity_answer(request, Served.of(_page(uri, "items", "CollectionPage", replies, after)))


async def show_likes(request: Request) -> Response:
    """How many like a public post; never who."""
    post = await _asked_public_post(request)
    return activity_answer(request, Served.of(_collection(f"{post.uri}/likes", "Collection", post.likes_count)))


async def show_shares(request: Request) -> Response:
    """How many boosted a public post; never who."""
    post = await _asked_public_post(request)
    return activity_answer(request, Served.of(_collection(f"{post.uri}/shares", "Collection", post.boosts_count)))


async def show_thread(request: Request) -> Response:
    """The public posts of a conversation that began here, in order of time."""
    house = _house(request)
    asker = await require_signed_fetch(request)
    thread_id = _asked_id(request)
    after = _after(request)
    found = await house.database.read(public_thread, thread_id, PAGE_SIZE, after)
    root = await house.database.read(find_posts, [thread_id])
    if thread_id not in root or not root[thread_id].local or not root[thread_id].is_for_everybody:
        raise NotFound("no such conversation")
    if not await house.database.read(is_visible, root[thread_id], asker and asker.id):
        raise NotFound("not for this asker")
    uri = house.urls.conversation(thread_id)
    owner = await house.database.read(_owner_of_thread, root[thread_id])
    first = _page(uri, "orderedItems", "OrderedCollectionPage", found, after)
    if "page" in request.query_params:
        return activity_answer(request, Served.of(first))
    document = {"@context": ACTIVITYSTREAMS, "id": uri, "type": "OrderedCollection", "attributedTo": owner.uri}
    return activity_answer(request, Served.of(document | {"first": first}))


def _owner_of_thread(connection: Connection, root: Post) -> Actor:
    """The group of ours that has taken a thread in, or else who began it. Spec: FEP-7888"""
    [details] = load_details(connection, [root])
    for mention in details.mentions:
        is_group = mention.actor.kind == "Group" and mention.actor.is_local
        if is_group and find_boost(connection, mention.actor.id, root.id) is not None:
            return mention.actor
    return details.author


async def show_featured(request: Request) -> Response:
    """The posts that an actor shows first."""
    house = _house(request)
    actor = await asked_actor(request)
    items = await house.database.read(_featured, actor, house)
    uri = actor.featured_uri or f"{actor.uri}/collections/featured"
    body = {"id": uri, "type": "OrderedCollection", "totalItems": len(items), "orderedItems": items}
    return activity_answer(request, Served.of({"@context": context_for(body), **body}))


async def show_featured_tags(request: Request) -> Response:
    """The hashtags that an actor shows on the profile; nobody can choose any yet, so there are none."""
    actor = await asked_actor(request)
    uri = f"{actor.uri}/collections/tags"
    return activity_answer(request, Served.of(_collection(uri, "Collection", 0) | {"items": []}))


async def show_featured_collections(request: Request) -> Response:
    """The lists of accounts that an actor shows on the profile; there are none. Spec: FEP-7aa9"""
    actor = await asked_actor(request)
    uri = f"{actor.uri}/collections/accounts"
    return activity_answer(request, Served.of(_collection(uri, "Collection", 0) | {"items": []}))


async def show_stamp(request: Request) -> Response:
    """A QuoteAuthorization: our author lets one post quote another. It names both and shows neither. Spec: FEP-044f"""
    house = _house(request)
    await require_signed_fetch(request)
    stamp = await house.database.read(find_stamp, _asked_id(request))
    if stamp is None or stamp.author.username != request.path_params["name"].lower():
        raise NotFound("no such stamp")
    await require_known(request, stamp.author.uri)
    document = {
        "id": house.urls.quote_stamp(stamp.author.username, stamp.id),
        "type": "QuoteAuthorization",
        "attributedTo": stamp.author.uri,
        "interactingObject": stamp.quote_uri,
        "interactionTarget": stamp.quoted_uri,
    }
    return activity_answer(request, Served.of({"@context": context_for(document), **document}))


# ---- who may see what ----


async def _asked_post(request: Request, uri: str, asker: Actor | None) -> Post:
    """A post of ours that the asker may see, whoever that is; `asker` is who has proven it already.

    Raises:
        NotFound: there is none for this asker.
        NotAllowed: its author is suspended.
    """
    house = _house(request)
    post = await house.database.read(find_served, uri)
    if asker is None and post is not None and await house.database.read(_is_for_anybody, post):
        return post
    # As much is looked at where there is none, and who cannot be proven hears the same: that there is none.
    asker = asker or await find_proven(request)
    if post is None or asker is None or not await house.database.read(_may_fetch, post, asker, house):
        raise NotFound("no such post for this asker")
    return post


async def _asked_public_post(request: Request) -> Post:
    house = _house(request)
    asker = await require_signed_fetch(request)
    await require_known(request, house.urls.actor(request.path_params["name"].lower()))
    uri = house.urls.post(request.path_params["name"].lower(), _asked_id(request))
    post = await house.database.read(find_served, uri)
    if post is None or not post.is_public:
        raise NotFound("no such post")
    if asker is not None and not await house.database.read(is_visible, post, asker.id):
        raise NotFound("not for this asker")
    return post


def _may_fetch(connection: Connection, post: Post, asker: Actor, house: House) -> bool:
    """Whether somebody elsewhere may fetch a post.

    What is for the movement is shown to a server as a whole, whoever of it asks: when it is trusted, and somebody
    there follows the author or is named.
    """
    if post.level != "movement" or asker.is_local:
        return is_visible(connection, post, asker.id)
    if post.local_only or is_block_between(connection, post.author_id, asker.id):
        return False
    is_trusted = house.find_trust(connection, house.clock()).may_get(asker.host, post.level)
    return is_trusted and concerns_host(connection, post, asker.host)


def _is_for_anybody(connection: Connection, post: Post) -> bool:
    """Whether a post is public, and if it is a boost, whether what it passes on is."""
    return post.is_public and (not post.is_boost or is_visible(connection, post, None))


def _is_kept_from(connection: Connection, uri: str, asker: Actor) -> bool:
    """Whether a post is there and not for this asker: whom its author blocks."""
    post = find_served(connection, uri)
    return post is not None and not is_visible(connection, post, asker.id)


# ---- documents ----


def _private_document(connection: Connection, post: Post, house: House) -> Document:
    return note_document(load_details(connection, [post])[0], house.urls)


def _featured(connection: Connection, actor: Actor, house: House) -> list[Document | str]:
    """What an actor shows first; what a group shows of others' is only named: its own server says what it is."""
    if find_local(connection, actor.username) is None:
        return []
    pinned = pinned_ids(connection, actor.id)
    found = find_posts(connection, pinned)
    shown = [found[post_id] for post_id in pinned if post_id in found and found[post_id].is_for_everybody]
    return [
        note_document(details, house.urls, context=False) if details.post.local else details.post.uri
        for details in load_details(connection, shown)
    ]


def _collection(uri: str, kind: str, total: int) -> Document:
    return {"@context": ACTIVITYSTREAMS, "id": uri, "type": kind, "totalItems": total}


def _page(uri: str, key: str, kind: str, found: list[Post], after: int) -> Document:
    document: Document = {
        "@context": ACTIVITYSTREAMS,
        "id": f"{uri}?page=true" + (f"&after={after}" if after else ""),
        "type": kind,
        "partOf": uri,
        key: [post.uri for post in found],
    }
    if len(found) == PAGE_SIZE:
        document["next"] = f"{uri}?page=true&after={found[-1].id}"
    return document


def _after(request: Request) -> int:
    return parse_id(request.query_params.get("after", "0"))


def _asked_id(request: Request) -> int:
    return parse_id(request.path_params["id"])


routes = [
    Route("/users/{name}/statuses/{id}", show_post),
    Route("/users/{name}/statuses/{id}/activity", show_activity),
    Route("/users/{name}/statuses/{id}/replies", show_replies),
    Route("/users/{name}/statuses/{id}/likes", show_likes),
    Route("/users/{name}/statuses/{id}/shares", show_shares),
    Route("/users/{name}/collections/featured", show_featured),
    Route("/users/{name}/collections/tags", show_featured_tags),
    Route("/users/{name}/collections/accounts", show_featured_collections),
    Route("/users/{name}/quote_authorizations/{id}", show_stamp),
    Route("/contexts/{id}", show_thread),
]
