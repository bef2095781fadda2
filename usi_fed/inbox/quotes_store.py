"""Stamps that allow a quote (FEP-044f): ours for others' posts, and theirs for ours."""

from datetime import datetime

from sqlalchemy import Connection, select

from usi_fed.clock import new_id
from usi_fed.db.database import insert
from usi_fed.posts.store import change_post
from usi_fed.posts.tables import posts, quote_stamps


def put_stamp(connection: Connection, author_id: int, post_id: int, quote_uri: str, now: datetime) -> int:
    """The id of the stamp with which an author of ours lets this post be quoted by that one."""
    values = {"id": new_id(now), "actor_id": author_id, "post_id": post_id, "quote_uri": quote_uri, "created_at": now}
    connection.execute(insert(connection, quote_stamps).values(values).on_conflict_do_nothing())
    found = select(quote_stamps.c.id).where(quote_stamps.c.post_id == post_id, quote_stamps.c.quote_uri == quote_uri)
    stamp_id: int = connection.execute(found).scalar_one()
    return stamp_id


def revoke_stamp(connection: Connection, author_id: int, stamp_uri: str) -> bool:
    """Take note that the author of quoted posts no longer allows a quote; False when no post has this stamp."""
    quoted = posts.alias("quoted")
    statement = (
        select(posts.c.id)
        .join(quoted, quoted.c.id == posts.c.quote_of_id)
        .where(quoted.c.author_id == author_id, posts.c.quote_stamp_uri == stamp_uri)
    )
    found = list(connection.execute(statement).scalars())
    for post_id in found:
        change_post(connection, post_id, quote_state="revoked")
    return bool(found)


def has_stamp(connection: Connection, post_id: int, quote_uri: str) -> bool:
    """Whether an author of ours lets this post be quoted by that one."""
    found = select(quote_stamps.c.id).where(quote_stamps.c.post_id == post_id, quote_stamps.c.quote_uri == quote_uri)
    return connection.execute(found).first() is not None
