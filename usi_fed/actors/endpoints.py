"""Actors over HTTP: their documents, followers and those they follow.

Spec: ActivityPub 3.2, 4.1, 5.3, 5.4; `../shared/interop/mastodon.md` sections 1.5 and 5; FEP-8fcf.
"""

from collections.abc import Callable

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from usi_fed.activitypub.contexts import ACTIVITYSTREAMS
from usi_fed.actors import discovery_endpoints, store
from usi_fed.actors.answers import activity_answer, private_answer, wants_activity
from usi_fed.actors.blocks_store import find_block
from usi_fed.actors.document import Document
from usi_fed.actors.follows_store import followers, followers_of_host, following
from usi_fed.actors.house import house_of
from usi_fed.actors.model import Actor, Follow
from usi_fed.actors.served import Served
from usi_fed.actors.signed_fetch import require_known, require_signed_fetch, verify_fetch
from usi_fed.actors.synchronization import synchronization_url
from usi_fed.db.paging import Window
from usi_fed.errors import Gone, MalformedActivity, NotAllowed, NotFound

PAGE_SIZE = 100

ListFollows = Callable[[Connection, int, Window], list[tuple[Follow, Actor]]]

_FIRST_PAGE = ("1", "true")


async def show_actor(request: Request) -> Response:
    """An actor's document; a browser is sent on to the profile page."""
    house = house_of(request)
    name = request.path_params["name"].lower()
    if not wants_activity(request):
        return RedirectResponse(house.urls.profile(name), 302, {"Vary": "Accept"})
    await require_signed_fetch(request)
    await require_known(request, house.urls.actor(name))
    return activity_answer(request, await house.actors.served.document(house.urls.actor(name)))


async def show_instance_actor(request: Request) -> Response:
    """The instance actor's document, for everybody: without it no signature of ours could be checked."""
    house = house_of(request)
    return activity_answer(request, await house.actors.served.document(house.urls.instance_actor), is_open=True)


async def show_instance_outbox(request: Request) -> Response:
    """The instance actor says nothing in public."""
    uri = f"{house_of(request).urls.instance_actor}/outbox"
    return activity_answer(request, Served.of(_collection(uri, 0)), is_open=True)


async def show_followers(request: Request) -> Response:
    """Who follows an actor: how many, and unless that is hidden who."""
    actor = await asked_actor(request)
    uri = actor.followers_uri or f"{actor.uri}/followers"
    return await _show_list(request, actor, uri, actor.shown_followers_count, followers)


async def show_following(request: Request) -> Response:
    """Whom an actor follows: how many, and unless that is hidden whom."""
    actor = await asked_actor(request)
    uri = actor.following_uri or f"{actor.uri}/following"
    return await _show_list(request, actor, uri, actor.following_count, following)


async def show_followers_of_asker(request: Request) -> Response:
    """The followers that the asking server itself has, for comparison; only for that server. Spec: FEP-8fcf"""
    asker = await verify_fetch(request)
    await require_known(request, house_of(request).urls.actor(request.path_params["name"].lower()))
    actor = await _get_active(request)
    uris = await house_of(request).database.read(followers_of_host, actor.id, asker.host)
    url = synchronization_url(actor.followers_uri or f"{actor.uri}/followers")
    return private_answer({**_collection(url, len(uris)), "orderedItems": uris})


async def asked_actor(request: Request) -> Actor:
    """The actor of ours whom the path names, for an asker who may ask.

    Raises:
        NotFound, Gone, NotAllowed: there is none, or it has been deleted or suspended.
        NotFound: the actor blocks the asker, where that is proven to be the asker.
        SignatureRejected, RemoteUnavailable: as `require_signed_fetch`.
    """
    asker = await require_signed_fetch(request)
    await require_known(request, house_of(request).urls.actor(request.path_params["name"].lower()))
    actor = await _get_active(request)
    if asker is not None and await house_of(request).database.read(find_block, actor.id, asker.id) is not None:
        raise NotFound("not for this asker")
    return actor


async def _get_active(request: Request) -> Actor:
    actor = await house_of(request).database.read(store.find_local, request.path_params["name"])
    if actor is None:
        raise NotFound("no such actor here")
    if actor.deleted_at is not None:
        raise Gone("the actor has been deleted")
    if actor.suspended_at is not None:
        raise NotAllowed("the actor is suspended")
    return actor


async def _show_list(
    request: Request,
    actor: Actor,
    uri: str,
    total: int,
    list_follows: ListFollows,
) -> Response:
    page = request.query_params.get("page")
    if page is None:
        first = {} if actor.hides_people else {"first": f"{uri}?page=1"}
        return activity_answer(request, Served.of({**_collection(uri, total), **first}))
    if actor.hides_people:
        raise NotFound("the list is hidden")
    window = Window(max_id=_oldest_wanted(page), limit=PAGE_SIZE)
    found = await house_of(request).database.read(list_follows, actor.id, window)
    document: Document = {
        **_collection(uri, total),
        "id": f"{uri}?page={page}",
        "type": "OrderedCollectionPage",
        "partOf": uri,
        "orderedItems": [other.uri for _, other in found],
    }
    if len(found) == PAGE_SIZE:
        document["next"] = f"{uri}?page={found[-1][0].id}"
    return activity_answer(request, Served.of(document))


def _oldest_wanted(page: str) -> int | None:
    """A page is named by the id of the follow before it; the first one by 1."""
    if page in _FIRST_PAGE:
        return None
    if not page.isascii() or not page.isdigit() or len(page) > 18:
        raise MalformedActivity("no such page")
    return int(page)


def _collection(uri: str, total: int) -> Document:
    return {"@context": ACTIVITYSTREAMS, "id": uri, "type": "OrderedCollection", "totalItems": total}


routes: list[Route] = [
    Route("/users/{name}", show_actor),
    Route("/actor", show_instance_actor),
    Route("/actor/outbox", show_instance_outbox),
    Route("/users/{name}/followers", show_followers),
    Route("/users/{name}/following", show_following),
    Route("/users/{name}/followers_synchronization", show_followers_of_asker),
    *discovery_endpoints.routes,
]
