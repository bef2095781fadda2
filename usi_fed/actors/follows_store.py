"""All SQL about who follows whom."""

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    select,
    update,
)

from usi_fed.actors.inboxes import at_home
from usi_fed.actors.model import Actor, Follow
from usi_fed.actors.tables import actors, follows
from usi_fed.clock import new_id
from usi_fed.db.paging import Window, newest_first, windowed
from usi_fed.db.prepared import Prepared

_PAIR = (follows.c.follower_id == bindparam("follower_id"), follows.c.target_id == bindparam("target_id"))
_FIND_FOLLOW = Prepared(select(follows).where(*_PAIR))
_FIND_FOLLOW_BY_URI = Prepared(select(follows).where(follows.c.uri == bindparam("uri")))
_GET_FOLLOW = Prepared(select(follows).where(follows.c.id == bindparam("id")))
_ADD_FOLLOW = Prepared(follows.insert(), follows.c.keys())
_ACCEPT = Prepared(
    update(follows).where(follows.c.id == bindparam("follow_id"), follows.c.accepted.is_(False)).values(accepted=True)
)

_BY = bindparam("by", type_=Integer)
_other = actors.alias("other")
# The numbers are told to strangers: who is hidden is in none.
_COUNTS = ~exists().where(_other.c.id == bindparam("other_id"), _other.c.concealed)


def _add_up(column: ColumnElement[int]) -> ColumnElement[int]:
    return case((column + _BY < 0, 0), else_=column + _BY)


_COUNT_FOLLOWER = Prepared(
    update(actors)
    .where(actors.c.id == bindparam("actor_id"), _COUNTS)
    .values(followers_count=_add_up(actors.c.followers_count))
)
_COUNT_FOLLOWING = Prepared(
    update(actors)
    .where(actors.c.id == bindparam("actor_id"), _COUNTS)
    .values(following_count=_add_up(actors.c.following_count))
)

# An actor elsewhere to whom something can be sent.
_REACHABLE = and_(
    actors.c.host != "",
    actors.c.deleted_at.is_(None),
    actors.c.suspended_at.is_(None),
    actors.c.suspended_at_origin.is_(False),
)
_FOLLOWER_INBOXES = (
    select(func.coalesce(actors.c.shared_inbox, actors.c.inbox), actors.c.host)
    .join(follows, follows.c.follower_id == actors.c.id)
    .where(follows.c.target_id == bindparam("actor_id"), follows.c.accepted.is_(True), _REACHABLE)
    .distinct()
)
_LOCAL_FOLLOWERS = Prepared(
    select(follows.c.follower_id)
    .join(actors, follows.c.follower_id == actors.c.id)
    .where(follows.c.target_id == bindparam("actor_id"), follows.c.accepted.is_(True), actors.c.host == "")
)
_FOLLOWERS_OF_HOST = (
    select(actors.c.uri)
    .join(follows, follows.c.follower_id == actors.c.id)
    .where(
        follows.c.target_id == bindparam("actor_id"), follows.c.accepted.is_(True), actors.c.host == bindparam("host")
    )
    .order_by(follows.c.id)
)
# ---- one follow ----


def find_follow(connection: Connection, follower_id: int, target_id: int) -> Follow | None:
    """The follow, or the request to follow, from one to the other."""
    row = _FIND_FOLLOW.first(connection, {"follower_id": follower_id, "target_id": target_id})
    return None if row is None else Follow(*row)


def find_follow_by_uri(connection: Connection, uri: str) -> Follow | None:
    """The follow whose latest Follow activity has this uri."""
    row = _FIND_FOLLOW_BY_URI.first(connection, {"uri": uri})
    return None if row is None else Follow(*row)


def add_follow(
    connection: Connection,
    follower_id: int,
    target_id: int,
    uri: str,
    *,
    accepted: bool,
    at: datetime,
    show_boosts: bool = True,
    notify: bool = False,
    languages: list[str] | None = None,
) -> Follow:
    """Store a follow, or a request when not `accepted`.

    A second one between the same two takes over the uri and never loses what was accepted; its options stay,
    see `set_follow_options`.
    """
    known = find_follow(connection, follower_id, target_id)
    if known is not None:
        connection.execute(update(follows).where(follows.c.id == known.id).values(uri=uri))
        if accepted:
            accept_follow(connection, known.id)
        return _get_follow(connection, known.id)
    follow = Follow(new_id(), follower_id, target_id, uri, accepted, show_boosts, notify, languages, at)
    _ADD_FOLLOW.run(connection, {name: getattr(follow, name) for name in Follow._fields})
    if accepted:
        _count(connection, follow, 1)
    return follow


def accept_follow(connection: Connection, follow_id: int) -> bool:
    """Turn a request into a follow; False when it already was one, or is gone."""
    if not _ACCEPT.run(connection, {"follow_id": follow_id}):
        return False
    _count(connection, _get_follow(connection, follow_id), 1)
    return True


def set_follow_options(
    connection: Connection, follow_id: int, *, show_boosts: bool, notify: bool, languages: list[str] | None
) -> None:
    """What the follower wants to see of the other; `languages` None: everything."""
    values = {"show_boosts": show_boosts, "notify": notify, "languages": languages}
    connection.execute(update(follows).where(follows.c.id == follow_id).values(values))


def remove_follow(connection: Connection, follower_id: int, target_id: int) -> Follow | None:
    """End a follow or take back a request; what it was, or None when there was none."""
    follow = find_follow(connection, follower_id, target_id)
    if follow is None:
        return None
    if not connection.execute(delete(follows).where(follows.c.id == follow.id)).rowcount:
        return None  # another has just ended, and counted, it
    if follow.accepted:
        _count(connection, follow, -1)
    return follow


def remove_requests_of(connection: Connection, follower_id: int) -> None:
    """Forget whom an actor has asked to follow and who has not answered yet."""
    connection.execute(delete(follows).where(follows.c.follower_id == follower_id, follows.c.accepted.is_(False)))


def _get_follow(connection: Connection, follow_id: int) -> Follow:
    return Follow(*_GET_FOLLOW.first(connection, {"id": follow_id}))


def _count(connection: Connection, follow: Follow, by: int) -> None:
    counters = [
        (follow.target_id, follow.follower_id, _COUNT_FOLLOWER),
        (follow.follower_id, follow.target_id, _COUNT_FOLLOWING),
    ]
    # In order of the ids: of two who begin to follow each other, neither may wait for the other's row.
    for actor_id, other_id, counter in sorted(counters, key=lambda counted: counted[0]):
        counter.run(connection, {"actor_id": actor_id, "other_id": other_id, "by": by})


# ---- many ----


def followers(
    connection: Connection, actor_id: int, window: Window, *, with_hidden: bool = False
) -> list[tuple[Follow, Actor]]:
    """Who follows the actor; the ids of the window are those of the follows. Hidden ones only for the actor itself."""
    return _followers(connection, actor_id, window, accepted=True, with_hidden=with_hidden)


def follow_requests(connection: Connection, actor_id: int, window: Window) -> list[tuple[Follow, Actor]]:
    """Who waits for the actor's answer."""
    return _followers(connection, actor_id, window, accepted=False, with_hidden=True)


def following(
    connection: Connection, actor_id: int, window: Window, *, with_hidden: bool = False
) -> list[tuple[Follow, Actor]]:
    """Whom the actor follows; the ids of the window are those of the follows. Hidden ones only for the actor itself."""
    statement = (
        select(follows, actors)
        .join(actors, follows.c.target_id == actors.c.id)
        .where(follows.c.follower_id == actor_id, follows.c.accepted.is_(True))
    )
    if not with_hidden:
        statement = statement.where(~actors.c.concealed)
    return _follow_page(connection, statement, window)


def _followers(
    connection: Connection, actor_id: int, window: Window, *, accepted: bool, with_hidden: bool
) -> list[tuple[Follow, Actor]]:
    statement = (
        select(follows, actors)
        .join(actors, follows.c.follower_id == actors.c.id)
        .where(follows.c.target_id == actor_id, follows.c.accepted.is_(accepted))
    )
    if not with_hidden:
        statement = statement.where(~actors.c.concealed)
    return _follow_page(connection, statement, window)


_FOLLOW_COLUMNS = len(follows.c)


def _follow_page(
    connection: Connection, statement: Select[tuple[object, ...]], window: Window
) -> list[tuple[Follow, Actor]]:
    rows = connection.execute(windowed(statement, follows.c.id, window)).all()
    return [(Follow(*row[:_FOLLOW_COLUMNS]), Actor(*row[_FOLLOW_COLUMNS:])) for row in newest_first(rows, window)]


def count_follow_requests(connection: Connection, actor_id: int) -> int:
    """How many wait for the actor's answer."""
    waiting = and_(follows.c.target_id == actor_id, follows.c.accepted.is_(False))
    return connection.execute(select(func.count()).select_from(follows).where(waiting)).scalar_one()


def follower_inboxes(connection: Connection, actor_id: int) -> list[tuple[str, str]]:
    """Where a post to the followers goes: each inbox once, shared ones merged, with its host."""
    return at_home((row[0], row[1]) for row in connection.execute(_FOLLOWER_INBOXES, {"actor_id": actor_id}))


def follower_domains(connection: Connection, actor_id: int) -> list[str]:
    """On which other servers an actor has followers, in alphabetical order."""
    statement = (
        select(actors.c.domain)
        .join(follows, follows.c.follower_id == actors.c.id)
        .where(follows.c.target_id == actor_id, follows.c.accepted, actors.c.domain != "")
        .distinct()
        .order_by(actors.c.domain)
    )
    return list(connection.execute(statement).scalars())


def local_follower_ids(connection: Connection, actor_id: int) -> list[int]:
    """Our own actors who follow the actor."""
    return [row[0] for row in _LOCAL_FOLLOWERS.all(connection, {"actor_id": actor_id})]


def has_local_follower(connection: Connection, actor_id: int) -> bool:
    """Whether anybody here follows the actor."""
    return _LOCAL_FOLLOWERS.first(connection, {"actor_id": actor_id}) is not None


def followers_of_host(connection: Connection, actor_id: int, host: str) -> list[str]:
    """The uris of the followers who live at `host` (with its port; empty: here). Spec: FEP-8fcf"""
    return list(connection.execute(_FOLLOWERS_OF_HOST, {"actor_id": actor_id, "host": host}).scalars())
