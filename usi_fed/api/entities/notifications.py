"""Notification, single and grouped. Spec: ../shared/mastodon-api/openapi.json `Notification`, `NotificationGroup`"""

from typing import Any

from usi_fed.clock import iso
from usi_fed.timelines.model import Notification


def notification_entity(
    told: Notification, account: dict[str, Any], status: dict[str, Any] | None, report: dict[str, Any] | None = None
) -> dict[str, Any]:
    """One thing somebody is told; `account` is who caused it, `report` what a moderator is told of."""
    entity = {
        "id": str(told.id),
        "type": told.kind.value,
        "created_at": iso(told.created_at),
        "group_key": group_key(told),
        "account": account,
    }
    if status is not None:
        entity["status"] = status
    if report is not None:
        entity["report"] = report
    return entity


def group_entity(told: Notification, report: dict[str, Any] | None = None) -> dict[str, Any]:
    """A group of one: each stands for itself, as Mastodon's ungrouped kinds do."""
    entity = {
        "group_key": group_key(told),
        "notifications_count": 1,
        "type": told.kind.value,
        # A number, unlike every other id: typed clients such as Ice Cubes read it as one.
        "most_recent_notification_id": told.id,
        "page_min_id": str(told.id),
        "page_max_id": str(told.id),
        "latest_page_notification_at": iso(told.created_at),
        "sample_account_ids": [str(told.from_id)],
    }
    if told.post_id is not None:
        entity["status_id"] = str(told.post_id)
    if report is not None:
        entity["report"] = report
    return entity


def group_key(told: Notification) -> str:
    """The name of the group."""
    return f"ungrouped-{told.id}"
