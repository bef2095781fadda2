"""Stamps of other servers that allow a quote (FEP-044f); ours are in `posts/stamps_store.py`."""

from sqlalchemy import Connection, select

from usi_fed.posts.store import change_post
from usi_fed.posts.tables import posts


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
