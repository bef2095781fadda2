"""Whose words are awaited here."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, select

from usi_fed.actors.tables import actors, follows

_FOLLOWED = (
    select(follows.c.target_id)
    .distinct()
    .join(actors, actors.c.id == follows.c.follower_id)
    .where(
        follows.c.target_id.in_(bindparam("ids", expanding=True)),
        follows.c.accepted.is_(True),
        actors.c.host == "",
    )
)


def followed_here(connection: Connection, actor_ids: Collection[int]) -> frozenset[int]:
    """Those of the actors whom somebody here follows."""
    if not actor_ids:
        return frozenset()
    return frozenset(connection.execute(_FOLLOWED, {"ids": list(actor_ids)}).scalars())
