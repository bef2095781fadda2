"""Conversations: what a post answers, and what answers it."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from usi_fed.posts.model import Post
from usi_fed.posts.store import find_posts
from usi_fed.posts.tables import posts
from usi_fed.posts.visibility import visible_to

LARGEST_THREAD = 4096


def ancestors(connection: Connection, post: Post, viewer_id: int | None) -> list[Post]:
    """The posts above, first one first, as far as the viewer may see them."""
    known = {row.id: row for row in _thread(connection, post.thread_id, viewer_id)}
    chain: list[Post] = []
    known.pop(post.id, None)
    parent = post.in_reply_to_id
    while parent is not None and (found := known.pop(parent, None)) is not None:  # a thread may run in a circle
        chain.append(found)
        parent = found.in_reply_to_id
    return chain[::-1]


def lineage(connection: Connection, post: Post, most: int) -> Iterator[Post]:
    """The posts above, the nearest first, whoever may see them: at most so many, and then the thread's first one.

    They are read as they are asked for. The first one comes also where those between have been deleted.
    """
    seen = {post.id}
    above = post.in_reply_to_id
    while above is not None and above not in seen and len(seen) <= most:  # a thread may run in a circle
        seen.add(above)
        found = find_posts(connection, [above]).get(above)
        if found is None:
            break
        yield found
        above = found.in_reply_to_id
    if post.thread_id not in seen:
        yield from find_posts(connection, [post.thread_id]).values()


def descendants(connection: Connection, post: Post, viewer_id: int | None) -> list[Post]:
    """The posts below, depth first, each branch in order of time: the order in which a thread is read."""
    children: dict[int, list[Post]] = {}
    for row in _thread(connection, post.thread_id, viewer_id):
        if row.in_reply_to_id is not None:
            children.setdefault(row.in_reply_to_id, []).append(row)
    found: list[Post] = []
    ahead = children.pop(post.id, [])[::-1]
    while ahead:
        current = ahead.pop()
        if current.id == post.id:
            continue
        found.append(current)
        ahead.extend(children.pop(current.id, [])[::-1])
    return found


def public_thread(connection: Connection, thread_id: int, limit: int, after_id: int = 0) -> list[Post]:
    """The public posts of a thread in order of time, for its collection (FEP-f228)."""
    statement = (
        select(posts)
        .where(posts.c.thread_id == thread_id, posts.c.id > after_id, posts.c.boost_of_id.is_(None))
        .where(visible_to(None), ~posts.c.local_only)
        .order_by(posts.c.id)
        .limit(limit)
    )
    return [Post(*row) for row in connection.execute(statement)]


def public_replies(connection: Connection, post_id: int, limit: int, after_id: int = 0) -> list[Post]:
    """The public direct replies to a post in order of time."""
    statement = (
        select(posts)
        .where(posts.c.in_reply_to_id == post_id, posts.c.id > after_id)
        .where(visible_to(None), ~posts.c.local_only)
        .order_by(posts.c.id)
        .limit(limit)
    )
    return [Post(*row) for row in connection.execute(statement)]


def _thread(connection: Connection, thread_id: int, viewer_id: int | None) -> list[Post]:
    statement = (
        select(posts)
        .where(posts.c.thread_id == thread_id, posts.c.boost_of_id.is_(None), visible_to(viewer_id))
        .order_by(posts.c.id)
        .limit(LARGEST_THREAD)
    )
    return [Post(*row) for row in connection.execute(statement)]
