"""Who may know that a hidden group exists: who belongs to it, and the servers of those.

To everybody else it is as if there were none: the same answer, the same silence.
"""

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.errors import NotFound
from usi_fed.groups import store


def may_know(connection: Connection, actor: Actor, asker: Actor | None) -> bool:
    """Whether somebody may know of an actor of ours; None is whoever comes along.

    Of another server all may who ask in its name: it shows the group to its members, and nobody else can tell which of
    its people asked.
    """
    if not actor.concealed or not actor.is_local:
        return True
    if asker is None:
        return False
    if not asker.is_local:
        return knows_at(connection, actor, asker.host)
    return asker.id == actor.id or store.is_near(connection, actor.id, person_id=asker.id)


def get_known_actor(connection: Connection, actor_id: int, asker_id: int) -> Actor:
    """The actor with this id, as far as somebody may know of it.

    Raises:
        NotFound: there is none, or none for them.
    """
    actor = get_actor(connection, actor_id)
    if actor.concealed and not may_know(connection, actor, get_actor(connection, asker_id)):
        raise NotFound(f"no actor {actor_id} for {asker_id}")
    return actor


def knows_at(connection: Connection, actor: Actor, host: str) -> bool:
    """Whether somebody at another server belongs to a hidden group, follows it, acts for it or is invited."""
    return store.is_near(connection, actor.id, host=host)
