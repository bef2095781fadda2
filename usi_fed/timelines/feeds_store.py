"""Timelines that are read from the posts themselves: public, tag, list, profile, and a person's own marks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, or_, select

from usi_fed.actors.store import is_in
from usi_fed.actors.tables import actors, blocks, follows, mutes, personal_domain_blocks
from usi_fed.db.paging import Window, newest_first, windowed
from usi_fed.media.tables import media
from usi_fed.posts.model import Post
from usi_fed.posts.tables import bookmarks, likes, pins, post_tags, posts, tags
from usi_fed.posts.visibility import visible_to
from usi_fed.timelines.tables import list_members, lists


@dataclass(frozen=True, slots=True)
class PublicFilter:
    """Which public posts: of this server only, of others only, with media only."""

    local: bool = False
    remote: bool = False
    only_media: bool = False


@dataclass(frozen=True, slots=True)
class ProfileFilter:
    """Which posts of one actor."""

    only_media: bool = False
    pinned: bool = False
    without_replies: bool = False
    without_boosts: bool = False
    tag: str | None = None


def public(
    connection: Connection, viewer_id: int | None, window: Window, choice: PublicFilter, now: datetime
) -> list[Post]:
    """The newest public posts; boosts and limited actors are left out."""
    statement = _public(viewer_id, choice, now)
    return _page(connection, statement, window)


def tagged(
    connection: Connection,
    viewer_id: int | None,
    window: Window,
    choice: PublicFilter,
    now: datetime,
    *,
    any_of: list[str],
    all_of: list[str],
    none_of: list[str],
) -> list[Post]:
    """Public posts with one of the hashtags (normalised), with all of `all_of` and none of `none_of`."""
    statement = _public(viewer_id, choice, now).where(_has_tag(any_of))
    for name in all_of:
        statement = statement.where(_has_tag([name]))
    if none_of:
        statement = statement.where(~_has_tag(none_of))
    return _page(connection, statement, window)


def listed(connection: Connection, list_id: int, owner_id: int, window: Window, now: datetime) -> list[Post]:
    """Posts of a list's members, its policy on replies kept."""
    policy = connection.execute(select(lists.c.replies_policy).where(lists.c.id == list_id)).scalar()
    members = select(list_members.c.actor_id).where(list_members.c.list_id == list_id)
    statement = (
        select(posts)
        .where(posts.c.author_id.in_(members), posts.c.visibility != "direct")
        .where(visible_to(owner_id), not_hidden(owner_id, now))
    )
    answered = posts.c.in_reply_to_author_id
    if policy == "none":
        statement = statement.where(or_(answered.is_(None), answered == posts.c.author_id))
    elif policy == "list":
        statement = statement.where(or_(answered.is_(None), answered == posts.c.author_id, answered.in_(members)))
    else:
        followed = select(follows.c.target_id).where(follows.c.follower_id == owner_id)
        statement = statement.where(
            or_(answered.is_(None), answered.in_((posts.c.author_id, owner_id)), answered.in_(followed))
        )
    return _page(connection, statement, window)


def profile(
    connection: Connection, actor_id: int, viewer_id: int | None, window: Window, choice: ProfileFilter
) -> list[Post]:
    """An actor's posts and boosts, as far as the viewer may see them."""
    statement = select(posts).where(posts.c.author_id == actor_id, visible_to(viewer_id))
    if choice.pinned:
        statement = statement.where(posts.c.id.in_(select(pins.c.post_id).where(pins.c.actor_id == actor_id)))
    if choice.without_replies:
        answered = posts.c.in_reply_to_author_id
        is_reply = or_(posts.c.in_reply_to_id.is_not(None), posts.c.in_reply_to_uri.is_not(None))
        statement = statement.where(or_(~is_reply, answered == actor_id))
    if choice.without_boosts:
        statement = statement.where(posts.c.boost_of_id.is_(None))
    if choice.only_media:
        statement = statement.where(posts.c.boost_of_id.is_(None), _has_media())
    if choice.tag is not None:
        statement = statement.where(_has_tag([choice.tag]))
    return _page(connection, statement, window)


def outbox_page(connection: Connection, actor_id: int, limit: int, before_id: int | None = None) -> list[Post]:
    """An actor's public posts and boosts for the outbox, newest first."""
    statement = select(posts).where(
        posts.c.author_id == actor_id, posts.c.visibility.in_(("public", "unlisted")), ~posts.c.local_only
    )
    return _page(connection, statement, Window(max_id=before_id, limit=limit))


def bookmarked(connection: Connection, viewer_id: int, window: Window) -> list[tuple[int, Post]]:
    """What somebody bookmarked, newest bookmark first; each with the bookmark's id, by which the pages are cut."""
    return _marked(connection, bookmarks, viewer_id, window)


def liked(connection: Connection, viewer_id: int, window: Window) -> list[tuple[int, Post]]:
    """What somebody liked, newest like first; each with the like's id, by which the pages are cut."""
    return _marked(connection, likes, viewer_id, window)


def not_hidden(viewer_id: int | None, now: datetime) -> ColumnElement[bool]:
    """The condition on `posts` that the viewer has neither blocked nor muted the author, nor is blocked."""
    if viewer_id is None:
        return posts.c.id.is_not(None)
    author = posts.c.author_id
    in_force = or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > now)
    shut = (
        select(actors.c.id)
        .join(personal_domain_blocks, personal_domain_blocks.c.domain == actors.c.domain)
        .where(personal_domain_blocks.c.actor_id == viewer_id, actors.c.id == author)
    )
    return and_(
        ~exists().where(mutes.c.actor_id == viewer_id, mutes.c.target_id == author, in_force),
        ~exists().where(blocks.c.actor_id == viewer_id, blocks.c.target_id == author),
        ~exists().where(blocks.c.actor_id == author, blocks.c.target_id == viewer_id),
        ~shut.exists(),
    )


def _public(viewer_id: int | None, choice: PublicFilter, now: datetime) -> Select[Any]:
    statement = (
        select(posts)
        .join(actors, actors.c.id == posts.c.author_id)
        .where(posts.c.visibility == "public", posts.c.boost_of_id.is_(None))
        .where(actors.c.silenced_at.is_(None), is_in(actors), not_hidden(viewer_id, now))
    )
    if viewer_id is None:
        statement = statement.where(~posts.c.local_only)
    if choice.local:
        statement = statement.where(posts.c.local)
    if choice.remote:
        statement = statement.where(~posts.c.local)
    if choice.only_media:
        statement = statement.where(_has_media())
    return statement


def _has_tag(names: list[str]) -> ColumnElement[bool]:
    return (
        select(post_tags.c.post_id)
        .join(tags, tags.c.id == post_tags.c.tag_id)
        .where(post_tags.c.post_id == posts.c.id, tags.c.name.in_(names))
        .exists()
    )


def _has_media() -> ColumnElement[bool]:
    return exists().where(media.c.post_id == posts.c.id)


def _page(connection: Connection, statement: Select[Any], window: Window) -> list[Post]:
    rows = connection.execute(windowed(statement, posts.c.id, window)).all()
    return [Post(*row) for row in newest_first(rows, window)]


def _marked(connection: Connection, marks: Any, viewer_id: int, window: Window) -> list[tuple[int, Post]]:  # noqa: ANN401
    statement = (
        select(marks.c.id, *posts.c)
        .join(posts, posts.c.id == marks.c.post_id)
        .where(marks.c.actor_id == viewer_id, visible_to(viewer_id))
    )
    rows = connection.execute(windowed(statement, marks.c.id, window)).all()
    return [(row[0], Post(*row[1:])) for row in newest_first(rows, window)]
