"""Filters: what somebody does not want to read, or not without being asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, select, update

from usi_fed.clock import new_id
from usi_fed.db.database import insert
from usi_fed.db.prepared import Prepared
from usi_fed.db.turns import take_turn
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.sentences import Sentence
from usi_fed.timelines.filtering import Filter, FilteredPost, Keyword
from usi_fed.timelines.tables import filter_keywords, filter_statuses, filters

MOST_FILTERS, MOST_KEYWORDS, MOST_POSTS = 50, 100, 500

_OWN = Prepared(select(filters).where(filters.c.actor_id == bindparam("actor_id")).order_by(filters.c.id))


class FilterRow(NamedTuple):
    """What a filter is besides its words. The fields are the columns of `filters`, in order."""

    id: int
    actor_id: int
    title: str
    contexts: list[str]
    action: str
    expires_at: datetime | None


def filters_of(connection: Connection, actor_id: int) -> list[Filter]:
    """Somebody's filters with their words, also those whose time is over."""
    return _whole(connection, [FilterRow(*row) for row in _OWN.all(connection, {"actor_id": actor_id})])


def active_filters(connection: Connection, actor_id: int, now: datetime) -> list[Filter]:
    """Those of somebody's filters that are in force."""
    rows = [FilterRow(*row) for row in _OWN.all(connection, {"actor_id": actor_id})]
    return _whole(connection, [row for row in rows if row.expires_at is None or row.expires_at > now])


def get_filter(connection: Connection, actor_id: int, filter_id: int) -> Filter:
    """One of somebody's filters.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    statement = select(filters).where(filters.c.id == filter_id, filters.c.actor_id == actor_id)
    row = connection.execute(statement).first()
    if row is None:
        raise NotFound(f"no filter {filter_id} of actor {actor_id}")
    return _whole(connection, [FilterRow(*row)])[0]


def add_filter(
    connection: Connection,
    actor_id: int,
    title: str,
    contexts: Sequence[str],
    action: str,
    expires_at: datetime | None,
) -> int:
    """Make a filter without words; its id.

    Raises:
        InvalidInput: there are too many already.
    """
    take_turn(connection, actor_id)
    count = connection.execute(select(func.count()).where(filters.c.actor_id == actor_id)).scalar_one()
    if count >= MOST_FILTERS:
        raise InvalidInput("title", Sentence("there may be at most %(most)s filters", most=MOST_FILTERS))
    row = FilterRow(new_id(), actor_id, title, list(contexts), action, expires_at)
    connection.execute(filters.insert().values(row._asdict()))
    return row.id


def change_filter(connection: Connection, actor_id: int, filter_id: int, **changes: Any) -> None:  # noqa: ANN401
    """Change columns of a filter.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    get_filter(connection, actor_id, filter_id)
    if changes:
        connection.execute(update(filters).where(filters.c.id == filter_id).values(**changes))


def remove_filter(connection: Connection, actor_id: int, filter_id: int) -> None:
    """End a filter.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    get_filter(connection, actor_id, filter_id)
    connection.execute(delete(filters).where(filters.c.id == filter_id))


# ---- words ----


def set_keywords(connection: Connection, filter_id: int, keywords: Sequence[tuple[str, bool]]) -> None:
    """Replace the words of a filter, each with whether it must stand as a whole word."""
    take_turn(connection, filter_id)
    connection.execute(delete(filter_keywords).where(filter_keywords.c.filter_id == filter_id))
    for keyword, whole_word in keywords:
        add_keyword(connection, filter_id, keyword, whole_word=whole_word)


def add_keyword(connection: Connection, filter_id: int, keyword: str, *, whole_word: bool) -> Keyword:
    """Add a word to a filter.

    Raises:
        InvalidInput: it has too many.
    """
    take_turn(connection, filter_id)
    count = connection.execute(select(func.count()).where(filter_keywords.c.filter_id == filter_id)).scalar_one()
    if count >= MOST_KEYWORDS:
        raise InvalidInput("keyword", Sentence("there may be at most %(most)s words", most=MOST_KEYWORDS))
    made = Keyword(new_id(), filter_id, keyword, whole_word)
    connection.execute(filter_keywords.insert().values(made._asdict()))
    return made


def get_keyword(connection: Connection, actor_id: int, keyword_id: int) -> Keyword:
    """A word of one of somebody's filters.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    statement = (
        select(filter_keywords)
        .join(filters, filters.c.id == filter_keywords.c.filter_id)
        .where(filter_keywords.c.id == keyword_id, filters.c.actor_id == actor_id)
    )
    row = connection.execute(statement).first()
    if row is None:
        raise NotFound(f"no keyword {keyword_id} of actor {actor_id}")
    return Keyword(*row)


def change_keyword(connection: Connection, keyword_id: int, keyword: str, *, whole_word: bool) -> None:
    """Change a word."""
    values = {"keyword": keyword, "whole_word": whole_word}
    connection.execute(update(filter_keywords).where(filter_keywords.c.id == keyword_id).values(values))


def remove_keyword(connection: Connection, keyword_id: int) -> None:
    """Take a word out."""
    connection.execute(delete(filter_keywords).where(filter_keywords.c.id == keyword_id))


# ---- single posts ----


def add_filtered_post(connection: Connection, filter_id: int, post_id: int) -> FilteredPost:
    """Put a single post under a filter, once.

    Raises:
        InvalidInput: it has too many.
    """
    take_turn(connection, filter_id)
    mine = filter_statuses.c.filter_id == filter_id
    if connection.execute(select(func.count()).where(mine)).scalar_one() >= MOST_POSTS:
        raise InvalidInput("status_id", Sentence("there may be at most %(most)s posts", most=MOST_POSTS))
    values = {"id": new_id(), "filter_id": filter_id, "post_id": post_id}
    connection.execute(insert(connection, filter_statuses).values(values).on_conflict_do_nothing())
    statement = select(filter_statuses).where(mine, filter_statuses.c.post_id == post_id)
    return FilteredPost(*connection.execute(statement).one())


def get_filtered_post(connection: Connection, actor_id: int, entry_id: int) -> FilteredPost:
    """A single post under one of somebody's filters.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    statement = (
        select(filter_statuses)
        .join(filters, filters.c.id == filter_statuses.c.filter_id)
        .where(filter_statuses.c.id == entry_id, filters.c.actor_id == actor_id)
    )
    row = connection.execute(statement).first()
    if row is None:
        raise NotFound(f"no filtered post {entry_id} of actor {actor_id}")
    return FilteredPost(*row)


def remove_filtered_post(connection: Connection, entry_id: int) -> None:
    """Take a single post out."""
    connection.execute(delete(filter_statuses).where(filter_statuses.c.id == entry_id))


def _whole(connection: Connection, rows: Sequence[FilterRow]) -> list[Filter]:
    ids = [row.id for row in rows]
    if not ids:
        return []
    words: dict[int, list[Keyword]] = {}
    statement = select(filter_keywords).where(filter_keywords.c.filter_id.in_(ids)).order_by(filter_keywords.c.id)
    for word in connection.execute(statement):
        words.setdefault(word.filter_id, []).append(Keyword(*word))
    posts: dict[int, list[FilteredPost]] = {}
    for entry in connection.execute(select(filter_statuses).where(filter_statuses.c.filter_id.in_(ids))):
        posts.setdefault(entry.filter_id, []).append(FilteredPost(*entry))
    return [
        Filter(
            id=row.id,
            title=row.title,
            contexts=tuple(row.contexts),
            action=row.action,
            expires_at=row.expires_at,
            keywords=tuple(words.get(row.id, ())),
            posts=tuple(posts.get(row.id, ())),
        )
        for row in rows
    ]
