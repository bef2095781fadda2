"""All SQL about finding and following hashtags."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, or_, select

from usi_fed.clock import new_id
from usi_fed.db.database import insert
from usi_fed.db.paging import Window, newest_first, windowed
from usi_fed.posts.tables import followed_tags, post_tags, posts, tags
from usi_fed.posts.visibility import visible_to


@dataclass(frozen=True, slots=True)
class KnownTag:
    """A hashtag that somebody has used or follows."""

    id: int
    name: str


def find_tag(connection: Connection, viewer_id: int | None, key: str) -> KnownTag | None:
    """The hashtag with this key, when the viewer may know of it."""
    statement = select(tags.c.id, tags.c.name).where(tags.c.name == key, _known_to(viewer_id))
    row = connection.execute(statement).first()
    return None if row is None else KnownTag(*row)


def search_tags(
    connection: Connection, viewer_id: int | None, beginning: str, *, limit: int, offset: int = 0
) -> list[KnownTag]:
    """Hashtags that begin so and of which the viewer may know, the lately used first."""
    statement = (
        select(tags.c.id, tags.c.name)
        .where(tags.c.name.startswith(beginning, autoescape=True), _known_to(viewer_id))
        .order_by((tags.c.name == beginning).desc(), tags.c.last_used_at.desc().nulls_last(), tags.c.name)
        .limit(limit)
        .offset(offset)
    )
    return [KnownTag(*row) for row in connection.execute(statement)]


def follow_tag(connection: Connection, actor_id: int, key: str, now: datetime) -> KnownTag:
    """Show public posts with a hashtag on somebody's home timeline from now on; it need not be known yet."""
    values = {"id": new_id(now), "name": key, "display_name": key}
    connection.execute(insert(connection, tags).values(values).on_conflict_do_nothing())
    tag_id, name = connection.execute(select(tags.c.id, tags.c.name).where(tags.c.name == key)).one()
    followed = {"actor_id": actor_id, "tag_id": tag_id, "created_at": now}
    connection.execute(insert(connection, followed_tags).values(followed).on_conflict_do_nothing())
    return KnownTag(tag_id, name)


def unfollow_tag(connection: Connection, actor_id: int, tag_id: int) -> None:
    """No longer show a hashtag's posts."""
    connection.execute(
        delete(followed_tags).where(followed_tags.c.actor_id == actor_id, followed_tags.c.tag_id == tag_id)
    )


def tags_followed_by(connection: Connection, actor_id: int, window: Window) -> list[KnownTag]:
    """A page of the hashtags that somebody follows, cut by the hashtags' ids."""
    statement = (
        select(tags.c.id, tags.c.name)
        .join(followed_tags, followed_tags.c.tag_id == tags.c.id)
        .where(followed_tags.c.actor_id == actor_id)
    )
    rows = connection.execute(windowed(statement, tags.c.id, window)).all()
    return [KnownTag(*row) for row in newest_first(rows, window)]


def followed_among(connection: Connection, actor_id: int, tag_ids: Collection[int]) -> set[int]:
    """Which of these hashtags somebody follows."""
    statement = select(followed_tags.c.tag_id).where(
        followed_tags.c.actor_id == actor_id, followed_tags.c.tag_id.in_(tag_ids)
    )
    return set(connection.execute(statement).scalars())


def _known_to(viewer_id: int | None) -> ColumnElement[bool]:
    """The condition on `tags` that the viewer follows a hashtag or may see a post with it.

    What a union writes for its members only shows in their hashtags too: a name, a place, a day.
    """
    is_seen = exists().where(post_tags.c.tag_id == tags.c.id, posts.c.id == post_tags.c.post_id, visible_to(viewer_id))
    if viewer_id is None:
        return is_seen
    is_followed = exists().where(followed_tags.c.actor_id == viewer_id, followed_tags.c.tag_id == tags.c.id)
    return or_(is_followed, is_seen)
