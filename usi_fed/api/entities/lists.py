"""Small things of the reader's own: List, Marker, Tag, Report."""

from typing import Any

from usi_fed.clock import iso
from usi_fed.moderation.model import Report
from usi_fed.timelines.model import List, Marker
from usi_fed.urls import Urls


def list_entity(one: List) -> dict[str, Any]:
    """Spec: ../shared/mastodon-api/openapi.json `List`"""
    return {
        "id": str(one.id),
        "title": one.title,
        "replies_policy": one.replies_policy,
        "exclusive": one.exclusive,
    }


def marker_entity(marker: Marker) -> dict[str, Any]:
    """Spec: ../shared/mastodon-api/openapi.json `Marker`"""
    return {
        "last_read_id": str(marker.last_read_id),
        "version": marker.version,
        "updated_at": iso(marker.updated_at),
    }


def tag_entity(tag_id: int, name: str, urls: Urls, *, following: bool | None = None) -> dict[str, Any]:
    """A hashtag; `following` only when somebody is signed in. Spec: ../shared/mastodon-api/openapi.json `Tag`"""
    entity: dict[str, Any] = {"id": str(tag_id), "name": name, "url": urls.tag(name), "history": []}
    if following is not None:
        entity |= {"following": following, "featuring": False}
    return entity


def report_entity(report: Report, target: dict[str, Any]) -> dict[str, Any]:
    """Spec: ../shared/mastodon-api/openapi.json `Report`"""
    return {
        "id": str(report.id),
        "action_taken": report.resolved_at is not None,
        "action_taken_at": iso(report.resolved_at) if report.resolved_at else None,
        "category": report.category,
        "comment": report.comment,
        "forwarded": report.forwarded,
        "created_at": iso(report.created_at),
        "status_ids": [str(post_id) for post_id in report.post_ids],
        "rule_ids": None,
        "target_account": target,
    }
