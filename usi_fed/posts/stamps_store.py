"""Quote stamps: what proves that a local author lets a post be quoted (FEP-044f).

A stamp that was taken back stays as a row for as long as the quoted post does: the quoting post is another's, who could
take the quote out and put it in again.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.clock import new_id
from usi_fed.db.database import insert
from usi_fed.posts.store import find_posts
from usi_fed.posts.tables import quote_stamps


@dataclass(frozen=True, slots=True)
class Stamp:
    """A local author allows `quote_uri` to quote `quoted_uri`."""

    id: int
    author: Actor
    quote_uri: str
    quoted_uri: str


def give_stamp(connection: Connection, author_id: int, post_id: int, quote_uri: str, now: datetime) -> int | None:
    """Allow a quote; the same id when it was allowed before, None when the author has taken that back."""
    values = {"id": new_id(now), "actor_id": author_id, "post_id": post_id, "quote_uri": quote_uri, "created_at": now}
    adding = (
        insert(connection, quote_stamps).values(values).on_conflict_do_nothing(index_elements=["post_id", "quote_uri"])
    )
    given: int | None = connection.execute(adding.returning(quote_stamps.c.id)).scalar()
    if given is not None:
        return given
    stamp = find_stamp_of(connection, post_id, quote_uri)
    return None if stamp is None else stamp.id


def find_stamp(connection: Connection, stamp_id: int) -> Stamp | None:
    """The stamp with this id, if it has not been taken back."""
    statement = select(quote_stamps).where(quote_stamps.c.id == stamp_id, quote_stamps.c.revoked_at.is_(None))
    row = connection.execute(statement).first()
    if row is None:
        return None
    quoted = find_posts(connection, [row.post_id])[row.post_id]
    return Stamp(row.id, get_actor(connection, row.actor_id), row.quote_uri, quoted.uri)


def find_stamp_of(connection: Connection, post_id: int, quote_uri: str) -> Stamp | None:
    """The stamp that lets one post quote another, if it has not been taken back."""
    statement = select(quote_stamps.c.id).where(
        quote_stamps.c.post_id == post_id, quote_stamps.c.quote_uri == quote_uri
    )
    stamp_id: int | None = connection.execute(statement).scalar()
    return None if stamp_id is None else find_stamp(connection, stamp_id)


def take_back_stamp(connection: Connection, author_id: int, post_id: int, quote_uri: str, now: datetime) -> int | None:
    """Never again allow a quote, whether it had a stamp or not; the id of the stamp that it had."""
    stamp = find_stamp_of(connection, post_id, quote_uri)
    values = {"id": new_id(now), "actor_id": author_id, "post_id": post_id, "quote_uri": quote_uri, "created_at": now}
    adding = insert(connection, quote_stamps).values(**values, revoked_at=now)
    connection.execute(adding.on_conflict_do_update(index_elements=["post_id", "quote_uri"], set_={"revoked_at": now}))
    return None if stamp is None else stamp.id


def is_revoked(connection: Connection, post_id: int, quote_uri: str) -> bool:
    """Whether the author of a post has taken back that the other one quotes it."""
    statement = select(quote_stamps.c.id).where(
        quote_stamps.c.post_id == post_id, quote_stamps.c.quote_uri == quote_uri, quote_stamps.c.revoked_at.is_not(None)
    )
    return connection.execute(statement).first() is not None
