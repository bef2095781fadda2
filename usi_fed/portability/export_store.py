"""All SQL about what somebody takes along: pages of rows, each above the id that the one before ended with."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from usi_fed.actors.blocks_store import is_in_force
from usi_fed.actors.tables import actors, blocks, follows, mutes
from usi_fed.media.tables import media
from usi_fed.posts.model import Post
from usi_fed.posts.tables import bookmarks, likes, posts
from usi_fed.timelines.tables import list_members, lists
from usi_fed.unions.tables import memberships

Rows = Sequence[Sequence[Any]]

_NAME = (actors.c.username, actors.c.domain)


def followed(connection: Connection, actor_id: int, after: int, limit: int) -> Rows:
    """Whom somebody follows: id, user name, domain, and what of them is wanted."""
    statement = (
        select(follows.c.id, *_NAME, follows.c.show_boosts, follows.c.notify, follows.c.languages)
        .join(actors, actors.c.id == follows.c.target_id)
        .where(follows.c.follower_id == actor_id, follows.c.accepted, follows.c.id > after)
        .where(actors.c.deleted_at.is_(None))
    )
    return connection.execute(statement.order_by(follows.c.id).limit(limit)).all()


def followers(connection: Connection, actor_id: int, after: int, limit: int) -> Rows:
    """Who follows somebody: id, user name, domain."""
    statement = (
        select(follows.c.id, *_NAME)
        .join(actors, actors.c.id == follows.c.follower_id)
        .where(follows.c.target_id == actor_id, follows.c.accepted, follows.c.id > after)
        .where(actors.c.deleted_at.is_(None))
    )
    return connection.execute(statement.order_by(follows.c.id).limit(limit)).all()


def members(connection: Connection, actor_id: int, after: int, limit: int) -> Rows:
    """Who belongs to an organisation: id, user name, domain, since when."""
    statement = (
        select(memberships.c.person_id, *_NAME, memberships.c.since)
        .join(actors, actors.c.id == memberships.c.person_id)
        .where(memberships.c.organisation_id == actor_id, memberships.c.state == "member")
        .where(memberships.c.person_id > after, actors.c.deleted_at.is_(None))
    )
    return connection.execute(statement.order_by(memberships.c.person_id).limit(limit)).all()


def blocked(connection: Connection, actor_id: int, after: int, limit: int) -> Rows:
    """Whom somebody has blocked: id, user name, domain."""
    statement = (
        select(blocks.c.id, *_NAME)
        .join(actors, actors.c.id == blocks.c.target_id)
        .where(blocks.c.actor_id == actor_id, blocks.c.id > after)
    )
    return connection.execute(statement.order_by(blocks.c.id).limit(limit)).all()


def muted(connection: Connection, actor_id: int, after: int, limit: int, now: datetime) -> Rows:
    """Whom somebody has muted: id, user name, domain, whether their notifications are hidden too."""
    statement = (
        select(mutes.c.id, *_NAME, mutes.c.notifications)
        .join(actors, actors.c.id == mutes.c.target_id)
        .where(mutes.c.actor_id == actor_id, mutes.c.id > after, is_in_force(now))
    )
    return connection.execute(statement.order_by(mutes.c.id).limit(limit)).all()


def listed(connection: Connection, actor_id: int) -> Rows:
    """The lists with who is in them: title, user name, domain. There are at most fifty lists."""
    statement = (
        select(lists.c.title, *_NAME)
        .join(list_members, list_members.c.list_id == lists.c.id)
        .join(actors, actors.c.id == list_members.c.actor_id)
        .where(lists.c.owner_id == actor_id)
    )
    return connection.execute(statement.order_by(lists.c.title, lists.c.id, actors.c.id)).all()


def bookmarked(connection: Connection, actor_id: int, after: int, limit: int) -> Rows:
    """The posts that somebody keeps: id and the post's identity."""
    statement = select(bookmarks.c.id, posts.c.uri).join(posts, posts.c.id == bookmarks.c.post_id)
    return _kept(connection, statement.where(bookmarks.c.actor_id == actor_id, bookmarks.c.id > after), limit)


def liked(connection: Connection, actor_id: int, after: int, limit: int) -> Rows:
    """The posts that somebody likes: id and the post's identity."""
    statement = select(likes.c.id, posts.c.uri).join(posts, posts.c.id == likes.c.post_id)
    return _kept(connection, statement.where(likes.c.actor_id == actor_id, likes.c.id > after), limit)


def _kept(connection: Connection, statement: Select[tuple[int, str]], limit: int) -> Rows:
    return connection.execute(statement.order_by(statement.selected_columns[0]).limit(limit)).all()


def written(connection: Connection, actor_id: int, after: int, limit: int) -> list[Post]:
    """All that somebody wrote and boosted, for whomever it is, oldest first."""
    statement = select(posts).where(posts.c.author_id == actor_id, posts.c.id > after)
    return [Post(*row) for row in connection.execute(statement.order_by(posts.c.id).limit(limit))]


def file_names(connection: Connection, actor_id: int, after: str, limit: int) -> list[str]:
    """The names of the files of somebody's posts, each once, in alphabetical order above the name `after`."""
    statement = (
        select(media.c.file)
        .distinct()
        .where(media.c.owner_id == actor_id, media.c.post_id.is_not(None), media.c.file > after)
    )
    return list(connection.execute(statement.order_by(media.c.file).limit(limit)).scalars())
