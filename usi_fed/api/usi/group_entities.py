"""What the methods about groups give: the types, and how they are made."""

from datetime import datetime
from typing import Annotated

import msgspec

from usi_fed.actors.model import Actor
from usi_fed.api.usi.entities import Person, person_entity
from usi_fed.groups.discussion import ListedTopic
from usi_fed.groups.model import Admission, GroupPost, Posting
from usi_fed.groups.standing import GroupStanding, Place
from usi_fed.moderation.model import Report
from usi_fed.posts.model import Post


class GroupEntity(msgspec.Struct, rename={"is_local": "local"}):
    """A group, ours or another server's, and as what the one who asks stands to it."""

    group: Person
    is_local: bool
    admission: Annotated[Admission, msgspec.Meta(description="How one comes in; elsewhere as far as it can be seen")]
    posting: Annotated[Posting | None, msgspec.Meta(description="Who may post; null of other servers' groups")]
    rules: Annotated[str, msgspec.Meta(description="HTML")]
    how: Annotated[str, msgspec.Meta(description="How one takes part, in plain text")]
    state: Place
    banned_until: datetime | None


class MyGroup(msgspec.Struct):
    """A group to which somebody belongs, asks to belong, or is invited, and how many posts in it are new to them."""

    group: Person
    state: Place
    unread: int


class TopicEntity(msgspec.Struct, rename={"is_locked": "locked"}):
    """A topic. Its `id` is the id of the status that begins it."""

    id: str
    title: str
    url: str
    is_locked: bool
    pinned: Annotated[int | None, msgspec.Meta(description="Its place among those shown first")]
    summary: Annotated[str, msgspec.Meta(description="HTML, by those who look after the group")]
    posts: int
    unread: int
    last_post_at: datetime


class QueuedPost(msgspec.Struct):
    """A post that waits. Its `id` is that of the status."""

    id: str
    author: Person
    title: str
    content: Annotated[str, msgspec.Meta(description="HTML")]
    at: datetime


class GroupReportEntity(msgspec.Struct):
    """A report about posts in a group; who has sent it is not said."""

    id: str
    category: str
    comment: str
    posts: list[str]
    at: datetime


def group_entity(standing: GroupStanding) -> GroupEntity:
    """A group as somebody stands to it."""
    led = standing.led
    return GroupEntity(
        group=person_entity(standing.group),
        is_local=standing.group.is_local,
        admission=standing.admission,
        posting=led.posting if led else None,
        rules=led.rules if led else "",
        how=led.how if led else "",
        state=standing.place,
        banned_until=standing.until,
    )


def topic_entity(listed: ListedTopic, group: Actor) -> TopicEntity:
    """A topic as somebody has read it."""
    topic = listed.topic
    return TopicEntity(
        id=str(topic.post_id),
        title=topic.title,
        url=f"{group.url or group.uri}/topics/{topic.post_id}",
        is_locked=topic.locked,
        pinned=topic.pinned,
        summary=topic.summary,
        posts=topic.posts_count,
        unread=listed.unread,
        last_post_at=topic.last_post_at,
    )


def queued_post(row: GroupPost, post: Post, author: Actor) -> QueuedPost:
    """A post that waits, with its author."""
    return QueuedPost(str(post.id), person_entity(author), post.title, post.content, row.at)


def group_report_entity(report: Report) -> GroupReportEntity:
    """A report without its sender."""
    posts = [str(one) for one in report.post_ids]
    return GroupReportEntity(str(report.id), report.category, report.comment, posts, report.created_at)
