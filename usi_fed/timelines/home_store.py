"""The home timeline, written when a post arrives, so that reading it is one walk along an index."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Delete, Select, bindparam, delete, exists, or_, select, union

from usi_fed.actors.belonging import belongs_to
from usi_fed.actors.blocks_store import are_apart
from usi_fed.actors.store import is_in
from usi_fed.actors.tables import actors, follows, mutes
from usi_fed.db.columns import BigId
from usi_fed.db.prepared import NewRows, Prepared
from usi_fed.posts.model import Post
from usi_fed.posts.tables import followed_tags, mentions, post_circles, post_tags, posts
from usi_fed.posts.visibility import visible_to
from usi_fed.timelines.tables import home_entries, list_members, lists

BACKFILL = 40
"""How many posts of somebody newly followed appear at once."""


known = follows.alias("known")
boosts = posts.alias("boosts")
boosted = posts.alias("boosted")


def _readers(kind: str) -> Select[Any]:
    """Local followers of `author` who want to read a new post of this kind at home."""
    me = follows.c.follower_id
    shelved = (
        select(list_members.c.list_id)
        .join(lists, lists.c.id == list_members.c.list_id)
        .where(list_members.c.actor_id == follows.c.target_id, lists.c.owner_id == me, lists.c.exclusive)
    )
    statement = (
        select(me, follows.c.notify, follows.c.languages)
        .where(follows.c.target_id == bindparam("author"), follows.c.accepted)
        .where(~exists().where(mutes.c.actor_id == me, mutes.c.target_id == bindparam("author")))
        .where(~shelved.exists())
    )
    if kind == "plain":
        return statement
    other = bindparam("other", type_=BigId)
    if kind == "reply":
        # An answer to somebody whom the reader does not follow is half a conversation: it stays away.
        follows_both = exists().where(known.c.follower_id == me, known.c.target_id == other)
        return statement.where(or_(me == other, follows_both))
    return (
        statement.where(follows.c.show_boosts, me != other)
        .where(~exists().where(mutes.c.actor_id == me, mutes.c.target_id == other), ~are_apart(me, other))
        .where(~exists().where(home_entries.c.owner_id == me, home_entries.c.post_id == bindparam("target")))
        .where(
            ~exists().where(
                home_entries.c.owner_id == me,
                home_entries.c.post_id == boosts.c.id,
                boosts.c.boost_of_id == bindparam("target"),
            )
        )
    )


_NEW_ENTRIES = NewRows(home_entries)
_PLAIN, _REPLY, _BOOST = (Prepared(_readers(kind)) for kind in ("plain", "reply", "boost"))

_author = bindparam("author", type_=BigId)
_TAG_READERS = Prepared(
    select(followed_tags.c.actor_id)
    .join(post_tags, post_tags.c.tag_id == followed_tags.c.tag_id)
    .where(post_tags.c.post_id == bindparam("post"))
    .where(~exists().where(mutes.c.actor_id == followed_tags.c.actor_id, mutes.c.target_id == _author))
    .where(~are_apart(followed_tags.c.actor_id, _author))
    .distinct()
)


def readers_of(connection: Connection, post: Post) -> list[tuple[int, bool]]:
    """Local followers of the author who get this post at home, and whether they want to be told of it."""
    values: dict[str, object] = {"author": post.author_id}
    statement = _PLAIN
    if post.in_reply_to_author_id is not None and post.in_reply_to_author_id != post.author_id:
        statement, values["other"] = _REPLY, post.in_reply_to_author_id
    return [
        (follower_id, wants_to_be_told)
        for follower_id, wants_to_be_told, languages in statement.all(connection, values)
        if not languages or post.language is None or post.language.split("-")[0] in languages
    ]


def readers_of_boost(connection: Connection, boost: Post, target: Post) -> list[int]:
    """Local followers of the booster who get the boost at home: not those who have the post already."""
    values = {"author": boost.author_id, "other": target.author_id, "target": target.id}
    return [row[0] for row in _BOOST.all(connection, values)]


def readers_of_tags(connection: Connection, post: Post) -> list[int]:
    """People who follow one of the post's hashtags."""
    return [row[0] for row in _TAG_READERS.all(connection, {"post": post.id, "author": post.author_id})]


def people_in_circle(connection: Connection, post: Post) -> list[int]:
    """People of this server in whose circle a post is, without its author and who wants to read nothing of them."""
    statement = (
        select(actors.c.id)
        .where(actors.c.host == "", actors.c.id != post.author_id, actors.c.kind == "Person", is_in(actors))
        .where(exists().where(post_circles.c.post_id == post.id, belongs_to(actors.c.id, post_circles.c.group_id)))
        .where(~exists().where(mutes.c.actor_id == actors.c.id, mutes.c.target_id == post.author_id))
        .where(~are_apart(actors.c.id, post.author_id))
    )
    return list(connection.execute(statement).scalars())


def add_entries(connection: Connection, owner_ids: Iterable[int], post_id: int) -> None:
    """Put a post into people's home timelines."""
    _NEW_ENTRIES.add_many(connection, [{"owner_id": owner, "post_id": post_id} for owner in set(owner_ids)])


def backfill(connection: Connection, owner_id: int, author_id: int) -> None:
    """Show the latest posts of somebody newly followed, and their boosts of people whom the reader wants to read."""
    of_whom_one_reads = (
        exists()
        .where(boosted.c.id == posts.c.boost_of_id, visible_to(owner_id, boosted))
        .where(~exists().where(mutes.c.actor_id == owner_id, mutes.c.target_id == boosted.c.author_id))
        .where(~are_apart(owner_id, boosted.c.author_id))
    )
    latest = (
        select(posts.c.id)
        .where(posts.c.author_id == author_id, posts.c.visibility.in_(("public", "unlisted", "private")))
        .where(or_(posts.c.in_reply_to_author_id.is_(None), posts.c.in_reply_to_author_id == author_id))
        .where(or_(posts.c.boost_of_id.is_(None), of_whom_one_reads))
        .order_by(posts.c.id.desc())
        .limit(BACKFILL)
    )
    rows = [{"owner_id": owner_id, "post_id": post_id} for post_id in connection.execute(latest).scalars()]
    _NEW_ENTRIES.add_many(connection, rows)


def remove_author(connection: Connection, owner_id: int, author_id: int) -> None:
    """Take somebody's posts, and boosts of them, out of a home timeline: unfollowed or muted.

    What names the owner stays.
    """
    named = select(mentions.c.post_id).where(mentions.c.actor_id == owner_id)
    connection.execute(_entries_of(owner_id, author_id).where(home_entries.c.post_id.not_in(named)))


def remove_blocked(connection: Connection, owner_id: int, author_id: int) -> None:
    """As `remove_author`, with what names the owner."""
    connection.execute(_entries_of(owner_id, author_id))


def _entries_of(owner_id: int, author_id: int) -> Delete:
    own = select(posts.c.id).where(posts.c.author_id == author_id)
    theirs = select(boosts.c.id).join(posts, posts.c.id == boosts.c.boost_of_id).where(posts.c.author_id == author_id)
    return delete(home_entries).where(
        home_entries.c.owner_id == owner_id, home_entries.c.post_id.in_(union(own, theirs))
    )


def remove_unnamed(connection: Connection, post: Post) -> None:
    """Take a direct post out of the home timelines of people whom it names no more."""
    named = select(mentions.c.actor_id).where(mentions.c.post_id == post.id)
    connection.execute(
        delete(home_entries)
        .where(home_entries.c.post_id == post.id, home_entries.c.owner_id != post.author_id)
        .where(home_entries.c.owner_id.not_in(named))
    )


def remove_boosts(connection: Connection, owner_id: int, booster_id: int) -> None:
    """Take somebody's boosts out of a home timeline: the reader wants only their own posts."""
    own = select(posts.c.id).where(posts.c.author_id == booster_id, posts.c.boost_of_id.is_not(None))
    connection.execute(delete(home_entries).where(home_entries.c.owner_id == owner_id, home_entries.c.post_id.in_(own)))


def prune(connection: Connection, keep: int, limit: int) -> int:
    """Drop the oldest entries of a timeline that grew beyond `keep`; at most `limit` rows. Gives the number dropped."""
    owners = connection.execute(select(home_entries.c.owner_id).distinct()).scalars().all()
    dropped = 0
    for owner in owners:
        mine = home_entries.c.owner_id == owner
        statement = select(home_entries.c.post_id).where(mine).order_by(home_entries.c.post_id.desc())
        last = connection.execute(statement.offset(keep).limit(1)).scalar()
        if last is None or dropped >= limit:
            continue
        old = select(home_entries.c.post_id).where(mine, home_entries.c.post_id <= last).limit(limit - dropped)
        dropped += connection.execute(delete(home_entries).where(mine, home_entries.c.post_id.in_(old))).rowcount
    return dropped
