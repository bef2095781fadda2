"""Groups, their topics and what was posted to them, as the house knows them."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal, NamedTuple

from usi_fed.activitypub.organisation_parsing import OrganisationKind

Admission = Literal["open", "ask", "invited"]
Posting = Literal["members", "anyone"]
PostState = Literal["accepted", "waiting", "refused", "removed"]

JOINED_BY_FOLLOWING: Collection[OrganisationKind] = ("Group", "EmployerNetwork")
"""Kinds to which one belongs by following; of a branch a follower is only a supporter."""


class Group(NamedTuple):
    """How a group of ours is led. The fields are the columns of `groups`, in order."""

    actor_id: int
    admission: Admission
    posting: Posting
    rules: str = ""
    rules_source: str = ""
    how: str = ""


class Topic(NamedTuple):
    """A thread in a group. The fields are the columns of `topics`, in order."""

    group_id: int
    post_id: int
    title: str
    locked: bool
    pinned: int | None
    summary: str
    summary_source: str
    summary_by: int | None
    summary_at: datetime | None
    posts_count: int
    last_post_at: datetime


class GroupPost(NamedTuple):
    """A post that was sent to a group. The fields are the columns of `group_posts`, in order."""

    group_id: int
    post_id: int
    topic_id: int
    state: PostState
    decided_by: int | None
    reason: str
    at: datetime
    activity: str | None

    @property
    def begins_topic(self) -> bool:
        """Whether it is the first post of its thread in the group."""
        return self.post_id == self.topic_id


class GroupReport(NamedTuple):
    """A report about a post in a group. The fields are the columns of `group_reports`, in order."""

    group_id: int
    report_id: int
    settled_at: datetime | None
    settled_by: int | None


class Question(NamedTuple):
    """A Join, a Follow or an Invite that waits for its answer."""

    uri: str
    kind: Literal["Join", "Follow", "Invite"]
    actor_uri: str
    object_uri: str
    target_uri: str | None = None

    def document(self) -> dict[str, str]:
        """As it stands inside of the answer."""
        named = {"id": self.uri, "type": self.kind, "actor": self.actor_uri, "object": self.object_uri}
        return named | ({"target": self.target_uri} if self.target_uri else {})
