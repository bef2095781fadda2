"""The full-text index of posts: FTS5 on SQLite, tsvector on PostgreSQL, asked in the same words.

A post that is deleted leaves the index by the database's own rules (migration 0001).
"""

import re

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, text

from usi_fed.actors.model import Actor
from usi_fed.actors.tables import actors
from usi_fed.media.store import media_of
from usi_fed.posts.model import Post
from usi_fed.posts.polls_store import find_poll
from usi_fed.posts.tables import bookmarks, likes, mentions, posts
from usi_fed.posts.visibility import visible_to
from usi_fed.text.plain import to_text

MOST_WORDS = 12
_WORD = re.compile(r"[^\W_]+", re.UNICODE)

_boosts = posts.alias("own_boosts")


def index_new_post(connection: Connection, post: Post, author: Actor, *, concerns_us: bool) -> None:
    """Make a new post findable, if anybody here may find it: it is ours, concerns us, or its author wants it."""
    if concerns_us or author.is_local or (post.visibility == "public" and author.indexable):
        put_words(connection, post)


def index_edited_post(connection: Connection, post: Post) -> None:
    """Bring the index to what an edited post says now, if it is in it."""
    key = "rowid" if _is_sqlite(connection) else "post_id"
    known = connection.execute(text(f"SELECT 1 FROM post_words WHERE {key} = :id"), {"id": post.id})  # noqa: S608
    if known.first() is not None:
        put_words(connection, post)


def put_words(connection: Connection, post: Post) -> None:
    """Index the words of a post, also of one that somebody here only liked or kept; what was there is replaced."""
    words = _words_of(connection, post)
    if _is_sqlite(connection):
        statement = "INSERT OR REPLACE INTO post_words (rowid, words) VALUES (:id, :words)"
    else:
        statement = (
            "INSERT INTO post_words (post_id, words) VALUES (:id, to_tsvector('simple', :words)) "
            "ON CONFLICT (post_id) DO UPDATE SET words = excluded.words"
        )
    connection.execute(text(statement), {"id": post.id, "words": words})


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


def _words_of(connection: Connection, post: Post) -> str:
    poll = find_poll(connection, post.id) if post.kind == "Question" else None
    options = [option["title"] for option in poll.options] if poll else []
    pictures = [file.description for file in media_of(connection, [post.id]).get(post.id, [])]
    others = [text for one in post.wordings for text in (one["title"], one["warning"], to_text(one["content"]))]
    return "\n".join([post.title, post.warning, to_text(post.content), *others, *options, *pictures])


def _may_be_searched(viewer_id: int) -> ColumnElement[bool]:
    # What is said in a circle only its author finds again by its words.
    others = or_(
        and_(posts.c.visibility == "public", actors.c.indexable),
        exists().where(mentions.c.post_id == posts.c.id, mentions.c.actor_id == viewer_id),
        exists().where(likes.c.post_id == posts.c.id, likes.c.actor_id == viewer_id),
        exists().where(bookmarks.c.post_id == posts.c.id, bookmarks.c.actor_id == viewer_id),
        exists().where(_boosts.c.boost_of_id == posts.c.id, _boosts.c.author_id == viewer_id),
    )
    return or_(posts.c.author_id == viewer_id, and_(posts.c.level != "circle", others))


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
