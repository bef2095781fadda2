"""Who may see a post: pure rules, and the same rules as an SQL condition."""

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select

from usi_fed.actors.tables import blocks, follows
from usi_fed.errors import NotFound
from usi_fed.posts.model import Post, Visibility
from usi_fed.posts.store import get_post
from usi_fed.posts.tables import mentions, posts

ORDER = ("public", "unlisted", "private", "direct")


def may_see(post: Post, viewer_id: int | None, *, follows_author: bool, is_mentioned: bool) -> bool:
    """Whether a viewer may read a post; blocks are looked at by the caller.

    Spec: `../shared/interop/mastodon.md` section 6, "Visibility mapping"
    """
    if post.is_public or post.author_id == viewer_id:
        return True
    if viewer_id is None:
        return False
    return is_mentioned or (post.visibility == "private" and follows_author)


def narrower(one: Visibility, other: Visibility) -> Visibility:
    """The one of two visibilities that fewer people see."""
    return max(one, other, key=ORDER.index)


def visible_to(viewer_id: int | None) -> ColumnElement[bool]:
    """The condition on `posts` that the viewer may see a row, their own and their authors' blocks included."""
    open_to_all = posts.c.visibility.in_(("public", "unlisted"))
    if viewer_id is None:
        return open_to_all
    follows_author = exists().where(
        follows.c.follower_id == viewer_id, follows.c.target_id == posts.c.author_id, follows.c.accepted
    )
    is_mentioned = exists().where(mentions.c.post_id == posts.c.id, mentions.c.actor_id == viewer_id)
    reads = or_(
        open_to_all,
        posts.c.author_id == viewer_id,
        and_(posts.c.visibility == "private", follows_author),
        is_mentioned,
    )
    return and_(reads, ~blocked_by_author(viewer_id))


def blocked_by_author(viewer_id: int) -> ColumnElement[bool]:
    """The condition on `posts` that its author blocks the viewer."""
    return exists().where(blocks.c.actor_id == posts.c.author_id, blocks.c.target_id == viewer_id)


def get_visible(connection: Connection, post_id: int, viewer_id: int | None) -> Post:
    """The post, if the viewer may see it. A boost is visible when what it boosts is.

    Raises:
        NotFound: there is none, or it is not for the viewer: both look the same.
    """
    post = get_post(connection, post_id)
    target = post.boost_of_id or post.id
    if connection.execute(select(posts.c.id).where(posts.c.id == target, visible_to(viewer_id))).first() is None:
        raise NotFound(f"post {post_id} is not visible to {viewer_id}")
    return post


def is_visible(connection: Connection, post: Post, viewer_id: int | None) -> bool:
    """Whether the viewer may see a post that is in hand."""
    if post.is_public and viewer_id is None:
        return True
    return (
        connection.execute(select(posts.c.id).where(posts.c.id == post.id, visible_to(viewer_id))).first() is not None
    )
