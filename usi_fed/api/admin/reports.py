"""Reports as moderators see them, and what they do with them."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from usi_fed.actors.store import find_actors
from usi_fed.api.admin.officers import for_officers, is_administrator
from usi_fed.api.admin.seeing import seen_by_id
from usi_fed.api.call import Call, Reply
from usi_fed.api.entities.admin import Entity, admin_report_entity, server_entity
from usi_fed.api.loading import Statuses
from usi_fed.api.methods import Method
from usi_fed.api.paging import PageParams, window_of
from usi_fed.api.params import Id
from usi_fed.moderation.model import Category, Report
from usi_fed.moderation.reports_store import get_report, reports_page
from usi_fed.urls import Urls

READ, WRITE = "admin:read:reports", "admin:write:reports"


class ListParams(PageParams):
    """Which reports a client wants; both `resolved` and `unresolved`: all."""

    resolved: bool = False
    unresolved: bool = False
    account_id: Id | None = None
    target_account_id: Id | None = None
    by_target_domain: str = ""


class SortParams(msgspec.Struct):
    """What a report is about."""

    category: Category | None = None


async def show_many(call: Call) -> Reply:
    """GET /api/v1/admin/reports"""
    asked = await call.read(ListParams)
    window = window_of(asked, usual=100, most=200)

    def read(connection: Connection) -> list[Report]:
        return reports_page(
            connection,
            window,
            resolved=None if asked.resolved and asked.unresolved else asked.resolved,
            by=asked.account_id,
            about=asked.target_account_id,
            host=asked.by_target_domain.strip().lower(),
        )

    found = await call.house.database.read(read)
    return call.page(await _entities(call, found), [one.id for one in found], window.limit)


async def show(call: Call) -> Entity:
    """GET /api/v1/admin/reports/:id"""
    return await _entity(call, await call.house.database.read(get_report, call.id()))


async def sort(call: Call) -> Entity:
    """PUT /api/v1/admin/reports/:id; reports name none of the rules, so `rule_ids` is not minded."""
    asked = await call.read(SortParams)
    if asked.category is None:
        return await show(call)
    return await _entity(call, await call.house.moderation.sort(call.id(), asked.category, call.person_id))


async def assign(call: Call) -> Entity:
    """POST /api/v1/admin/reports/:id/assign_to_self"""
    return await _entity(call, await call.house.moderation.assign(call.id(), call.person_id, call.person_id))


async def unassign(call: Call) -> Entity:
    """POST /api/v1/admin/reports/:id/unassign"""
    return await _entity(call, await call.house.moderation.assign(call.id(), None, call.person_id))


async def resolve(call: Call) -> Entity:
    """POST /api/v1/admin/reports/:id/resolve"""
    return await _entity(call, await call.house.moderation.resolve(call.id(), call.person_id))


async def reopen(call: Call) -> Entity:
    """POST /api/v1/admin/reports/:id/reopen"""
    return await _entity(call, await call.house.moderation.reopen(call.id(), call.person_id))


async def _entity(call: Call, report: Report) -> Entity:
    return (await _entities(call, [report]))[0]


async def _entities(call: Call, found: Sequence[Report]) -> list[Entity]:
    args = (found, call.tools.statuses, call.person_id, call.house.urls, is_administrator(call))
    return await call.house.database.read(_load, *args)


def _load(
    connection: Connection,
    found: Sequence[Report],
    statuses: Statuses,
    viewer_id: int,
    urls: Urls,
    with_email: bool,
) -> list[Entity]:
    ids = {one for report in found for one in _people(report) if one is not None}
    people = seen_by_id(connection, ids, urls, with_email=with_email)
    actors = find_actors(connection, {report.reporter_id for report in found})
    posts = {one["id"]: one for one in statuses.load(connection, _post_ids(found), viewer_id)}
    entities = []
    for report in found:
        reporter = actors[report.reporter_id]
        sender = people[reporter.id] if reporter.is_local else server_entity(reporter.host, urls, report.created_at)
        entities.append(
            admin_report_entity(
                report,
                sender,
                people[report.target_id],
                people.get(report.assigned_to or 0),
                people.get(report.resolved_by or 0),
                [posts[str(one)] for one in report.post_ids if str(one) in posts],
            )
        )
    return entities


def _people(report: Report) -> tuple[int | None, ...]:
    return report.reporter_id, report.target_id, report.assigned_to, report.resolved_by


def _post_ids(found: Sequence[Report]) -> list[int]:
    return sorted({one for report in found for one in report.post_ids})


METHODS: list[Method] = [
    for_officers("GET", "reports", show_many, READ),
    for_officers("GET", "reports/{id}", show, READ),
    for_officers("PUT", "reports/{id}", sort, WRITE),
    for_officers("POST", "reports/{id}/assign_to_self", assign, WRITE),
    for_officers("POST", "reports/{id}/unassign", unassign, WRITE),
    for_officers("POST", "reports/{id}/resolve", resolve, WRITE),
    for_officers("POST", "reports/{id}/reopen", reopen, WRITE),
]
