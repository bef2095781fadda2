"""What a list of posts needs to be shown to a reader, in one statement.

The rest of a post does not depend on who reads it; the revisions that this gives say whether it has changed.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Connection, Select, and_, bindparam, exists, func, or_, select

from usi_fed.actors.store import is_in, is_known_to
from usi_fed.actors.tables import actors, follows
from usi_fed.db.paging import Window, bounds_of, newest_first, windowed_once
from usi_fed.db.prepared import Prepared
from usi_fed.posts.tables import bookmarks, likes, pins, poll_votes, posts, thread_mutes
from usi_fed.posts.visibility import open_to
from usi_fed.timelines.tables import home_entries

NOBODY = -1

_VIEWER: BindParameter[int] = bindparam("viewer")
_boost = posts.alias("boost")
_shown = posts.alias("shown")
_booster = actors.alias("booster")
_author = actors.alias("author")


class ActorKey(NamedTuple):
    """An actor and what its account entity is made of: the same key, the same entity."""

    id: int
    revision: int
    followers: int
    following: int
    posts: int


class PostKey(NamedTuple):
    """A post and its revision: the same key, the same entity."""

    id: int
    revision: int


class Row(NamedTuple):
    """One line of a timeline. `post` is what is shown, `boost` the boost that brought it, if any."""

    post: PostKey
    author: ActorKey
    boost: PostKey | None
    booster: ActorKey | None
    liked: bool
    boosted: bool
    bookmarked: bool
    pinned: bool
    muted: bool
    follows_author: bool
    quotes: int


def _flag(table: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's aliases
    return exists().where(table.c.post_id == _shown.c.id, table.c.actor_id == _VIEWER)


def _rows() -> Select[Any]:
    """One row for each wanted `_boost`, which is the post itself when it is no boost."""
    own_boost, quote = posts.alias("own_boost"), posts.alias("quote")
    return select(
        _shown.c.id,
        _shown.c.revision,
        *_account_columns(_author),
        _boost.c.id,
        _boost.c.revision,
        *_account_columns(_booster),
        _flag(likes),
        exists().where(own_boost.c.boost_of_id == _shown.c.id, own_boost.c.author_id == _VIEWER),
        _flag(bookmarks),
        _flag(pins),
        exists().where(thread_mutes.c.thread_id == _shown.c.thread_id, thread_mutes.c.actor_id == _VIEWER),
        exists().where(follows.c.target_id == _author.c.id, follows.c.follower_id == _VIEWER, follows.c.accepted),
        select(func.count())
        .where(quote.c.quote_of_id == _shown.c.id, quote.c.quote_state == "accepted")
        .scalar_subquery(),
    )


def _account_columns(who: Any) -> list[ColumnElement[Any]]:  # noqa: ANN401 - an alias of actors
    return [who.c.id, who.c.revision, who.c.followers_count, who.c.following_count, who.c.posts_count]


_JOINS = (
    _boost.join(_shown, _shown.c.id == func.coalesce(_boost.c.boost_of_id, _boost.c.id))
    .join(_author, _author.c.id == _shown.c.author_id)
    .join(_booster, _booster.c.id == _boost.c.author_id)
)
# Read anew each time: a follow may have ended, or a name may be out of the post, since it was put into a timeline.
_MAY_SEE = and_(
    is_in(_author),
    is_known_to(_VIEWER, _author),
    open_to(_VIEWER, _shown),
    or_(
        _boost.c.boost_of_id.is_(None), and_(is_in(_booster), is_known_to(_VIEWER, _booster), open_to(_VIEWER, _boost))
    ),
)
_ROWS = _rows().where(_MAY_SEE)
_HOME = _ROWS.select_from(_JOINS.join(home_entries, home_entries.c.post_id == _boost.c.id)).where(
    home_entries.c.owner_id == _VIEWER
)
_HOME_DOWN, _HOME_UP = (
    Prepared(windowed_once(_HOME, home_entries.c.post_id, upward=upward)) for upward in (False, True)
)


@cache
def _by_ids(count: int) -> Prepared:
    wanted: list[BindParameter[int]] = [bindparam(f"id{number}") for number in range(count)]
    return Prepared(_ROWS.select_from(_JOINS).where(_boost.c.id.in_(wanted)))


def find_rows(connection: Connection, post_ids: Sequence[int], viewer_id: int | None) -> dict[int, Row]:
    """What is needed to show posts and boosts to a viewer, by id; unknown ones are left out.

    So are those that the viewer may not see.
    """
    if not post_ids:
        return {}
    # Filled up to a power of two, so that few statements serve lists of any length.
    count = 1 << (len(post_ids) - 1).bit_length()
    ids = [*post_ids, *[post_ids[-1]] * (count - len(post_ids))]
    values = {f"id{number}": post_id for number, post_id in enumerate(ids)}
    rows = map(_row, _by_ids(count).all(connection, {"viewer": NOBODY if viewer_id is None else viewer_id, **values}))
    return {row.boost.id if row.boost else row.post.id: row for row in rows}


def home_rows(connection: Connection, viewer_id: int, window: Window) -> list[Row]:
    """A page of the home timeline, newest first: one walk along an index."""
    statement = _HOME_DOWN if window.min_id is None else _HOME_UP
    rows = statement.all(connection, {"viewer": viewer_id, **bounds_of(window)})
    return newest_first([_row(row) for row in rows], window)


def _row(row: Any) -> Row:  # noqa: ANN401 - a row of the statements above
    is_boost = row[0] != row[7]
    return Row(
        PostKey(row[0], row[1]),
        ActorKey(*row[2:7]),
        PostKey(row[7], row[8]) if is_boost else None,
        ActorKey(*row[9:14]) if is_boost else None,
        *row[14:21],
    )


def own_votes(connection: Connection, post_ids: Sequence[int], viewer_id: int) -> dict[int, list[int]]:
    """What a viewer chose in polls, by post."""
    statement = (
        select(poll_votes.c.post_id, poll_votes.c.choice)
        .where(poll_votes.c.post_id.in_(post_ids), poll_votes.c.actor_id == viewer_id)
        .order_by(poll_votes.c.choice)
    )
    found: dict[int, list[int]] = {}
    for post_id, choice in connection.execute(statement):
        found.setdefault(post_id, []).append(choice)
    return found
