"""All SQL about whom an actor has blocked, muted, or hidden with a whole domain."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Connection, and_, bindparam, delete, exists, or_, select

from usi_fed.actors.follows_store import remove_follow
from usi_fed.actors.model import Actor, Follow
from usi_fed.actors.tables import actors, blocks, follows, mutes, personal_domain_blocks
from usi_fed.clock import new_id
from usi_fed.db.database import insert
from usi_fed.db.paging import Window, newest_first, windowed
from usi_fed.db.prepared import Prepared

_BLOCK_EITHER_WAY = Prepared(
    select(blocks.c.id)
    .where(
        or_(
            and_(blocks.c.actor_id == bindparam("one"), blocks.c.target_id == bindparam("other")),
            and_(blocks.c.actor_id == bindparam("other"), blocks.c.target_id == bindparam("one")),
        )
    )
    .limit(1)
)
_FIND_BLOCK = select(blocks.c.uri).where(
    blocks.c.actor_id == bindparam("actor_id"), blocks.c.target_id == bindparam("target_id")
)
_there = actors.alias("there")
_DOMAINS = Prepared(
    select(personal_domain_blocks.c.domain)
    .where(personal_domain_blocks.c.actor_id == bindparam("actor_id"))
    .order_by(personal_domain_blocks.c.domain)
)

# ---- blocks ----


def add_block(connection: Connection, actor_id: int, target_id: int, uri: str, at: datetime) -> list[Follow]:
    """Store a block and end what follows there were between the two; those are returned."""
    values = {"id": new_id(), "actor_id": actor_id, "target_id": target_id, "uri": uri, "created_at": at}
    statement = insert(connection, blocks).values(values)
    pair = [blocks.c.actor_id, blocks.c.target_id]
    connection.execute(statement.on_conflict_do_update(index_elements=pair, set_={"uri": uri}))
    ended = (remove_follow(connection, actor_id, target_id), remove_follow(connection, target_id, actor_id))
    return [follow for follow in ended if follow is not None]


def remove_block(connection: Connection, actor_id: int, target_id: int) -> str | None:
    """End a block; the uri of its Block activity, or None when there was none."""
    uri = find_block(connection, actor_id, target_id)
    if uri is not None:
        connection.execute(delete(blocks).where(blocks.c.actor_id == actor_id, blocks.c.target_id == target_id))
    return uri


def find_block(connection: Connection, actor_id: int, target_id: int) -> str | None:
    """The uri of the Block with which one has shut out the other."""
    return connection.execute(_FIND_BLOCK, {"actor_id": actor_id, "target_id": target_id}).scalar()


def find_block_by_uri(connection: Connection, uri: str) -> tuple[int, int] | None:
    """Who blocked whom with this Block activity."""
    row = connection.execute(select(blocks.c.actor_id, blocks.c.target_id).where(blocks.c.uri == uri)).first()
    return None if row is None else (row[0], row[1])


def is_block_between(connection: Connection, one: int, other: int) -> bool:
    """Whether either of the two has blocked the other."""
    return _BLOCK_EITHER_WAY.first(connection, {"one": one, "other": other}) is not None


def are_apart(
    one: ColumnElement[int] | BindParameter[int] | int, other: ColumnElement[int] | BindParameter[int] | int
) -> ColumnElement[bool]:
    """The condition that either has blocked the other, or `one` has hidden the whole domain of the other."""
    there = or_(_there.c.domain == personal_domain_blocks.c.domain, _there.c.host == personal_domain_blocks.c.domain)
    return or_(
        exists().where(blocks.c.actor_id == one, blocks.c.target_id == other),
        exists().where(blocks.c.actor_id == other, blocks.c.target_id == one),
        exists().where(personal_domain_blocks.c.actor_id == one, _there.c.id == other, there),
    )


def blocked(connection: Connection, actor_id: int, window: Window) -> list[tuple[int, Actor]]:
    """Whom the actor has blocked, each with the id for paging."""
    statement = select(blocks.c.id, actors).join(actors, blocks.c.target_id == actors.c.id)
    rows = connection.execute(windowed(statement.where(blocks.c.actor_id == actor_id), blocks.c.id, window)).all()
    return [(row[0], Actor(*row[1:])) for row in newest_first(rows, window)]


# ---- mutes ----


def add_mute(
    connection: Connection,
    actor_id: int,
    target_id: int,
    *,
    at: datetime,
    notifications: bool = True,
    expires_at: datetime | None = None,
) -> None:
    """Hide `target_id` from `actor_id`, with its notifications if wanted; a second mute replaces the first."""
    choice = {"notifications": notifications, "expires_at": expires_at}
    values = {"id": new_id(), "actor_id": actor_id, "target_id": target_id, "created_at": at, **choice}
    statement = insert(connection, mutes).values(values)
    pair = [mutes.c.actor_id, mutes.c.target_id]
    connection.execute(statement.on_conflict_do_update(index_elements=pair, set_=choice))


def remove_mute(connection: Connection, actor_id: int, target_id: int) -> None:
    """End a mute, if there is one."""
    connection.execute(delete(mutes).where(mutes.c.actor_id == actor_id, mutes.c.target_id == target_id))


def remove_expired_mutes(connection: Connection, now: datetime) -> int:
    """Forget mutes whose time is over; how many there were."""
    return connection.execute(delete(mutes).where(mutes.c.expires_at <= now)).rowcount


def muted(connection: Connection, actor_id: int, window: Window, now: datetime) -> list[tuple[int, Actor]]:
    """Whom the actor has muted, each with the id for paging."""
    statement = (
        select(mutes.c.id, actors)
        .join(actors, mutes.c.target_id == actors.c.id)
        .where(mutes.c.actor_id == actor_id, is_in_force(now))
    )
    rows = connection.execute(windowed(statement, mutes.c.id, window)).all()
    return [(row[0], Actor(*row[1:])) for row in newest_first(rows, window)]


def is_in_force(now: datetime) -> ColumnElement[bool]:
    """The condition that a mute is not over yet."""
    return or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > now)


def hidden_ids(connection: Connection, viewer_id: int, now: datetime) -> frozenset[int]:
    """Whose posts the viewer must not see: muted, blocked, or has blocked the viewer."""
    statement = (
        select(mutes.c.target_id)
        .where(mutes.c.actor_id == viewer_id, is_in_force(now))
        .union(
            select(blocks.c.target_id).where(blocks.c.actor_id == viewer_id),
            select(blocks.c.actor_id).where(blocks.c.target_id == viewer_id),
        )
    )
    return frozenset(connection.execute(statement).scalars())


def limited_ids(connection: Connection, viewer_id: int | None, actor_ids: Iterable[int]) -> frozenset[int]:
    """Those of the actors who are limited by a moderator and whom the viewer neither is nor follows."""
    wanted = set(actor_ids) - {viewer_id}
    is_followed = exists().where(
        follows.c.follower_id == (viewer_id or 0), follows.c.target_id == actors.c.id, follows.c.accepted
    )
    statement = select(actors.c.id).where(actors.c.id.in_(wanted), actors.c.silenced_at.is_not(None), ~is_followed)
    return frozenset(connection.execute(statement).scalars()) if wanted else frozenset()


# ---- whole domains ----


def add_domain_block(connection: Connection, actor_id: int, domain: str, at: datetime) -> list[Follow]:
    """Hide a domain from the actor and end what follows there were with its actors; those are returned."""
    values = {"actor_id": actor_id, "domain": domain, "created_at": at}
    connection.execute(insert(connection, personal_domain_blocks).values(values).on_conflict_do_nothing())
    there = or_(actors.c.domain == domain, actors.c.host == domain)
    statement = (
        select(follows)
        .join(actors, actors.c.id.in_([follows.c.follower_id, follows.c.target_id]))
        .where(or_(follows.c.follower_id == actor_id, follows.c.target_id == actor_id), there)
    )
    ended = [Follow(*row) for row in connection.execute(statement)]
    for follow in ended:
        remove_follow(connection, follow.follower_id, follow.target_id)
    return ended


def remove_domain_block(connection: Connection, actor_id: int, domain: str) -> None:
    """Show a domain again."""
    table = personal_domain_blocks
    connection.execute(delete(table).where(table.c.actor_id == actor_id, table.c.domain == domain))


def domain_blocks(connection: Connection, actor_id: int) -> list[str]:
    """The domains that the actor has hidden, in alphabetical order."""
    return [row[0] for row in _DOMAINS.all(connection, {"actor_id": actor_id})]
