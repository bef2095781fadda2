"""Our own actors and posts, as other servers name them."""

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actor, get_actor
from usi_fed.inbox.context import InboxContext
from usi_fed.outbox.recipients import sees
from usi_fed.posts.model import Post
from usi_fed.posts.store import find_post
from usi_fed.urls import Urls


def find_local_actor(connection: Connection, uri: str, urls: Urls) -> Actor | None:
    """The actor of ours with this identity."""
    if not urls.is_ours(uri):
        return None
    actor = find_actor(connection, uri)
    return actor if actor is not None and actor.is_local else None


def find_local_post(connection: Connection, uri: str, reader: Actor, context: InboxContext) -> Post | None:
    """The post of ours with this identity, if `reader` may see it."""
    if not context.urls.is_ours(uri):
        return None
    post = find_post(connection, uri)
    return post if post is not None and post.local and sees(connection, post, reader) else None


def author_of(connection: Connection, post: Post) -> Actor:
    """Who wrote a post."""
    return get_actor(connection, post.author_id)
