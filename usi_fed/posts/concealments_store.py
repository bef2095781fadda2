"""Why our people are hidden: because they wish it, or because they belong to an organisation at risk.

Each reason ends by itself; whoever has none left is as before.
"""

from sqlalchemy import Connection, delete, func, select

from usi_fed.actors.store import get_actor, uncount_posts, update_actor
from usi_fed.actors.tables import concealments
from usi_fed.db.database import insert
from usi_fed.db.turns import take_turn
from usi_fed.posts.model import PUBLIC_VISIBILITIES
from usi_fed.posts.store import count, touch
from usi_fed.posts.tables import posts


def conceal(connection: Connection, actor_id: int, because_of: int) -> None:
    """Hide a person; `because_of` is the organisation, or the person who wishes it."""
    take_turn(connection, actor_id)  # one reason may end while another begins
    values = {"actor_id": actor_id, "because_of": because_of}
    connection.execute(insert(connection, concealments).values(values).on_conflict_do_nothing())
    _change(connection, actor_id, is_concealed=True)


def end_concealment(connection: Connection, actor_id: int, because_of: int) -> None:
    """This is no reason any more; without another one the person is hidden no longer."""
    take_turn(connection, actor_id)
    mine = concealments.c.actor_id == actor_id
    if connection.execute(delete(concealments).where(mine, concealments.c.because_of == because_of)).rowcount:
        _change(connection, actor_id, is_concealed=bool(reasons_of(connection, actor_id)))


def _change(connection: Connection, actor_id: int, *, is_concealed: bool) -> None:
    """Hide or show the person; what they answered, and what others boosted of theirs, is not shown or counted then."""
    if get_actor(connection, actor_id).concealed == is_concealed:
        return
    update_actor(connection, actor_id, concealed=is_concealed)
    _count_boosts(connection, actor_id, is_concealed=is_concealed)
    _count_answers(connection, actor_id, -1 if is_concealed else 1)


def _count_boosts(connection: Connection, actor_id: int, *, is_concealed: bool) -> None:
    target = posts.alias("target")
    boosts = (
        select(posts.c.author_id, func.count().label("number"))
        .join(target, target.c.id == posts.c.boost_of_id)
        .where(target.c.author_id == actor_id, posts.c.author_id != actor_id)
        .where(posts.c.visibility.in_(PUBLIC_VISIBILITIES), ~posts.c.local_only)
        .group_by(posts.c.author_id)
    )
    for row in connection.execute(boosts).all():
        uncount_posts(connection, row.author_id, row.number if is_concealed else -row.number)


def _count_answers(connection: Connection, actor_id: int, step: int) -> None:
    answers = (
        select(posts.c.in_reply_to_id, func.count().label("number"))
        .where(posts.c.author_id == actor_id, posts.c.in_reply_to_id.is_not(None), ~posts.c.local_only)
        .where(posts.c.visibility.in_(PUBLIC_VISIBILITIES))
        .group_by(posts.c.in_reply_to_id)
    )
    for row in connection.execute(answers).all():
        for _ in range(row.number):
            count(connection, row.in_reply_to_id, "replies_count", step)
        touch(connection, [row.in_reply_to_id])


def reasons_of(connection: Connection, actor_id: int) -> set[int]:
    """Why a person is hidden, as in `conceal`."""
    return set(
        connection.execute(select(concealments.c.because_of).where(concealments.c.actor_id == actor_id)).scalars()
    )


def concealed_by(connection: Connection, because_of: int) -> set[int]:
    """Who is hidden for this reason."""
    return set(
        connection.execute(select(concealments.c.actor_id).where(concealments.c.because_of == because_of)).scalars()
    )
