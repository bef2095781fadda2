"""Our public posts as bytes, rendered once for many askers."""

from datetime import timedelta

from sqlalchemy import Connection

from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.actors.served import Served
from usi_fed.actors.store import get_actor
from usi_fed.db.database import Database
from usi_fed.errors import NotAllowed, NotFound
from usi_fed.posts.details_store import Details, load_details
from usi_fed.posts.document import announce_activity, create_activity, note_document, tombstone
from usi_fed.posts.model import Post
from usi_fed.posts.store import find_post, find_posts, find_tombstone
from usi_fed.urls import Urls

# Another process may have changed a post; what this one serves is at most so old.
LIFETIME = timedelta(seconds=2)
MAX_SERVED = 10_000


class ServedPosts:
    """What others ask of our posts most. One per process."""

    def __init__(self, database: Database, urls: Urls) -> None:
        self._database = database
        self._urls = urls
        self._documents: ExpiringMap[str, Served] = ExpiringMap(MAX_SERVED, LIFETIME)

    def forget(self, uri: str) -> None:
        """Render a post anew when it is asked for next."""
        self._documents.forget(uri)

    async def find_public(self, uri: str) -> Served | None:
        """The object of one of our public posts, or its Tombstone; None when it is not for everybody, or not here.

        Raises:
            NotAllowed: its author is suspended.
        """
        served = self._documents.find(uri)
        if served is None:
            served = await self._database.read(self._render, uri)
            if served is not None:
                self._documents.remember(uri, served)
        return served

    def _render(self, connection: Connection, uri: str) -> Served | None:
        post = find_served(connection, uri)
        if post is None:
            grave = find_tombstone(connection, uri)
            return Served.of(tombstone(uri, *grave), 410) if grave else None
        if not post.is_public or post.is_boost:
            return None
        if get_actor(connection, post.author_id).concealed:
            return None  # who may know of its author is asked each time
        return Served.of(note_document(load_details(connection, [post])[0], self._urls))


def find_served(connection: Connection, uri: str) -> Post | None:
    """A post of ours that other servers may ever ask for.

    Raises:
        NotAllowed: its author is suspended; 404 would say that it is gone for good.
    """
    post = find_post(connection, uri)
    if post is None or not post.local or post.local_only:
        return None
    if get_actor(connection, post.author_id).suspended_at is not None:
        raise NotAllowed("the author is suspended")
    return post


def activity_of(connection: Connection, post: Post, urls: Urls) -> dict[str, object]:
    """The Create or Announce that a local post or boost is.

    Raises:
        NotFound: the boosted post is gone.
    """
    details: Details = load_details(connection, [post])[0]
    if not post.is_boost:
        return create_activity(details, urls)
    target = find_posts(connection, [post.boost_of_id or 0]).get(post.boost_of_id or 0)
    if target is None:
        raise NotFound("what was boosted is gone")
    return announce_activity(post, details.author, target.uri)
