"""Who may know that a hidden group or person exists: who has to do with them, and the servers of those.

To everybody else it is as if there were none: the same answer, the same silence.
"""

from sqlalchemy import Connection

from usi_fed.accounts.store import roles_of
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
    if asker.id == actor.id or store.is_near(connection, actor.id, person_id=asker.id):
        return True
    return roles_of(connection, [asker.id]).get(asker.id) in ("admin", "moderator")


def get_known(connection: Connection, actor_id: int, viewer_id: int | None) -> Actor:
    """An actor of whom a viewer here may know.

    Raises:
        NotFound: there is none for this viewer.
    """
    actor = get_actor(connection, actor_id)
    require_known(connection, actor, viewer_id)
    return actor


def require_known(connection: Connection, actor: Actor, viewer_id: int | None) -> None:
    """See that a viewer here may know of an actor.

    Raises:
        NotFound: there is none for this viewer.
    """
    viewer = get_actor(connection, viewer_id) if actor.concealed and viewer_id is not None else None
    if not may_know(connection, actor, viewer):
        raise NotFound(f"no actor {actor.id}")


def knows_at(connection: Connection, actor: Actor, host: str) -> bool:
    """Whether somebody at another server belongs to a hidden group, follows it, acts for it or is invited."""
    return store.is_near(connection, actor.id, host=host)
