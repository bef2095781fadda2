"""Reading a group: its topics, how far somebody has read them, and what is new since the last visit."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors
from usi_fed.errors import NotFound
from usi_fed.groups import topics_store
from usi_fed.groups.knowing import may_know
from usi_fed.groups.leading import our_group
from usi_fed.groups.model import Topic
from usi_fed.outbox.desk import Desk
from usi_fed.translation import decimal, ngettext
from usi_fed.unions.memberships_store import organisations_of

MOST_IN_DIGEST = 30


@dataclass(frozen=True, slots=True)
class ListedTopic:
    """A topic in the list of a group, with the number of posts in it that its reader has not read."""

    topic: Topic
    unread: int


@dataclass(frozen=True, slots=True)
class News:
    """What came into the groups of somebody since a moment: for each group its topics, those with the latest first."""

    since: datetime
    groups: tuple[tuple[Actor, tuple[ListedTopic, ...]], ...]


def list_topics(
    connection: Connection, group_id: int, reader: Actor | None, limit: int, before: datetime | None = None
) -> list[ListedTopic]:
    """The topics of a group of ours for a reader; `before` is the `last_post_at` of the last one of a page.

    Raises:
        NotFound: there is no such group, or none for this reader.
    """
    _, group = our_group(connection, group_id)
    if not may_know(connection, group, reader):
        raise NotFound(f"{group_id} is no group of ours")
    reader_id = reader.id if reader is not None else None
    return [ListedTopic(*row) for row in topics_store.topics_of(connection, group_id, reader_id, limit, before)]


def get_listed(connection: Connection, group_id: int, post_id: int, reader_id: int | None) -> ListedTopic:
    """A topic, as a reader has read it.

    Raises:
        NotFound: there is no such topic.
    """
    found = topics_store.find_with_unread(connection, group_id, post_id, reader_id)
    if found is None:
        raise NotFound(f"no topic {post_id} in {group_id}")
    return ListedTopic(*found)


def mark_read(connection: Connection, desk: Desk, person_id: int, group_id: int, post_id: int) -> None:
    """Somebody has read a topic, as it is now.

    Raises:
        NotFound: there is no such topic.
    """
    if topics_store.find_topic(connection, group_id, post_id) is None:
        raise NotFound(f"no topic {post_id} in {group_id}")
    topics_store.mark_read(connection, person_id, post_id, desk.now)


def news_for(connection: Connection, person_id: int, since: datetime) -> News:
    """What came into the groups to which somebody belongs, and that they have not read."""
    mine = [group.id for group in organisations_of(connection, person_id)]
    found: dict[int, list[ListedTopic]] = {}
    for topic, unread in topics_store.new_in(connection, mine, person_id, since, MOST_IN_DIGEST):
        found.setdefault(topic.group_id, []).append(ListedTopic(topic, unread))
    groups = find_actors(connection, found)
    return News(since, tuple((groups[group_id], tuple(topics)) for group_id, topics in found.items()))


def digest_text(news: News) -> str:
    """The same as plain text in the language of whoever reads, for a mail or a page; empty without news."""
    parts = []
    for group, topics in news.groups:
        lines = [group.name or group.username, group.url or group.uri]
        for one in topics:
            new = ngettext("%(number)s new post", "%(number)s new posts", one.unread, number=decimal(one.unread))
            lines.append(f"- {one.topic.title}: {new}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)
