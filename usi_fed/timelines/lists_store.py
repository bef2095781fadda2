"""People's own lists of those they follow."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, update

from usi_fed.actors.model import Actor
from usi_fed.actors.tables import actors, follows
from usi_fed.clock import new_id
from usi_fed.db.database import insert
from usi_fed.db.paging import Window, newest_first, windowed
from usi_fed.db.turns import take_turn
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.timelines.home_store import remove_author
from usi_fed.timelines.model import List
from usi_fed.timelines.tables import list_members, lists

MOST_LISTS = 50


def add_list(connection: Connection, owner_id: int, title: str, replies_policy: str, exclusive: bool) -> List:
    """Make a list.

    Raises:
        InvalidInput: the owner has as many lists as one may have.
    """
    take_turn(connection, owner_id)
    if len(lists_of(connection, owner_id)) >= MOST_LISTS:
        raise InvalidInput("title", f"you have {MOST_LISTS} lists already, which is the most one may have")
    values = {
        "id": new_id(),
        "owner_id": owner_id,
        "title": title,
        "replies_policy": replies_policy,
        "exclusive": exclusive,
    }
    return List(*connection.execute(lists.insert().values(values).returning(*lists.c)).one())


def lists_of(connection: Connection, owner_id: int) -> list[List]:
    """Somebody's lists by title."""
    statement = select(lists).where(lists.c.owner_id == owner_id).order_by(lists.c.title, lists.c.id)
    return [List(*row) for row in connection.execute(statement)]


def get_list(connection: Connection, owner_id: int, list_id: int) -> List:
    """One of somebody's lists.

    Raises:
        NotFound: there is none, or it is another's.
    """
    row = connection.execute(select(lists).where(lists.c.id == list_id, lists.c.owner_id == owner_id)).first()
    if row is None:
        raise NotFound(f"no list {list_id} of actor {owner_id}")
    return List(*row)


def change_list(
    connection: Connection, owner_id: int, list_id: int, title: str, replies_policy: str, exclusive: bool
) -> List:
    """Change a list; one that becomes exclusive takes its members out of the home timeline."""
    before = get_list(connection, owner_id, list_id)
    statement = (
        update(lists)
        .where(lists.c.id == list_id)
        .values(title=title, replies_policy=replies_policy, exclusive=exclusive)
        .returning(*lists.c)
    )
    changed = List(*connection.execute(statement).one())
    if exclusive and not before.exclusive:
        members = select(list_members.c.actor_id).where(list_members.c.list_id == list_id)
        for member in connection.execute(members).scalars().all():
            remove_author(connection, owner_id, member)
    return changed


def delete_list(connection: Connection, owner_id: int, list_id: int) -> None:
    """Drop a list."""
    get_list(connection, owner_id, list_id)
    connection.execute(delete(lists).where(lists.c.id == list_id))


def members_of(connection: Connection, list_id: int, window: Window | None) -> list[Actor]:
    """The people in a list, newest account first; all of them without a window."""
    statement = (
        select(actors)
        .join(list_members, list_members.c.actor_id == actors.c.id)
        .where(list_members.c.list_id == list_id)
    )
    if window is None:
        return [Actor(*row) for row in connection.execute(statement.order_by(actors.c.id.desc()))]
    rows = connection.execute(windowed(statement, actors.c.id, window)).all()
    return [Actor(*row) for row in newest_first(rows, window)]


def add_members(connection: Connection, owner_id: int, list_id: int, actor_ids: Sequence[int]) -> None:
    """Put people whom the owner follows, or the owner, into a list.

    Raises:
        NotFound: the list is another's, or the owner does not follow one of them.
    """
    shelf = get_list(connection, owner_id, list_id)
    followed = select(follows.c.target_id).where(follows.c.follower_id == owner_id, follows.c.target_id.in_(actor_ids))
    known = set(connection.execute(followed).scalars()) | {owner_id}
    missing = [actor_id for actor_id in actor_ids if actor_id not in known]
    if missing:
        raise NotFound(f"actor {owner_id} does not follow {missing}")
    rows = [{"list_id": list_id, "actor_id": actor_id} for actor_id in actor_ids]
    connection.execute(insert(connection, list_members).on_conflict_do_nothing(), rows)
    if shelf.exclusive:
        for actor_id in actor_ids:
            remove_author(connection, owner_id, actor_id)


def remove_members(connection: Connection, owner_id: int, list_id: int, actor_ids: Sequence[int]) -> None:
    """Take people out of a list."""
    get_list(connection, owner_id, list_id)
    connection.execute(
        delete(list_members).where(list_members.c.list_id == list_id, list_members.c.actor_id.in_(actor_ids))
    )


def lists_with(connection: Connection, owner_id: int, actor_id: int) -> list[List]:
    """Which of somebody's lists a person is in."""
    statement = (
        select(lists)
        .join(list_members, list_members.c.list_id == lists.c.id)
        .where(lists.c.owner_id == owner_id, list_members.c.actor_id == actor_id)
        .order_by(lists.c.title)
    )
    return [List(*row) for row in connection.execute(statement)]


def leave_lists(connection: Connection, owner_id: int, actor_id: int) -> None:
    """Take somebody who is no longer followed out of the owner's lists."""
    mine = select(lists.c.id).where(lists.c.owner_id == owner_id)
    connection.execute(
        delete(list_members).where(list_members.c.actor_id == actor_id, list_members.c.list_id.in_(mine))
    )
