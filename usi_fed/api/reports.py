"""Telling the moderators about somebody."""

from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection

from usi_fed.accounts.store import moderator_ids
from usi_fed.actors.model import Actor
from usi_fed.api.call import Call
from usi_fed.api.entities.lists import report_entity
from usi_fed.api.methods import Method, for_people
from usi_fed.api.params import Id
from usi_fed.api.people import accounts_of, get_shown
from usi_fed.errors import InvalidInput
from usi_fed.moderation.model import Report
from usi_fed.moderation.store import add_report
from usi_fed.posts.store import find_posts
from usi_fed.posts.visibility import get_visible
from usi_fed.timelines.model import NotificationKind
from usi_fed.timelines.notifications_store import notify
from usi_fed.urls import Urls

LONGEST_COMMENT = 1000
MOST_POSTS = 100


class ReportParams(msgspec.Struct):
    """Who is reported, for what."""

    account_id: Id
    status_ids: list[Id] = msgspec.field(default_factory=list)
    comment: str = ""
    forward: bool = False
    category: Literal["spam", "legal", "violation", "other"] = "other"


async def create(call: Call) -> dict[str, Any]:
    """POST /api/v1/reports"""
    asked = await call.read(ReportParams)
    if len(asked.comment) > LONGEST_COMMENT:
        raise InvalidInput("comment", f"may have at most {LONGEST_COMMENT} characters")
    reporter = await call.actor()
    report = await call.house.database.write(_report, reporter, asked, call.house.clock())
    if report.forwarded:
        uris = await call.house.database.read(_uris, report.post_ids)
        await call.house.publisher.flag(report.target_id, uris, asked.comment)
    return await call.house.database.read(_show, report, call.house.urls)


def _report(connection: Connection, reporter: Actor, asked: ReportParams, now: datetime) -> Report:
    target = get_shown(connection, asked.account_id)
    if target.id == reporter.id:
        raise InvalidInput("account_id", "is your own account")
    values = {
        "reporter_id": reporter.id,
        "target_id": target.id,
        "post_ids": _post_ids(connection, asked.status_ids[:MOST_POSTS], target, reporter.id),
        "comment": asked.comment,
        "category": asked.category,
        "forwarded": asked.forward and not target.is_local,
    }
    report = add_report(connection, values, now)
    if report is None:
        raise AssertionError("a report without an identity is always new")
    for moderator in moderator_ids(connection):
        notify(connection, moderator, NotificationKind.REPORT, reporter, now, report_id=report.id)
    return report


def _post_ids(connection: Connection, asked: list[int], target: Actor, viewer_id: int) -> list[int]:
    """The reported posts, which are the target's and which the reporter can see."""
    found = [get_visible(connection, post_id, viewer_id) for post_id in asked]
    if any(post.author_id != target.id for post in found):
        raise InvalidInput("status_ids", "must be posts of the reported account")
    return [post.id for post in found]


def _uris(connection: Connection, post_ids: list[int]) -> list[str]:
    return [post.uri for post in find_posts(connection, post_ids).values()]


def _show(connection: Connection, report: Report, urls: Urls) -> dict[str, Any]:
    return report_entity(report, accounts_of(connection, [get_shown(connection, report.target_id)], urls)[0])


METHODS: list[Method] = [
    for_people("POST", "/api/v1/reports", create, "write:reports"),
]
