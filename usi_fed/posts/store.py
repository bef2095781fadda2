"""Posts in the database: finding, adding, changing, deleting, with the counters that hang on them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, literal, select, update

from usi_fed.actors.store import count_post, get_actor, uncount_posts
from usi_fed.actors.tables import actors
from usi_fed.clock import id_floor, new_id
from usi_fed.db.database import insert
from usi_fed.db.prepared import NewRows, Prepared
from usi_fed.errors import NotFound
from usi_fed.media.store import abandon_files_of
from usi_fed.posts.model import PUBLIC_VISIBILITIES, Draft, Post
from usi_fed.posts.tables import mentions, post_circles, post_tags, posts, tags, tombstones

_BY_ID = Prepared(select(posts).where(posts.c.id == bindparam("id")))
_BY_URI = Prepared(select(posts).where(posts.c.uri == bindparam("uri")))
UNDONE_KINDS = ("Follow", "Like", "EmojiReact", "Block", "Join")

_TOMBSTONE = Prepared(
    select(literal(1)).where(tombstones.c.uri == bindparam("uri"), tombstones.c.author_uri == bindparam("author"))
)
_WAITING_CHILDREN = Prepared(
    select(posts.c.id, posts.c.thread_id, posts.c.visibility).where(
        posts.c.in_reply_to_uri == bindparam("uri"), posts.c.in_reply_to_id.is_(None)
    )
)


_NEW_POSTS = NewRows(posts)
_NEW_MENTIONS = NewRows(mentions)
_EMPTY: dict[str, Any] = dict.fromkeys(Post._fields) | {
    "local_only": False,
    "title": "",
    "warning": "",
    "content": "",
    "sensitive": False,
    "emojis": [],
    "replies_count": 0,
    "boosts_count": 0,
    "likes_count": 0,
    "quote_policy": "nobody",
    "to_uris": [],
    "cc_uris": [],
    "revision": 1,
    "wordings": [],
    "level": "",
}


def _counted(column: str, step: int) -> Prepared:
    counter = posts.c[column]
    return Prepared(
        update(posts)
        .where(posts.c.id == bindparam("target"), counter + step >= 0)
        .values({column: counter + step, "revision": posts.c.revision + 1})
    )


_COUNTERS = {
    (column, step): _counted(column, step)
    for column in ("likes_count", "boosts_count", "replies_count")
    for step in (1, -1)
}


# ---- finding ----


def get_post(connection: Connection, post_id: int) -> Post:
    """The post with this id.

    Raises:
        NotFound: there is none.
    """
    row = _BY_ID.first(connection, {"id": post_id})
    if row is None:
        raise NotFound(f"no post {post_id}")
    return Post(*row)


def find_post(connection: Connection, uri: str) -> Post | None:
    """The post with this identity on the network."""
    row = _BY_URI.first(connection, {"uri": uri})
    return None if row is None else Post(*row)


def find_same(connection: Connection, author_id: int, like: Draft, since: datetime) -> Post | None:
    """What an author of ours published since then with just these words, for these readers and in answer to the same.

    A draft without words is like no other.
    """
    if not like.text.strip():
        return None
    statement = (
        select(posts)
        .where(
            posts.c.author_id == author_id,
            posts.c.id >= id_floor(since),
            posts.c.source == like.text,
            posts.c.title == like.title,
            posts.c.warning == like.warning,
            posts.c.visibility == like.visibility,
            posts.c.level == like.level,
            posts.c.in_reply_to_id.is_not_distinct_from(like.in_reply_to_id),
            posts.c.quote_of_id.is_not_distinct_from(like.quote_of_id),
        )
        .order_by(posts.c.id.desc())
    )
    row = connection.execute(statement.limit(1)).first()
    return None if row is None else Post(*row)


def find_posts(connection: Connection, ids: Iterable[int]) -> dict[int, Post]:
    """Those of the posts that exist, by id."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = connection.execute(_BY_IDS, {"ids": sorted(wanted)})
    return {row.id: Post(*row) for row in rows}


_BY_IDS = select(posts).where(posts.c.id.in_(bindparam("ids", expanding=True)))


def is_buried(connection: Connection, uri: str, author_uri: str) -> bool:
    """Whether the author has deleted, or undone, this identity before."""
    return _TOMBSTONE.first(connection, {"uri": uri, "author": author_uri}) is not None


def find_tombstone(connection: Connection, uri: str) -> tuple[str, datetime] | None:
    """The former kind and the moment of deletion of a deleted identity."""
    row = connection.execute(
        select(tombstones.c.former_kind, tombstones.c.deleted_at).where(tombstones.c.uri == uri)
    ).first()
    return None if row is None else (row[0], row[1])


# ---- adding and changing ----


def add_post(connection: Connection, values: Mapping[str, Any]) -> Post | None:
    """Store a new post or boost and count it; None when the identity, or this actor's boost, is already here.

    `values` are fields of Post; what is missing is empty. `id` is made from `published`, and `thread_id` is the post's
    own, when they are not given. Posts that waited for this one as their parent are joined to it.
    """
    given = {**_EMPTY, **values}
    row = _with_id(given)
    while not _NEW_POSTS.add(connection, row):
        if given["id"] or not find_posts(connection, [row["id"]]):
            return None
        row = _with_id(given)  # only the number was another post's
    post = Post(**row)
    if post.is_for_everybody:  # the number is told to everybody
        count_post(connection, post.author_id, at=post.published)
    if post.is_boost:
        count(connection, post.boost_of_id, "boosts_count", 1)
        return post
    _count_reply(connection, post, 1)
    _adopt_waiting_children(connection, post)
    return post


def _with_id(given: Mapping[str, Any]) -> dict[str, Any]:
    post_id = given["id"] or new_id(given["published"])
    return {**given, "id": post_id, "thread_id": given["thread_id"] or post_id}


def change_post(connection: Connection, post_id: int, **changes: Any) -> Post:  # noqa: ANN401 - columns of `posts`
    """Change columns of a post; its revision grows, so every cached rendering of it is void."""
    statement = (
        update(posts).where(posts.c.id == post_id).values(revision=posts.c.revision + 1, **changes).returning(*posts.c)
    )
    row = connection.execute(statement).first()
    if row is None:
        raise NotFound(f"no post {post_id}")
    return Post(*row)


def count(connection: Connection, post_id: int | None, column: str, step: int) -> None:
    """Add `step` (1 or -1) to a counter of a post: likes_count, boosts_count or replies_count."""
    if post_id is not None:
        _COUNTERS[column, step].run(connection, {"target": post_id})


def _count_reply(connection: Connection, reply: Post, step: int) -> None:
    """Count a reply if everybody who sees its parent may see it too: the number is told to them all."""
    if reply.is_public and (not reply.local_only or _stays_here(connection, reply.in_reply_to_id)):
        count(connection, reply.in_reply_to_id, "replies_count", step)


def _stays_here(connection: Connection, post_id: int | None) -> bool:
    return bool(connection.execute(select(posts.c.local_only).where(posts.c.id == post_id)).scalar())


def touch(connection: Connection, post_ids: Sequence[int]) -> None:
    """Void the cached renderings of posts whose surroundings changed."""
    if post_ids:
        connection.execute(update(posts).where(posts.c.id.in_(post_ids)).values(revision=posts.c.revision + 1))


def delete_post(connection: Connection, post: Post, author_uri: str, now: datetime, *, for_good: bool = True) -> None:
    """Remove a post or boost with all that hangs on it, and bury a post's identity unless it may come back.

    What another removes at this moment is removed, and counted, by that one alone.
    """
    if connection.execute(select(posts.c.id).where(posts.c.id == post.id).with_for_update()).first() is None:
        return
    if post.is_for_everybody:
        uncount_posts(connection, post.author_id)
    if post.is_boost:
        count(connection, post.boost_of_id, "boosts_count", -1)
    else:
        if not get_actor(connection, post.author_id).concealed:  # then it is not counted
            _count_reply(connection, post, -1)
        if post.local:
            abandon_files_of(connection, post.id)
        if for_good:
            bury(connection, post.uri, author_uri, now, post.kind)
    connection.execute(delete(posts).where(posts.c.id == post.id))


def bury(connection: Connection, uri: str, author_uri: str, now: datetime, former_kind: str = "Note") -> None:
    """Remember that an author deleted an identity, also one that never arrived here."""
    values = {"uri": uri, "author_uri": author_uri, "former_kind": former_kind, "deleted_at": now}
    connection.execute(insert(connection, tombstones).values(values).on_conflict_do_nothing())


def dig_up(connection: Connection, before: datetime) -> None:
    """Forget what was undone before it came: its own id has not come by now, and Misskey uses such an id again."""
    is_old = tombstones.c.deleted_at < before
    connection.execute(delete(tombstones).where(tombstones.c.former_kind.in_(UNDONE_KINDS), is_old))


def _adopt_waiting_children(connection: Connection, parent: Post) -> None:
    """Join replies that arrived before their parent, with the threads that grew under them."""
    for child_id, child_thread, visibility in _WAITING_CHILDREN.all(connection, {"uri": parent.uri}):
        connection.execute(
            update(posts)
            .where(posts.c.id == child_id)
            .values(in_reply_to_id=parent.id, in_reply_to_author_id=parent.author_id, revision=posts.c.revision + 1)
        )
        connection.execute(update(posts).where(posts.c.thread_id == child_thread).values(thread_id=parent.thread_id))
        if visibility in PUBLIC_VISIBILITIES:
            count(connection, parent.id, "replies_count", 1)


# ---- who and what is named ----


def set_mentions(connection: Connection, post_id: int, actor_ids: Mapping[int, bool]) -> None:
    """Replace the people a post is addressed to; the value says silently, that is without naming them."""
    connection.execute(delete(mentions).where(mentions.c.post_id == post_id))
    add_mentions(connection, post_id, actor_ids)


def add_mentions(connection: Connection, post_id: int, actor_ids: Mapping[int, bool]) -> None:
    """Address a new post to people; the value says silently."""
    rows = [{"post_id": post_id, "actor_id": actor, "silent": silent} for actor, silent in actor_ids.items()]
    _NEW_MENTIONS.add_many(connection, rows)


def mentioned_ids(connection: Connection, post_id: int) -> dict[int, bool]:
    """The people a post is addressed to, and whether silently."""
    return dict(_MENTIONED.all(connection, {"post_id": post_id}))


_MENTIONED = Prepared(select(mentions.c.actor_id, mentions.c.silent).where(mentions.c.post_id == bindparam("post_id")))


def set_circles(connection: Connection, post_id: int, group_ids: Iterable[int]) -> None:
    """Say whose people may read a new post of the level circle."""
    rows = [{"post_id": post_id, "group_id": group_id} for group_id in sorted(set(group_ids))]
    if rows:
        connection.execute(insert(connection, post_circles).on_conflict_do_nothing(), rows)


def circle_ids(connection: Connection, post_id: int) -> list[int]:
    """The groups and organisations in whose circle a post is."""
    statement = select(post_circles.c.group_id).where(post_circles.c.post_id == post_id)
    return list(connection.execute(statement.order_by(post_circles.c.group_id)).scalars())


def set_tags(connection: Connection, post: Post, names: Mapping[str, str]) -> None:
    """Replace a post's hashtags: normalised name to the form that was typed."""
    connection.execute(delete(post_tags).where(post_tags.c.post_id == post.id))
    add_tags(connection, post, names)


def add_tags(connection: Connection, post: Post, names: Mapping[str, str]) -> None:
    """Give a new post its hashtags."""
    if not names:
        return
    # A search shows the lately used first: what few may read does not move a hashtag there.
    used_at = post.published if post.is_public else None
    rows = [
        {"id": new_id(), "name": name, "display_name": display, "last_used_at": used_at}
        for name, display in sorted(names.items())  # in one order, so that no two wait for each other
    ]
    statement = insert(connection, tags)
    # The update touches the row so that RETURNING gives the ids of old tags too.
    last_used_at = func.coalesce(statement.excluded.last_used_at, tags.c.last_used_at)
    statement = statement.on_conflict_do_update(index_elements=["name"], set_={"last_used_at": last_used_at}).returning(
        tags.c.id
    )
    ids = [connection.execute(statement.values(row)).scalar_one() for row in rows]
    pairs = [{"tag_id": tag_id, "post_id": post.id} for tag_id in ids]
    connection.execute(insert(connection, post_tags).on_conflict_do_nothing(), pairs)


def count_local_posts(connection: Connection) -> int:
    """How many posts of our own people everybody may read, for NodeInfo."""
    hidden = select(actors.c.id).where(actors.c.host == "", actors.c.concealed)
    statement = select(func.count()).where(
        posts.c.local,
        posts.c.boost_of_id.is_(None),
        posts.c.visibility.in_(("public", "unlisted")),
        ~posts.c.local_only,
        posts.c.author_id.not_in(hidden),
    )
    return connection.execute(statement).scalar_one()
