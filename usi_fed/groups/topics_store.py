"""All SQL about the topics of groups and who has read them how far."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, delete, func, literal, select, update

from usi_fed.db.columns import Moment
from usi_fed.db.database import insert
from usi_fed.groups.model import Topic
from usi_fed.groups.tables import group_posts, read_marks, topics
from usi_fed.posts.tables import posts


def find_topic(connection: Connection, group_id: int, post_id: int) -> Topic | None:
    """The topic that a post begins in a group."""
    where = (topics.c.group_id == group_id, topics.c.post_id == post_id)
    row = connection.execute(select(topics).where(*where)).first()
    return None if row is None else Topic(*row)


def topics_at(connection: Connection, post_id: int) -> list[Topic]:
    """The topics that a post begins, in whichever groups, ours and others'."""
    return [Topic(*row) for row in connection.execute(select(topics).where(topics.c.post_id == post_id))]


def put_topic(connection: Connection, topic: Topic) -> None:
    """Begin a topic, unless it has begun."""
    connection.execute(insert(connection, topics).values(topic._asdict()).on_conflict_do_nothing())


def change_topic(connection: Connection, topic: Topic, **changes: Any) -> Topic:  # noqa: ANN401 - columns
    """Something else holds for a topic."""
    where = (topics.c.group_id == topic.group_id, topics.c.post_id == topic.post_id)
    connection.execute(update(topics).where(*where).values(changes))
    return topic._replace(**changes)


def drop_topic(connection: Connection, group_id: int, post_id: int) -> None:
    """A topic is no more."""
    connection.execute(delete(topics).where(topics.c.group_id == group_id, topics.c.post_id == post_id))


def count_anew(connection: Connection, group_id: int, topic_id: int) -> None:
    """Let a topic say how many posts it has, and when the last one came."""
    chosen = select(func.count(), func.max(group_posts.c.at, type_=Moment())).where(
        group_posts.c.group_id == group_id, group_posts.c.topic_id == topic_id, group_posts.c.state == "accepted"
    )
    number, latest = connection.execute(chosen).one()
    if number:
        where = (topics.c.group_id == group_id, topics.c.post_id == topic_id)
        connection.execute(update(topics).where(*where).values(posts_count=number, last_post_at=latest))


def most_pinned(connection: Connection, group_id: int) -> int:
    """The highest number in the order of the pinned topics; 0 without any."""
    return connection.execute(select(func.max(topics.c.pinned)).where(topics.c.group_id == group_id)).scalar() or 0


def least_pinned(connection: Connection, group_id: int) -> int:
    """The lowest number in the order of the pinned topics; 1 without any."""
    least = connection.execute(select(func.min(topics.c.pinned)).where(topics.c.group_id == group_id)).scalar()
    return 1 if least is None else int(least)


def topics_of(
    connection: Connection,
    group_id: int,
    reader_id: int | None,
    limit: int,
    before: datetime | None = None,
) -> list[tuple[Topic, int]]:
    """Topics with the number of posts in each that the reader has not read, those with the latest post first.

    The pinned ones come before all others, on the first page. Without a reader nothing is unread.
    """
    statement = select(topics, _unread(reader_id)).where(topics.c.group_id == group_id)
    statement = _with_marks(statement, reader_id)
    if before is not None:
        statement = statement.where(topics.c.last_post_at < before, topics.c.pinned.is_(None))
    order = (case((topics.c.pinned.is_(None), 1), else_=0), topics.c.pinned, topics.c.last_post_at.desc())
    rows = connection.execute(statement.order_by(*order, topics.c.post_id.desc()).limit(limit))
    width = len(Topic._fields)
    return [(Topic(*row[:width]), row[width]) for row in rows]


def posts_in_topic(connection: Connection, group_id: int, topic_id: int, limit: int, start: int = 0) -> list[int]:
    """The posts of a topic that stand in the group, the first one first; `start` is how many are left out."""
    statement = (
        select(group_posts.c.post_id)
        .where(
            group_posts.c.group_id == group_id, group_posts.c.topic_id == topic_id, group_posts.c.state == "accepted"
        )
        .order_by(group_posts.c.at, group_posts.c.post_id)
        .limit(limit)
        .offset(start)
    )
    return list(connection.execute(statement).scalars())


def find_with_unread(
    connection: Connection, group_id: int, post_id: int, reader_id: int | None
) -> tuple[Topic, int] | None:
    """A topic with the number of posts in it that the reader has not read."""
    statement = select(topics, _unread(reader_id)).where(topics.c.group_id == group_id, topics.c.post_id == post_id)
    row = connection.execute(_with_marks(statement, reader_id)).first()
    width = len(Topic._fields)
    return None if row is None else (Topic(*row[:width]), row[width])


def count_unread(connection: Connection, group_ids: Iterable[int], reader_id: int) -> dict[int, int]:
    """How many posts of others stand in each of these groups that the reader has not read."""
    statement = (
        select(group_posts.c.group_id, func.count())
        .join(posts, posts.c.id == group_posts.c.post_id)
        .outerjoin(
            read_marks,
            and_(read_marks.c.topic_id == group_posts.c.topic_id, read_marks.c.person_id == reader_id),
        )
        .where(
            group_posts.c.group_id.in_(list(group_ids)),
            group_posts.c.state == "accepted",
            posts.c.author_id != reader_id,
            group_posts.c.at > func.coalesce(read_marks.c.read_to, 0),
        )
        .group_by(group_posts.c.group_id)
    )
    return {row[0]: row[1] for row in connection.execute(statement)}


def new_in(
    connection: Connection, group_ids: Iterable[int], reader_id: int, since: datetime, limit: int
) -> list[tuple[Topic, int]]:
    """Topics of these groups in which something came since then that the reader has not read, with how many posts."""
    statement = _with_marks(select(topics, _unread(reader_id, since)), reader_id)
    statement = statement.where(topics.c.group_id.in_(list(group_ids)), topics.c.last_post_at > since)
    rows = connection.execute(statement.order_by(topics.c.last_post_at.desc(), topics.c.post_id.desc()).limit(limit))
    width = len(Topic._fields)
    return [(Topic(*row[:width]), row[width]) for row in rows if row[width]]


def _unread(reader_id: int | None, since: datetime | None = None) -> Any:  # noqa: ANN401 - a column
    if reader_id is None:
        return literal(0)
    newer = group_posts.c.at > func.coalesce(read_marks.c.read_to, 0)
    statement = (
        select(func.count())
        .select_from(group_posts.join(posts, posts.c.id == group_posts.c.post_id))
        .where(
            group_posts.c.group_id == topics.c.group_id,
            group_posts.c.topic_id == topics.c.post_id,
            group_posts.c.state == "accepted",
            posts.c.author_id != reader_id,
            newer,
        )
        .correlate(topics, read_marks)
    )
    if since is not None:
        statement = statement.where(group_posts.c.at > since)
    return statement.scalar_subquery()


def _with_marks(statement: Any, reader_id: int | None) -> Any:  # noqa: ANN401 - a statement of any columns
    if reader_id is None:
        return statement
    mine = and_(read_marks.c.topic_id == topics.c.post_id, read_marks.c.person_id == reader_id)
    return statement.outerjoin(read_marks, mine)


def mark_read(connection: Connection, person_id: int, topic_id: int, read_to: datetime) -> None:
    """Somebody has read a topic up to then; never back to an earlier moment."""
    values = {"person_id": person_id, "topic_id": topic_id, "read_to": read_to}
    statement = insert(connection, read_marks).values(values)
    latest = case(
        (statement.excluded.read_to > read_marks.c.read_to, statement.excluded.read_to), else_=read_marks.c.read_to
    )
    keys = ["person_id", "topic_id"]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_={"read_to": latest}))
