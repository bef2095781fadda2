"""All SQL about actors themselves; keys and relations have stores of their own."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)

from usi_fed.actors.model import Actor
from usi_fed.actors.tables import actors, follows
from usi_fed.clock import new_id
from usi_fed.db.columns import Moment
from usi_fed.db.prepared import Prepared
from usi_fed.errors import NotFound

# Changes of these show in no document and no profile, so they leave the revision as it is.
_UNSEEN = frozenset({"fetched_at", "followers_count", "following_count", "posts_count", "last_post_at"})

_GET = Prepared(select(actors).where(actors.c.id == bindparam("id")))
_FIND = Prepared(select(actors).where(actors.c.uri == bindparam("uri")))
_FIND_BY_HANDLE = Prepared(
    select(actors).where(actors.c.username_key == bindparam("username_key"), actors.c.domain == bindparam("domain"))
)
_ADD = Prepared(actors.insert(), actors.c.keys())
_EMPTY: dict[str, Any] = dict.fromkeys(Actor._fields) | {
    "domain": "",
    "host": "",
    "name": "",
    "summary": "",
    "summary_source": "",
    "icon_description": "",
    "image_description": "",
    "fields": [],
    "emojis": [],
    "also_known_as": [],
    "attribution_domains": [],
    "implements": [],
    "locked": False,
    "discoverable": False,
    "indexable": False,
    "memorial": False,
    "hides_relations": False,
    "followers_count": 0,
    "following_count": 0,
    "posts_count": 0,
    "suspended_at_origin": False,
    "revision": 1,
    "concealed": False,
}
_FIND_MANY = select(actors).where(actors.c.id.in_(bindparam("ids", expanding=True)))
_FIND_MANY_URIS = select(actors).where(actors.c.uri.in_(bindparam("uris", expanding=True)))
_AT = bindparam("at", type_=Moment)
_COUNT_POST = Prepared(
    update(actors)
    .where(actors.c.id == bindparam("actor_id"))
    .values(
        posts_count=actors.c.posts_count + 1,
        last_post_at=case(
            (or_(actors.c.last_post_at.is_(None), actors.c.last_post_at < _AT), _AT), else_=actors.c.last_post_at
        ),
    )
)

# ---- finding ----


def get_actor(connection: Connection, actor_id: int) -> Actor:
    """The actor with this database id.

    Raises:
        NotFound: there is none.
    """
    row = _GET.first(connection, {"id": actor_id})
    if row is None:
        raise NotFound(f"no actor {actor_id}")
    return Actor(*row)


def find_actor(connection: Connection, uri: str) -> Actor | None:
    """The actor with this identity on the network, ours or another server's."""
    row = _FIND.first(connection, {"uri": uri})
    return None if row is None else Actor(*row)


def find_by_handle(connection: Connection, username: str, domain: str) -> Actor | None:
    """The actor called `username@domain`; the domain of our own actors is empty."""
    row = _FIND_BY_HANDLE.first(connection, {"username_key": username.lower(), "domain": domain.lower()})
    return None if row is None else Actor(*row)


def find_local(connection: Connection, username: str) -> Actor | None:
    """The actor of ours with this name."""
    return find_by_handle(connection, username, "")


def find_actors(connection: Connection, actor_ids: Iterable[int]) -> dict[int, Actor]:
    """Those of the actors that exist, by database id."""
    ids = list(set(actor_ids))
    if not ids:
        return {}
    return {row[0]: Actor(*row) for row in connection.execute(_FIND_MANY, {"ids": ids})}


def find_actors_by_uri(connection: Connection, uris: Iterable[str]) -> dict[str, Actor]:
    """Those of the actors that are known, by uri."""
    wanted = list(set(uris))
    if not wanted:
        return {}
    found = (Actor(*row) for row in connection.execute(_FIND_MANY_URIS, {"uris": wanted}))
    return {actor.uri: actor for actor in found}


def local_actors(connection: Connection, after_id: int = 0, limit: int = 1000) -> list[Actor]:
    """Our own actors in the order in which they were made, the instance actor included."""
    statement = select(actors).where(actors.c.host == "", actors.c.id > after_id).order_by(actors.c.id).limit(limit)
    return [Actor(*row) for row in connection.execute(statement)]


def is_in(who: FromClause) -> ColumnElement[bool]:
    """The condition on `actors`, or an alias of it, that `Actor.is_shut_out` is not so."""
    return and_(who.c.suspended_at.is_(None), who.c.suspended_at_origin.is_(False), who.c.deleted_at.is_(None))


def is_known_to(viewer_id: int | BindParameter[int] | None, who: FromClause) -> ColumnElement[bool]:
    """The condition on `actors`, or an alias of it, that a viewer here may know of an actor: hidden ones show
    themselves to who follows them and to whom they follow.
    """
    if viewer_id is None:
        return ~who.c.concealed
    either_way = or_(
        and_(follows.c.follower_id == viewer_id, follows.c.target_id == who.c.id),
        and_(follows.c.follower_id == who.c.id, follows.c.target_id == viewer_id),
    )
    return or_(~who.c.concealed, who.c.id == viewer_id, exists().where(either_way, follows.c.accepted))


# ---- changing ----


def add_actor(connection: Connection, values: Mapping[str, Any]) -> Actor:
    """Store a new actor; `values` are columns. The id and `username_key` are made here.

    Raises:
        IntegrityError: the uri or the handle is taken.
    """
    row = {**_EMPTY, "id": new_id(), "username_key": values["username"].lower(), **values}
    _ADD.run(connection, row)
    return Actor(**row)


def update_actor(connection: Connection, actor_id: int, /, **changes: Any) -> Actor:  # noqa: ANN401 - any column's value
    """Change columns of an actor; the revision grows only when something visible became different.

    Raises:
        NotFound: there is no such actor.
    """
    actor = get_actor(connection, actor_id)
    different = {name: value for name, value in changes.items() if getattr(actor, name) != value}
    if "username" in different:
        different.setdefault("username_key", different["username"].lower())
    if different.keys() - _UNSEEN:
        different["revision"] = actor.revision + 1
    if not different:
        return actor
    connection.execute(update(actors).where(actors.c.id == actor_id).values(different))
    if "concealed" in different:
        _count_among_relations(connection, actor_id, -1 if different["concealed"] else 1)
    return get_actor(connection, actor_id)


def _count_among_relations(connection: Connection, actor_id: int, by: int) -> None:
    """Who is hidden is not counted with whom it follows, and with who follows it: the numbers are told to strangers."""
    for column, mine, theirs in (
        (actors.c.followers_count, follows.c.follower_id, follows.c.target_id),
        (actors.c.following_count, follows.c.target_id, follows.c.follower_id),
    ):
        others = select(theirs).where(mine == actor_id, follows.c.accepted)
        number = case((column + by < 0, 0), else_=column + by)
        connection.execute(update(actors).where(actors.c.id.in_(others)).values({column.name: number}))


def touch_actor(connection: Connection, actor_id: int) -> None:
    """Raise the revision: something that is shown with the actor but stored elsewhere has changed, such as a key."""
    connection.execute(update(actors).where(actors.c.id == actor_id).values(revision=actors.c.revision + 1))


def upsert_remote(connection: Connection, values: Mapping[str, Any], *, handle_is_proven: bool) -> Actor:
    """Store what another server says of its actor `values["uri"]`: a new one, or changes of a known one.

    Two actors may claim one handle: an account that was made anew, or a person and a group of one name. Who
    proved it by WebFinger gets it; the other one keeps its name but is no longer found by it.
    """
    known = find_actor(connection, values["uri"])
    actor_id = known.id if known else new_id()
    key = values["username"].lower()
    holder = find_by_handle(connection, key, values["domain"])
    if holder is not None and holder.id != actor_id:
        if handle_is_proven:
            update_actor(connection, holder.id, username_key=_unreachable(holder.username, holder.id))
        else:
            key = _unreachable(key, actor_id)
    row = {**values, "username_key": key}
    if known is None:
        return add_actor(connection, {"id": actor_id, **row})
    return update_actor(connection, actor_id, **row)


def _unreachable(username: str, actor_id: int) -> str:
    """A `username_key` that no handle can have."""
    return f"{username.lower()}#{actor_id}"


def count_post(connection: Connection, actor_id: int, *, at: datetime) -> None:
    """Book a post or boost that the actor made at `at`."""
    _COUNT_POST.run(connection, {"actor_id": actor_id, "at": at})


def uncount_posts(connection: Connection, actor_id: int, number: int = 1) -> None:
    """Book posts or boosts as taken away."""
    less = actors.c.posts_count - number
    values = {"posts_count": case((less < 0, 0), else_=less)}
    connection.execute(update(actors).where(actors.c.id == actor_id).values(values))


def departed_actors(connection: Connection, since: datetime) -> list[Actor]:
    """Our own actors who were deleted since then."""
    statement = select(actors).where(actors.c.host == "", actors.c.deleted_at >= since)
    return [Actor(*row) for row in connection.execute(statement)]


def count_local(connection: Connection) -> int:
    """How many people and organisations of ours are neither deleted nor suspended nor hidden."""
    statement = (
        select(func.count())
        .select_from(actors)
        .where(
            actors.c.host == "",
            actors.c.kind != "Application",
            actors.c.deleted_at.is_(None),
            actors.c.suspended_at.is_(None),
            ~actors.c.concealed,
        )
    )
    return connection.execute(statement).scalar_one()
