"""The public outboxes of our actors as bytes, rendered once for many askers."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from usi_fed.activitypub.contexts import ACTIVITYSTREAMS, context_for
from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.actors.model import Actor
from usi_fed.actors.served import Served
from usi_fed.actors.store import find_local
from usi_fed.db.database import Database
from usi_fed.errors import Gone, NotAllowed, NotFound
from usi_fed.posts.details_store import load_details
from usi_fed.posts.document import announce_activity, create_activity
from usi_fed.posts.model import Post
from usi_fed.posts.store import find_posts
from usi_fed.timelines.feeds_store import count_outbox, outbox_page
from usi_fed.urls import Urls

# Another process may have changed a post; what this one serves is at most so old.
LIFETIME = timedelta(seconds=2)
MAX_SERVED = 2000
PAGE_SIZE = 20


class ServedOutboxes:
    """Outboxes and their pages. One per process."""

    def __init__(self, database: Database, urls: Urls) -> None:
        self._database = database
        self._urls = urls
        self._collections: ExpiringMap[str, Served] = ExpiringMap(MAX_SERVED, LIFETIME)
        self._pages: ExpiringMap[tuple[str, int | None], Served] = ExpiringMap(MAX_SERVED, LIFETIME)

    async def collection(self, username: str) -> Served:
        """The outbox of one of our actors, without its items.

        Raises:
            NotFound, Gone, NotAllowed: there is no such actor, or it has been deleted or suspended.
        """
        served = self._collections.find(username.lower())
        if served is None:
            served = Served.of(await self._database.read(_collection, username))
            self._collections.remember(username.lower(), served)
        return served

    async def page(self, username: str, before_id: int | None) -> Served:
        """The newest public posts and boosts, or those before one.

        Raises:
            NotFound, Gone, NotAllowed: as `collection`.
        """
        key = (username.lower(), before_id)
        served = self._pages.find(key)
        if served is None:
            served = Served.of(await self._database.read(self._render, username, before_id))
            self._pages.remember(key, served)
        return served

    def _render(self, connection: Connection, username: str, before_id: int | None) -> dict[str, Any]:
        actor = _active(connection, username)
        uri = actor.outbox or f"{actor.uri}/outbox"
        found = outbox_page(connection, actor.id, PAGE_SIZE, before_id)
        document: dict[str, Any] = {
            "id": f"{uri}?page=true" + (f"&max_id={before_id}" if before_id is not None else ""),
            "type": "OrderedCollectionPage",
            "partOf": uri,
            "orderedItems": self._activities(connection, actor, found),
        }
        if len(found) == PAGE_SIZE:
            document["next"] = f"{uri}?page=true&max_id={found[-1].id}"
        return {"@context": context_for(document), **document}

    def _activities(self, connection: Connection, actor: Actor, shown: list[Post]) -> list[dict[str, Any]]:
        boosted = find_posts(connection, [post.boost_of_id for post in shown if post.boost_of_id is not None])
        items = []
        for details in load_details(connection, shown):
            post = details.post
            if post.boost_of_id is None:
                items.append(create_activity(details, self._urls))
            elif post.boost_of_id in boosted:
                items.append(announce_activity(post, actor, boosted[post.boost_of_id].uri))
        return [{name: value for name, value in item.items() if name != "@context"} for item in items]


def _collection(connection: Connection, username: str) -> dict[str, Any]:
    actor = _active(connection, username)
    uri = actor.outbox or f"{actor.uri}/outbox"
    # Not all that the actor wrote: how much of it is not public is nobody's business.
    document = {"id": uri, "type": "OrderedCollection", "totalItems": count_outbox(connection, actor.id)}
    return {"@context": ACTIVITYSTREAMS, **document, "first": f"{uri}?page=true"}


def _active(connection: Connection, username: str) -> Actor:
    actor = find_local(connection, username)
    if actor is None:
        raise NotFound("no such actor here")
    if actor.deleted_at is not None:
        raise Gone("the actor has been deleted")
    if actor.suspended_at is not None:
        raise NotAllowed("the actor is suspended")
    return actor
