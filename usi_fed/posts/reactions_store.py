"""What people do with a post: like, boost, bookmark, pin, and mute its thread."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select

from usi_fed.actors.blocks_store import are_apart
from usi_fed.clock import new_id
from usi_fed.db.database import insert
from usi_fed.posts.model import Post
from usi_fed.posts.store import count
from usi_fed.posts.tables import bookmarks, likes, pins, posts, thread_mutes

MOST_PINS = 5
# Named, so that a number that another process gave at the same moment is an error and not taken for the same thing.
_ONCE_EACH = ("actor_id", "post_id")

_BOOST = select(posts).where(posts.c.boost_of_id == bindparam("post"), posts.c.author_id == bindparam("actor"))


def add_like(connection: Connection, actor_id: int, post_id: int, uri: str, now: datetime) -> bool:
    """Count a like; False when this actor liked the post before."""
    values = {"id": new_id(now), "actor_id": actor_id, "post_id": post_id, "uri": uri, "created_at": now}
    adding = insert(connection, likes).values(values).on_conflict_do_nothing(index_elements=_ONCE_EACH)
    added = connection.execute(adding.returning(likes.c.id)).first() is not None
    if added:
        count(connection, post_id, "likes_count", 1)
    return added


def remove_like(connection: Connection, actor_id: int, post_id: int) -> str | None:
    """Take a like back; gives the identity that it had, None when there was none."""
    statement = delete(likes).where(likes.c.actor_id == actor_id, likes.c.post_id == post_id).returning(likes.c.uri)
    uri: str | None = connection.execute(statement).scalar()
    if uri is not None:
        count(connection, post_id, "likes_count", -1)
    return uri


def find_like(connection: Connection, uri: str) -> tuple[int, int] | None:
    """The actor and the post of the like with this identity."""
    row = connection.execute(select(likes.c.actor_id, likes.c.post_id).where(likes.c.uri == uri)).first()
    return None if row is None else (row[0], row[1])


def find_boost(connection: Connection, actor_id: int, post_id: int) -> Post | None:
    """The actor's boost of a post."""
    row = connection.execute(_BOOST, {"post": post_id, "actor": actor_id}).first()
    return None if row is None else Post(*row)


def liker_ids(
    connection: Connection,
    post_id: int,
    limit: int,
    max_id: int | None = None,
    since_id: int | None = None,
    *,
    viewer_id: int | None = None,
) -> list[tuple[int, int]]:
    """Who likes a post, newest first: pairs of like id (for paging) and actor id.

    Without those who have blocked the viewer, or whom the viewer has blocked or hidden with their domain.
    """
    statement = select(likes.c.id, likes.c.actor_id).where(likes.c.post_id == post_id)
    if viewer_id is not None:
        statement = statement.where(~are_apart(viewer_id, likes.c.actor_id))
    if max_id is not None:
        statement = statement.where(likes.c.id < max_id)
    if since_id is not None:
        statement = statement.where(likes.c.id > since_id)
    return [(row[0], row[1]) for row in connection.execute(statement.order_by(likes.c.id.desc()).limit(limit))]


def booster_ids(
    connection: Connection,
    post_id: int,
    limit: int,
    max_id: int | None = None,
    since_id: int | None = None,
    *,
    viewer_id: int | None = None,
    shown: ColumnElement[bool] | None = None,
) -> list[tuple[int, int]]:
    """Who boosted a post, newest first: pairs of boost id (for paging) and actor id; without some, as in `liker_ids`.

    `shown` is a condition on the boosts, such as `visible_to` gives: a boost may be for some only.
    """
    statement = select(posts.c.id, posts.c.author_id).where(posts.c.boost_of_id == post_id)
    if viewer_id is not None:
        statement = statement.where(~are_apart(viewer_id, posts.c.author_id))
    if shown is not None:
        statement = statement.where(shown)
    if max_id is not None:
        statement = statement.where(posts.c.id < max_id)
    if since_id is not None:
        statement = statement.where(posts.c.id > since_id)
    return [(row[0], row[1]) for row in connection.execute(statement.order_by(posts.c.id.desc()).limit(limit))]


def add_bookmark(connection: Connection, actor_id: int, post_id: int) -> None:
    """Keep a post for later, privately."""
    values = {"id": new_id(), "actor_id": actor_id, "post_id": post_id}
    connection.execute(insert(connection, bookmarks).values(values).on_conflict_do_nothing(index_elements=_ONCE_EACH))


def remove_bookmark(connection: Connection, actor_id: int, post_id: int) -> None:
    """Drop a bookmark."""
    connection.execute(delete(bookmarks).where(bookmarks.c.actor_id == actor_id, bookmarks.c.post_id == post_id))


def add_pin(connection: Connection, actor_id: int, post_id: int) -> bool:
    """Show a post first on its author's profile; False when it is pinned already."""
    values = {"id": new_id(), "actor_id": actor_id, "post_id": post_id}
    adding = insert(connection, pins).values(values).on_conflict_do_nothing(index_elements=_ONCE_EACH)
    return connection.execute(adding.returning(pins.c.id)).first() is not None


def remove_pin(connection: Connection, actor_id: int, post_id: int) -> bool:
    """No longer show a post first; False when it was not pinned."""
    statement = delete(pins).where(pins.c.actor_id == actor_id, pins.c.post_id == post_id).returning(pins.c.id)
    return connection.execute(statement).first() is not None


def pinned_ids(connection: Connection, actor_id: int) -> list[int]:
    """The posts an actor pinned, newest pin first."""
    statement = select(pins.c.post_id).where(pins.c.actor_id == actor_id).order_by(pins.c.id.desc())
    return list(connection.execute(statement).scalars())


def replace_pins(connection: Connection, actor_id: int, post_ids: Sequence[int]) -> None:
    """Set a foreign actor's pins to what its `featured` collection says, first one first."""
    connection.execute(delete(pins).where(pins.c.actor_id == actor_id))
    for post_id in reversed(post_ids):
        add_pin(connection, actor_id, post_id)


def mute_thread(connection: Connection, actor_id: int, thread_id: int) -> None:
    """No more notifications about a thread for this person."""
    values = {"actor_id": actor_id, "thread_id": thread_id}
    connection.execute(insert(connection, thread_mutes).values(values).on_conflict_do_nothing())


def unmute_thread(connection: Connection, actor_id: int, thread_id: int) -> None:
    """Notifications about a thread again."""
    connection.execute(
        delete(thread_mutes).where(thread_mutes.c.actor_id == actor_id, thread_mutes.c.thread_id == thread_id)
    )
