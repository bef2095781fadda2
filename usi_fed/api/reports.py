"""Telling the moderators about somebody."""

from typing import Any

import msgspec
from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.api.call import Call
from usi_fed.api.entities.lists import report_entity
from usi_fed.api.methods import Method, for_people
from usi_fed.api.params import Id
from usi_fed.api.people import accounts_of, get_known, get_shown
from usi_fed.errors import InvalidInput
from usi_fed.moderation.model import Category, Report
from usi_fed.moderation.reports import LONGEST_COMMENT, Complaint, check_posts
from usi_fed.urls import Urls

MOST_POSTS = 100


class ReportParams(msgspec.Struct):
    """Who is reported, for what."""

    account_id: Id
    status_ids: list[Id] = msgspec.field(default_factory=list)
    comment: str = ""
    forward: bool = False
    category: Category = "other"


async def create(call: Call) -> dict[str, Any]:
    """POST /api/v1/reports"""
    asked = await call.read(ReportParams)
    if len(asked.comment) > LONGEST_COMMENT:
        raise InvalidInput("comment", f"may have at most {LONGEST_COMMENT} characters")
    reporter = await call.actor()
    complaint = await call.house.database.read(_complaint, reporter, asked)
    report = await call.house.moderation.report(reporter, complaint, forward=asked.forward)
    return await call.house.database.read(_show, report, call.house.urls)


def _complaint(connection: Connection, reporter: Actor, asked: ReportParams) -> Complaint:
    target = get_known(connection, asked.account_id, reporter.id)
    post_ids = check_posts(connection, reporter, target, asked.status_ids[:MOST_POSTS])
    return Complaint(target.id, post_ids, asked.comment, asked.category)


def _show(connection: Connection, report: Report, urls: Urls) -> dict[str, Any]:
    return report_entity(report, accounts_of(connection, [get_shown(connection, report.target_id)], urls)[0])


METHODS: list[Method] = [
    for_people("POST", "/api/v1/reports", create, "write:reports"),
]
