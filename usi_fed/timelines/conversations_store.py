"""All SQL about private conversations: they are the threads of direct posts, as one of their people sees them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, or_, select

from usi_fed.db.paging import Window, newest_first, windowed
from usi_fed.posts.tables import mentions, posts
from usi_fed.posts.visibility import visible_to
from usi_fed.timelines.feeds_store import not_hidden


class Newest(NamedTuple):
    """A conversation by its newest post."""

    post_id: int
    thread_id: int


def newest_posts(connection: Connection, viewer_id: int, window: Window, now: datetime) -> list[Newest]:
    """A page of somebody's conversations, the newest first."""
    addressed = select(mentions.c.post_id).where(mentions.c.actor_id == viewer_id)
    mine = (
        select(func.max(posts.c.id).label("post_id"), posts.c.thread_id)
        .where(or_(posts.c.author_id == viewer_id, posts.c.id.in_(addressed)), posts.c.visibility == "direct")
        .where(visible_to(viewer_id), not_hidden(viewer_id, now))
        .group_by(posts.c.thread_id)
        .subquery()
    )
    rows = connection.execute(windowed(select(mine.c.post_id, mine.c.thread_id), mine.c.post_id, window)).all()
    return [Newest(*row) for row in newest_first(rows, window)]


def participants(connection: Connection, post_ids: Sequence[int]) -> dict[int, set[int]]:
    """Who wrote each of the posts and to whom."""
    authors = connection.execute(select(posts.c.id, posts.c.author_id).where(posts.c.id.in_(post_ids)))
    found = {post_id: {author_id} for post_id, author_id in authors}
    named = select(mentions.c.post_id, mentions.c.actor_id).where(mentions.c.post_id.in_(post_ids))
    for post_id, actor_id in connection.execute(named):
        found[post_id].add(actor_id)
    return found
