"""Who may see a post: pure rules, and the same rules as an SQL condition."""

from collections.abc import Collection

from sqlalchemy import BindParameter, ColumnElement, Connection, FromClause, and_, exists, or_, select, union_all

from usi_fed.actors.belonging import belongs_to
from usi_fed.actors.store import is_in, is_known_to
from usi_fed.actors.tables import actors, blocks, follows
from usi_fed.errors import NotFound
from usi_fed.posts.model import Post, Visibility
from usi_fed.posts.store import get_post
from usi_fed.posts.tables import mentions, post_circles, posts

_viewer = actors.alias("viewer")

# A name of its own: the statement around a condition may have the actors in it too.
_author = actors.alias("visible_author")

ORDER = ("public", "unlisted", "private", "direct")


def narrower(one: Visibility, other: Visibility) -> Visibility:
    """The one of two visibilities that fewer people see."""
    return max(one, other, key=ORDER.index)


def visible_to(viewer_id: int | BindParameter[int] | None, post: FromClause = posts) -> ColumnElement[bool]:
    """The condition on `posts`, or an alias of it, that the viewer may see a row.

    Of an author who is shut out nobody sees anything, of a hidden one only who follows it, or is followed, or named.
    """
    known = is_known_to(viewer_id, _author)
    if viewer_id is not None:
        known = or_(known, exists().where(mentions.c.post_id == post.c.id, mentions.c.actor_id == viewer_id))
    return and_(open_to(viewer_id, post), exists().where(_author.c.id == post.c.author_id, is_in(_author), known))


def open_to(viewer_id: int | BindParameter[int] | None, post: FromClause = posts) -> ColumnElement[bool]:
    """As `visible_to`, for a statement that has seen to it that the author is not shut out.

    What is local only nobody elsewhere sees; whom the author blocks sees nothing. Followers elsewhere do not
    see a post for the movement by that alone: their server has to be trusted (`levels.Trust`).
    """
    open_to_all = or_(post.c.visibility == "public", post.c.visibility == "unlisted")
    if viewer_id is None:
        return and_(open_to_all, ~post.c.local_only)
    follows_author = exists().where(
        follows.c.follower_id == viewer_id, follows.c.target_id == post.c.author_id, follows.c.accepted
    )
    is_mentioned = exists().where(mentions.c.post_id == post.c.id, mentions.c.actor_id == viewer_id)
    is_here = exists().where(_viewer.c.id == viewer_id, _viewer.c.domain == "")
    is_in_circle = exists().where(post_circles.c.post_id == post.c.id, belongs_to(viewer_id, post_circles.c.group_id))
    reads = or_(
        open_to_all,
        post.c.author_id == viewer_id,
        and_(post.c.visibility == "private", follows_author, or_(post.c.level != "movement", is_here)),
        is_mentioned,
        and_(post.c.level == "circle", is_in_circle),
    )
    reads_here = or_(~post.c.local_only, is_here)
    is_blocked = exists().where(blocks.c.actor_id == post.c.author_id, blocks.c.target_id == viewer_id)
    return and_(reads, reads_here, ~is_blocked)


def visible_ids(connection: Connection, post_ids: Collection[int], viewer_id: int | None) -> set[int]:
    """Those of the posts that a viewer may see; of a boost, both itself and what it passes on."""
    shown = _shown(connection, post_ids, viewer_id)
    targets = _shown(connection, {target for target in shown.values() if target is not None}, viewer_id)
    return {post_id for post_id, target in shown.items() if target is None or target in targets}


def get_visible(connection: Connection, post_id: int, viewer_id: int | None) -> Post:
    """The post or boost, if the viewer may see it.

    Raises:
        NotFound: there is none, or it is not for the viewer: both look the same.
    """
    post = get_post(connection, post_id)
    if not is_visible(connection, post, viewer_id):
        raise NotFound(f"post {post_id} is not visible to {viewer_id}")
    return post


def is_visible(connection: Connection, post: Post, viewer_id: int | None) -> bool:
    """Whether the viewer may see a post or boost that is in hand."""
    return post.id in visible_ids(connection, [post.id], viewer_id)


def concerns_host(connection: Connection, post: Post, host: str) -> bool:
    """Whether somebody of another server follows the author of a post or is named in it."""
    there = and_(actors.c.host == host, is_in(actors))
    follower = select(actors.c.id).join(follows, follows.c.follower_id == actors.c.id)
    named = select(actors.c.id).join(mentions, mentions.c.actor_id == actors.c.id)
    either = union_all(
        follower.where(there, follows.c.target_id == post.author_id, follows.c.accepted),
        named.where(there, mentions.c.post_id == post.id),
    )
    return connection.execute(either.limit(1)).first() is not None


def _shown(connection: Connection, post_ids: Collection[int], viewer_id: int | None) -> dict[int, int | None]:
    """Those of the rows that a viewer may see, each with what it boosts."""
    if not post_ids:
        return {}
    statement = select(posts.c.id, posts.c.boost_of_id).where(posts.c.id.in_(post_ids), visible_to(viewer_id))
    return {row.id: row.boost_of_id for row in connection.execute(statement)}
