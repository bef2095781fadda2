"""What a person is told about."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class NotificationKind(StrEnum):
    """Why somebody is told, in the client API's words."""

    MENTION = "mention"
    STATUS = "status"
    BOOST = "reblog"
    FOLLOW = "follow"
    FOLLOW_REQUEST = "follow_request"
    LIKE = "favourite"
    POLL = "poll"
    UPDATE = "update"
    QUOTE = "quote"
    SIGN_UP = "admin.sign_up"
    REPORT = "admin.report"
    AFFILIATION_OFFER = "affiliation.offer"
    AFFILIATION_ANSWER = "affiliation.answer"
    AFFILIATION_END = "affiliation.end"


class Notification(NamedTuple):
    """One thing somebody is told. The fields are the columns of `notifications`, in order.

    `organisation_id` is the organisation of theirs that it concerns.
    """

    id: int
    owner_id: int
    kind: NotificationKind
    from_id: int
    post_id: int | None
    report_id: int | None
    created_at: datetime
    organisation_id: int | None = None


class List(NamedTuple):
    """A person's own selection of people they follow. The fields are the columns of `lists`, in order."""

    id: int
    owner_id: int
    title: str
    replies_policy: str
    exclusive: bool


@dataclass(frozen=True, slots=True)
class Marker:
    """Where somebody stopped reading a timeline."""

    timeline: str
    last_read_id: int
    version: int
    updated_at: datetime
