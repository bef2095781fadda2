"""All that stands between one viewer and others, and the viewer's private notes about them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, and_, delete, or_, select

from usi_fed.actors.blocks_store import is_in_force
from usi_fed.actors.model import Follow
from usi_fed.actors.tables import actor_notes, actors, blocks, follows, mutes, personal_domain_blocks
from usi_fed.db.database import insert


def set_note(connection: Connection, actor_id: int, target_id: int, comment: str) -> None:
    """What the actor privately remembers about another; an empty comment forgets it."""
    pair = [actor_notes.c.actor_id, actor_notes.c.target_id]
    if not comment:
        connection.execute(delete(actor_notes).where(pair[0] == actor_id, pair[1] == target_id))
        return
    values = {"actor_id": actor_id, "target_id": target_id, "comment": comment}
    statement = insert(connection, actor_notes).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=pair, set_={"comment": comment}))


@dataclass(frozen=True, slots=True)
class Relationship:
    """What stands between a viewer and the actor `id`, in the words of the client API's Relationship."""

    id: int
    following: bool = False
    showing_reblogs: bool = False
    notifying: bool = False
    languages: list[str] | None = None
    followed_by: bool = False
    blocking: bool = False
    blocked_by: bool = False
    muting: bool = False
    muting_notifications: bool = False
    muting_expires_at: datetime | None = None
    requested: bool = False
    requested_by: bool = False
    domain_blocking: bool = False
    note: str = ""


def relationships(
    connection: Connection, viewer_id: int, actor_ids: Iterable[int], now: datetime
) -> list[Relationship]:
    """What stands between the viewer and each of the actors, in the order in which they are given."""
    ids = list(dict.fromkeys(actor_ids))
    outgoing, incoming = _follows_between(connection, viewer_id, ids)
    blocking, blocked_by = _blocks_between(connection, viewer_id, ids)
    muting = _mutes_of(connection, viewer_id, ids, now)
    notes = _notes_of(connection, viewer_id, ids)
    hidden = _of_hidden_domains(connection, viewer_id, ids)
    found = []
    for actor_id in ids:
        out, back, mute = outgoing.get(actor_id), incoming.get(actor_id), muting.get(actor_id)
        is_following = out is not None and out.accepted
        found.append(
            Relationship(
                id=actor_id,
                following=is_following,
                showing_reblogs=is_following and out is not None and out.show_boosts,
                notifying=is_following and out is not None and out.notify,
                languages=out.languages if out else None,
                followed_by=back is not None and back.accepted,
                blocking=actor_id in blocking,
                blocked_by=actor_id in blocked_by,
                muting=mute is not None,
                muting_notifications=mute is not None and mute.notifications,
                muting_expires_at=mute.expires_at if mute else None,
                requested=out is not None and not out.accepted,
                requested_by=back is not None and not back.accepted,
                domain_blocking=actor_id in hidden,
                note=notes.get(actor_id, ""),
            )
        )
    return found


def _follows_between(
    connection: Connection, viewer_id: int, ids: list[int]
) -> tuple[dict[int, Follow], dict[int, Follow]]:
    out = and_(follows.c.follower_id == viewer_id, follows.c.target_id.in_(ids))
    back = and_(follows.c.target_id == viewer_id, follows.c.follower_id.in_(ids))
    found = [Follow(*row) for row in connection.execute(select(follows).where(or_(out, back)))]
    return (
        {follow.target_id: follow for follow in found if follow.follower_id == viewer_id},
        {follow.follower_id: follow for follow in found if follow.target_id == viewer_id},
    )


def _blocks_between(connection: Connection, viewer_id: int, ids: list[int]) -> tuple[set[int], set[int]]:
    out = and_(blocks.c.actor_id == viewer_id, blocks.c.target_id.in_(ids))
    back = and_(blocks.c.target_id == viewer_id, blocks.c.actor_id.in_(ids))
    found = connection.execute(select(blocks.c.actor_id, blocks.c.target_id).where(or_(out, back))).all()
    return (
        {target for actor, target in found if actor == viewer_id},
        {actor for actor, target in found if target == viewer_id},
    )


def _mutes_of(
    connection: Connection, viewer_id: int, ids: list[int], now: datetime
) -> dict[int, Row[int, bool, datetime | None]]:
    statement = select(mutes.c.target_id, mutes.c.notifications, mutes.c.expires_at).where(
        mutes.c.actor_id == viewer_id, mutes.c.target_id.in_(ids), is_in_force(now)
    )
    return {row.target_id: row for row in connection.execute(statement)}


def _notes_of(connection: Connection, viewer_id: int, ids: list[int]) -> dict[int, str]:
    statement = select(actor_notes.c.target_id, actor_notes.c.comment).where(
        actor_notes.c.actor_id == viewer_id, actor_notes.c.target_id.in_(ids)
    )
    return {row.target_id: row.comment for row in connection.execute(statement)}


def _of_hidden_domains(connection: Connection, viewer_id: int, ids: list[int]) -> set[int]:
    table = personal_domain_blocks
    named = or_(table.c.domain == actors.c.domain, table.c.domain == actors.c.host)
    statement = select(actors.c.id).join(table, named).where(table.c.actor_id == viewer_id, actors.c.id.in_(ids))
    return set(connection.execute(statement).scalars())
