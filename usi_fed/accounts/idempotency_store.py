"""Which post a request made, so that the same request sent again makes no second one. Other acts keep no post.

A key is taken in the unit of work that makes the post: after a crash there are both or neither, and of several
processes one makes it.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from usi_fed.accounts.model import RequestKey
from usi_fed.accounts.tables import idempotency_keys
from usi_fed.db.database import insert

KEPT = timedelta(hours=1)


def take_key(connection: Connection, key: RequestKey, now: datetime) -> int | None:
    """None when the key is new, and now taken: call `keep_post` in the same unit. Else the post that it has made.

    On PostgreSQL this waits while another process holds the same key.
    """
    if take_once(connection, key, now):
        return None
    post_id: int = connection.execute(select(idempotency_keys.c.post_id).where(_is(key))).scalar_one()
    return post_id


def take_once(connection: Connection, key: RequestKey, now: datetime) -> bool:
    """Whether a key of a request that makes no post is new; it is taken now."""
    values = {"actor_id": key.actor_id, "key_hash": key.key_hash, "created_at": now}
    taken = connection.execute(insert(connection, idempotency_keys).values(values).on_conflict_do_nothing())
    return bool(taken.rowcount)


def is_taken(connection: Connection, key: RequestKey) -> bool:
    """Whether a request with this key was here before."""
    return connection.execute(select(idempotency_keys.c.actor_id).where(_is(key))).first() is not None


def give_back(connection: Connection, key: RequestKey) -> None:
    """Let a key be taken again: what was asked for with it was refused."""
    connection.execute(delete(idempotency_keys).where(_is(key)))


def keep_post(connection: Connection, key: RequestKey, post_id: int) -> None:
    """Remember what a key that was just taken has made."""
    connection.execute(update(idempotency_keys).where(_is(key)).values(post_id=post_id))


def prune(connection: Connection, now: datetime) -> None:
    """Forget the keys of an hour ago: nobody sends such an old request again."""
    connection.execute(delete(idempotency_keys).where(idempotency_keys.c.created_at <= now - KEPT))


def _is(key: RequestKey) -> ColumnElement[bool]:
    return and_(idempotency_keys.c.actor_id == key.actor_id, idempotency_keys.c.key_hash == key.key_hash)
