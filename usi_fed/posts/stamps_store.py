"""Quote stamps: what proves that a local author lets a post be quoted (FEP-044f)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.clock import new_id
from usi_fed.db.database import insert
from usi_fed.posts.store import find_post, find_posts
from usi_fed.posts.tables import posts, quote_stamps


@dataclass(frozen=True, slots=True)
class Stamp:
    """A local author allows `quote_uri` to quote `quoted_uri`."""

    id: int
    author: Actor
    quote_uri: str
    quoted_uri: str


def give_stamp(connection: Connection, author_id: int, post_id: int, quote_uri: str, now: datetime) -> int:
    """Allow a quote; the same id when it was allowed before."""
    values = {"id": new_id(now), "actor_id": author_id, "post_id": post_id, "quote_uri": quote_uri, "created_at": now}
    adding = (
        insert(connection, quote_stamps).values(values).on_conflict_do_nothing(index_elements=["post_id", "quote_uri"])
    )
    given: int | None = connection.execute(adding.returning(quote_stamps.c.id)).scalar()
    if given is not None:
        return given
    known = select(quote_stamps.c.id).where(quote_stamps.c.post_id == post_id, quote_stamps.c.quote_uri == quote_uri)
    earlier: int = connection.execute(known).scalar_one()
    return earlier


def find_stamp(connection: Connection, stamp_id: int) -> Stamp | None:
    """The stamp with this id, if it has not been taken back."""
    row = connection.execute(select(quote_stamps).where(quote_stamps.c.id == stamp_id)).first()
    if row is None:
        return None
    quoted = find_posts(connection, [row.post_id])[row.post_id]
    return Stamp(row.id, get_actor(connection, row.actor_id), row.quote_uri, quoted.uri)


def find_stamp_of(connection: Connection, post_id: int, quote_uri: str) -> Stamp | None:
    """The stamp that lets one post quote another."""
    statement = select(quote_stamps.c.id).where(
        quote_stamps.c.post_id == post_id, quote_stamps.c.quote_uri == quote_uri
    )
    stamp_id: int | None = connection.execute(statement).scalar()
    return None if stamp_id is None else find_stamp(connection, stamp_id)


def take_back_stamp(connection: Connection, stamp_id: int) -> None:
    """No longer allow a quote."""
    connection.execute(delete(quote_stamps).where(quote_stamps.c.id == stamp_id))


def settle_quote(connection: Connection, quote_uri: str, state: str, stamp_uri: str | None) -> None:
    """Note what was decided about a quoting post: accepted, rejected or revoked."""
    post = find_post(connection, quote_uri)
    if post is not None:
        connection.execute(
            update(posts)
            .where(posts.c.id == post.id)
            .values(quote_state=state, quote_stamp_uri=stamp_uri, revision=posts.c.revision + 1)
        )
