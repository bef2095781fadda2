"""Ends what follows there are between our people and others who are shut out, a part at a time."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, and_, select

from usi_fed.actors.follows_store import remove_follow
from usi_fed.actors.store import find_actors
from usi_fed.actors.tables import actors, follows
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.verbs.relations import reject_follow, unfollow
from usi_fed.timelines.service import follow_ended

PART = 200
HOSTS_AT_ONCE = 500


def sever_person(connection: Connection, desk: Desk, actor_id: int) -> bool:
    """End follows with one actor of another server, which is told; True when none are left."""
    pairs = _follows_with(connection, actors.c.id == actor_id)
    for follower, target in pairs:
        if target == actor_id:
            unfollow(connection, desk, find_actors(connection, [follower])[follower], actor_id)
        else:
            reject_follow(connection, desk, find_actors(connection, [target])[target], follower)
    return len(pairs) < PART


def sever_hosts(connection: Connection, hosts: Collection[str]) -> bool:
    """End follows with those at the hosts who are suspended; True when none are left.

    They are not told: to these hosts nothing is sent any more.
    """
    pairs = _follows_with(connection, and_(actors.c.host.in_(hosts), actors.c.suspended_at.is_not(None)))
    people = find_actors(connection, {person for pair in pairs for person in pair})
    for follower, target in pairs:
        remove_follow(connection, follower, target)
        follow_ended(connection, people[follower], people[target])
    return len(pairs) < PART


def _follows_with(connection: Connection, condition: ColumnElement[bool]) -> list[tuple[int, int]]:
    """Who follows whom, where one of the two fits the condition on `actors`."""
    pair = select(follows.c.follower_id, follows.c.target_id)
    as_target = pair.join(actors, actors.c.id == follows.c.target_id).where(condition).limit(PART)
    as_follower = pair.join(actors, actors.c.id == follows.c.follower_id).where(condition).limit(PART)
    found = {(row[0], row[1]) for part in (as_target, as_follower) for row in connection.execute(part)}
    return sorted(found)[:PART]
