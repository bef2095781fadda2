"""Timelines that are read from the posts themselves: public, tag, list, profile, and a person's own marks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
    text,
    true,
)

from usi_fed.actors.blocks_store import are_apart
from usi_fed.actors.store import is_in
from usi_fed.actors.tables import actors, follows, mutes
from usi_fed.db.paging import Window, bounds_of, newest_first, windowed, windowed_once
from usi_fed.db.prepared import Prepared
from usi_fed.media.tables import media
from usi_fed.posts.model import PUBLIC_VISIBILITIES, Post
from usi_fed.posts.store import find_posts
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


def public_ids(
    connection: Connection, viewer_id: int | None, window: Window, choice: PublicFilter, now: datetime
) -> list[int]:
    """The newest public posts; boosts and limited actors are left out."""
    statement = _public_statement(choice, viewer_id is not None, window.min_id is not None)
    return _ids(connection, statement, window, viewer=viewer_id, now=now)


def public(
    connection: Connection, viewer_id: int | None, window: Window, choice: PublicFilter, now: datetime
) -> list[Post]:
    """The posts of `public_ids`."""
    return _in_order(connection, public_ids(connection, viewer_id, window, choice, now))


def tagged_ids(
    connection: Connection,
    viewer_id: int | None,
    window: Window,
    choice: PublicFilter,
    now: datetime,
    *,
    any_of: list[str],
    all_of: list[str],
    none_of: list[str],
) -> list[int]:
    """Public posts with one of the hashtags (normalised), with all of `all_of` and none of `none_of`."""
    counts = (len(any_of), len(all_of), len(none_of))
    statement = _tagged_statement(choice, viewer_id is not None, window.min_id is not None, counts)
    names = {**_named("any", any_of), **_named("all", all_of), **_named("none", none_of)}
    return _ids(connection, statement, window, viewer=viewer_id, now=now, **names)


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
    """The posts of `tagged_ids`."""
    ids = tagged_ids(connection, viewer_id, window, choice, now, any_of=any_of, all_of=all_of, none_of=none_of)
    return _in_order(connection, ids)


def listed_ids(connection: Connection, list_id: int, owner_id: int, window: Window, now: datetime) -> list[int]:
    """Posts of a list's members, its policy on replies kept."""
    policy = connection.execute(select(lists.c.replies_policy).where(lists.c.id == list_id)).scalar_one()
    statement = _listed_statement(policy, window.min_id is not None)
    return _ids(connection, statement, window, viewer=owner_id, now=now, list=list_id)


def profile_ids(
    connection: Connection, actor_id: int, viewer_id: int | None, window: Window, choice: ProfileFilter
) -> list[int]:
    """An actor's posts and boosts, as far as the viewer may see them."""
    statement = _profile_statement(
        replace(choice, tag=None), choice.tag is not None, viewer_id is not None, window.min_id is not None
    )
    return _ids(connection, statement, window, viewer=viewer_id, author=actor_id, any0=choice.tag)


def profile(
    connection: Connection, actor_id: int, viewer_id: int | None, window: Window, choice: ProfileFilter
) -> list[Post]:
    """The posts of `profile_ids`."""
    return _in_order(connection, profile_ids(connection, actor_id, viewer_id, window, choice))


def outbox_page(connection: Connection, actor_id: int, limit: int, before_id: int | None = None) -> list[Post]:
    """An actor's public posts and boosts for the outbox, newest first."""
    statement = select(posts).where(_in_outbox(actor_id))
    rows = connection.execute(windowed(statement, posts.c.id, Window(max_id=before_id, limit=limit))).all()
    return [Post(*row) for row in rows]


def count_outbox(connection: Connection, actor_id: int) -> int:
    """How many posts and boosts the pages of an actor's outbox hold together."""
    return connection.execute(select(func.count()).select_from(posts).where(_in_outbox(actor_id))).scalar_one()


def bookmarked(connection: Connection, viewer_id: int, window: Window) -> list[tuple[int, Post]]:
    """What somebody bookmarked, newest bookmark first; each with the bookmark's id, by which the pages are cut."""
    return _marked(connection, bookmarks, viewer_id, window)


def liked(connection: Connection, viewer_id: int, window: Window) -> list[tuple[int, Post]]:
    """What somebody liked, newest like first; each with the like's id, by which the pages are cut."""
    return _marked(connection, likes, viewer_id, window)


def not_hidden(
    viewer_id: int | BindParameter[int], now: datetime | BindParameter[datetime], post: FromClause = posts
) -> ColumnElement[bool]:
    """The condition on `posts`, or an alias, that nobody has blocked the other, nor the viewer muted the author."""
    in_force = or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > now)
    is_muted = exists().where(mutes.c.actor_id == viewer_id, mutes.c.target_id == post.c.author_id, in_force)
    return and_(~is_muted, ~are_apart(viewer_id, post.c.author_id))


# ---- the statements, each built once for each of its forms ----

_VIEWER: BindParameter[int] = bindparam("viewer")
_NOW: BindParameter[datetime] = bindparam("now")
_LIST: BindParameter[int] = bindparam("list")
_AUTHOR: BindParameter[int] = bindparam("author")
_tagging = post_tags.alias("tagging")
_boosted = posts.alias("boosted")
MOST_FORMS = 256  # of hashtag timelines: how many names are asked for is the client's choice


@cache
def _public_statement(choice: PublicFilter, is_known: bool, upward: bool) -> Prepared:
    return Prepared(windowed_once(_public(choice, is_known=is_known), posts.c.id, upward=upward))


@lru_cache(MOST_FORMS)
def _tagged_statement(
    choice: PublicFilter,
    is_known: bool,
    upward: bool,
    counts: tuple[int, int, int],
) -> Prepared:
    any_of, all_of, none_of = (_names(key, count) for key, count in zip(("any", "all", "none"), counts, strict=True))
    statement = _public(choice, is_known=is_known).where(*(_has_tag([name]) for name in all_of))
    if none_of:
        statement = statement.where(~_has_tag(none_of))
    if len(any_of) > 1:
        return Prepared(windowed_once(statement.where(_has_tag(any_of)), posts.c.id, upward=upward))
    # One hashtag is a walk along its own index: a rare one does not cost a look at every post.
    tag_id = select(tags.c.id).where(tags.c.name == any_of[0]).scalar_subquery()
    statement = statement.join(_tagging, _tagging.c.post_id == posts.c.id).where(_tagging.c.tag_id == tag_id)
    return Prepared(windowed_once(statement, _tagging.c.post_id, upward=upward))


@cache
def _listed_statement(policy: str, upward: bool) -> Prepared:
    members = select(list_members.c.actor_id).where(list_members.c.list_id == _LIST)
    answered = posts.c.in_reply_to_author_id
    shown = [answered.is_(None), answered == posts.c.author_id]
    if policy == "list":
        shown.append(answered.in_(members))
    elif policy != "none":
        followed = select(follows.c.target_id).where(follows.c.follower_id == _VIEWER)
        shown += [answered == _VIEWER, answered.in_(followed)]
    statement = (
        select(posts.c.id)
        .where(posts.c.author_id.in_(members), posts.c.visibility != "direct", or_(*shown))
        .where(visible_to(_VIEWER), not_hidden(_VIEWER, _NOW))
        .where(_if_boost(visible_to(_VIEWER, _boosted), not_hidden(_VIEWER, _NOW, _boosted)))
    )
    return Prepared(windowed_once(statement, posts.c.id, upward=upward))


@cache
def _profile_statement(choice: ProfileFilter, has_tag: bool, is_known: bool, upward: bool) -> Prepared:
    viewer = _VIEWER if is_known else None
    statement = select(posts.c.id).where(
        posts.c.author_id == _AUTHOR, visible_to(viewer), _if_boost(visible_to(viewer, _boosted))
    )
    if choice.pinned:
        statement = statement.where(posts.c.id.in_(select(pins.c.post_id).where(pins.c.actor_id == _AUTHOR)))
    if choice.without_replies:
        answered = posts.c.in_reply_to_author_id
        is_reply = or_(posts.c.in_reply_to_id.is_not(None), posts.c.in_reply_to_uri.is_not(None))
        statement = statement.where(or_(~is_reply, answered == _AUTHOR))
    if choice.without_boosts:
        statement = statement.where(posts.c.boost_of_id.is_(None))
    if choice.only_media:
        statement = statement.where(posts.c.boost_of_id.is_(None), _has_media())
    if has_tag:
        statement = statement.where(_has_tag(_names("any", 1)))
    return Prepared(windowed_once(statement, posts.c.id, upward=upward))


def _public(choice: PublicFilter, *, is_known: bool) -> Select[Any]:
    # Written as the partial indexes ix_posts_public and ix_posts_local have it: SQLite takes them for nothing else. It
    # takes the second one, without knowing how many posts are local, because that begins with what has to be equal.
    statement = (
        select(posts.c.id)
        .join(actors, actors.c.id == posts.c.author_id)
        .where(text("posts.visibility = 'public'"), posts.c.boost_of_id.is_(None))
        .where(actors.c.silenced_at.is_(None), is_in(actors), ~actors.c.concealed)
    )
    statement = statement.where(not_hidden(_VIEWER, _NOW) if is_known else ~posts.c.local_only)
    if choice.local:
        statement = statement.where(posts.c.local == true())
    if choice.remote:
        statement = statement.where(posts.c.local == false())
    if choice.only_media:
        statement = statement.where(_has_media())
    return statement


def _if_boost(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition on `posts` that, of a boost, what it passes on fulfils conditions on `_boosted`."""
    return or_(posts.c.boost_of_id.is_(None), exists().where(_boosted.c.id == posts.c.boost_of_id, *conditions))


def _in_outbox(actor_id: int) -> ColumnElement[bool]:
    hidden = exists().where(
        _boosted.c.id == posts.c.boost_of_id, actors.c.id == _boosted.c.author_id, actors.c.concealed
    )
    return and_(
        posts.c.author_id == actor_id, posts.c.visibility.in_(PUBLIC_VISIBILITIES), ~posts.c.local_only, ~hidden
    )


def _has_tag(names: Sequence[BindParameter[str]]) -> ColumnElement[bool]:
    return (
        select(post_tags.c.post_id)
        .join(tags, tags.c.id == post_tags.c.tag_id)
        .where(post_tags.c.post_id == posts.c.id, tags.c.name.in_(names))
        .exists()
    )


def _names(key: str, count: int) -> list[BindParameter[str]]:
    return [bindparam(f"{key}{number}") for number in range(count)]


def _named(key: str, names: Sequence[str]) -> dict[str, str]:
    return {f"{key}{number}": name for number, name in enumerate(names)}


def _has_media() -> ColumnElement[bool]:
    return exists().where(media.c.post_id == posts.c.id)


def _ids(connection: Connection, statement: Prepared, window: Window, **values: object) -> list[int]:
    rows = statement.all(connection, {**values, **bounds_of(window)})
    return [row[0] for row in newest_first(rows, window)]


def _in_order(connection: Connection, ids: Sequence[int]) -> list[Post]:
    found = find_posts(connection, ids)
    return [found[post_id] for post_id in ids if post_id in found]


def _marked(connection: Connection, marks: Any, viewer_id: int, window: Window) -> list[tuple[int, Post]]:  # noqa: ANN401
    statement = (
        select(marks.c.id, *posts.c)
        .join(posts, posts.c.id == marks.c.post_id)
        .where(marks.c.actor_id == viewer_id, visible_to(viewer_id))
    )
    rows = connection.execute(windowed(statement, marks.c.id, window)).all()
    return [(row[0], Post(*row[1:])) for row in newest_first(rows, window)]
