"""The full-text index of posts: FTS5 on SQLite, tsvector on PostgreSQL, asked in the same words."""

import re

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, text

from usi_fed.actors.model import Actor
from usi_fed.actors.tables import actors
from usi_fed.media.store import media_of
from usi_fed.posts.model import Post
from usi_fed.posts.polls_store import find_poll
from usi_fed.posts.store import mentioned_ids
from usi_fed.posts.tables import bookmarks, likes, mentions, posts
from usi_fed.posts.visibility import visible_to
from usi_fed.text.plain import to_text

MOST_WORDS = 12
_WORD = re.compile(r"[^\W_]+", re.UNICODE)

_boosts = posts.alias("own_boosts")


def index_post(connection: Connection, post: Post, author: Actor) -> None:
    """Make a post findable, if anybody here may find it: it is ours, concerns us, or its author wants to be found.

    Call it again after an edit.
    """
    unindex_post(connection, post.id)
    if post.is_boost or not _concerns_us(connection, post, author):
        return
    put_words(connection, post)


def put_words(connection: Connection, post: Post) -> None:
    """Index the words of a post, also of one that somebody here only liked or kept."""
    unindex_post(connection, post.id)
    words = _words_of(connection, post)
    if _is_sqlite(connection):
        statement = "INSERT INTO post_words (rowid, words) VALUES (:id, :words)"
    else:
        statement = "INSERT INTO post_words (post_id, words) VALUES (:id, to_tsvector('simple', :words))"
    connection.execute(text(statement), {"id": post.id, "words": words})


def unindex_post(connection: Connection, post_id: int) -> None:
    """Take a post out of the index."""
    key = "rowid" if _is_sqlite(connection) else "post_id"
    connection.execute(text(f"DELETE FROM post_words WHERE {key} = :id"), {"id": post_id})  # noqa: S608 - a constant


def find_posts_with(
    connection: Connection,
    viewer_id: int,
    phrase: str,
    *,
    limit: int,
    offset: int = 0,
    author_id: int | None = None,
    max_id: int | None = None,
    min_id: int | None = None,
) -> list[Post]:
    """Posts with all the words of the phrase, newest first, of those that the viewer may search.

    These are public posts of authors who want to be found (FEP-5feb), and any visible ones that the viewer wrote,
    is named in, liked, boosted or kept.
    """
    wanted = _WORD.findall(phrase)[:MOST_WORDS]
    if not wanted:
        return []
    statement = (
        select(posts)
        .join(actors, actors.c.id == posts.c.author_id)
        .where(_match(connection), visible_to(viewer_id), _may_be_searched(viewer_id))
        .order_by(posts.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    if author_id is not None:
        statement = statement.where(posts.c.author_id == author_id)
    if max_id is not None:
        statement = statement.where(posts.c.id < max_id)
    if min_id is not None:
        statement = statement.where(posts.c.id > min_id)
    return [Post(*row) for row in connection.execute(statement, {"phrase": _query(connection, wanted)})]


def _concerns_us(connection: Connection, post: Post, author: Actor) -> bool:
    if author.is_local or (post.visibility == "public" and author.indexable):
        return True
    named = list(mentioned_ids(connection, post.id))
    if not named:
        return False
    return (
        connection.execute(select(actors.c.id).where(actors.c.id.in_(named), actors.c.host == "")).first() is not None
    )


def _words_of(connection: Connection, post: Post) -> str:
    poll = find_poll(connection, post.id) if post.kind == "Question" else None
    options = [option["title"] for option in poll.options] if poll else []
    pictures = [file.description for file in media_of(connection, [post.id]).get(post.id, [])]
    return "\n".join([post.title, post.warning, to_text(post.content), *options, *pictures])


def _may_be_searched(viewer_id: int) -> ColumnElement[bool]:
    return or_(
        posts.c.author_id == viewer_id,
        and_(posts.c.visibility == "public", actors.c.indexable),
        exists().where(mentions.c.post_id == posts.c.id, mentions.c.actor_id == viewer_id),
        exists().where(likes.c.post_id == posts.c.id, likes.c.actor_id == viewer_id),
        exists().where(bookmarks.c.post_id == posts.c.id, bookmarks.c.actor_id == viewer_id),
        exists().where(_boosts.c.boost_of_id == posts.c.id, _boosts.c.author_id == viewer_id),
    )


def _match(connection: Connection) -> ColumnElement[bool]:
    if _is_sqlite(connection):
        return posts.c.id.in_(text("SELECT rowid FROM post_words WHERE words MATCH :phrase").columns(posts.c.id))
    found = text("SELECT post_id FROM post_words WHERE words @@ to_tsquery('simple', :phrase)")
    return posts.c.id.in_(found.columns(posts.c.id))


def _query(connection: Connection, words: list[str]) -> str:
    """All words, the last one also as a beginning: what is being typed is found while it is typed."""
    if _is_sqlite(connection):
        return " ".join(f'"{word}"' for word in words) + "*"
    return " & ".join(words) + ":*"


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"
