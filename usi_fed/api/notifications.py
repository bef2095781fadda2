"""What somebody is told: one by one (version 1) and in groups (version 2)."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection

from usi_fed.actors.store import find_actors
from usi_fed.api.call import Call, Reply
from usi_fed.api.entities.lists import report_entity
from usi_fed.api.entities.notifications import group_entity, notification_entity
from usi_fed.api.loading import Statuses
from usi_fed.api.methods import Method, for_people
from usi_fed.api.paging import PageParams, window_of
from usi_fed.api.params import Id
from usi_fed.api.people import accounts_of
from usi_fed.db.ids import parse_id
from usi_fed.db.paging import Window
from usi_fed.errors import NotFound
from usi_fed.moderation.reports_store import find_reports
from usi_fed.timelines.markers_store import markers_of
from usi_fed.timelines.model import Notification
from usi_fed.timelines.notifications_store import (
    count_after,
    dismiss,
    find_notification,
    notifications_of,
)
from usi_fed.urls import Urls

MOST_COUNTED = 1000
USUAL_COUNTED = 100

Entity = dict[str, Any]
T = TypeVar("T")
Make = Callable[[Connection, Sequence[Notification], Statuses, int, Urls], T]


class NotificationsPage(PageParams):
    """Which notifications; kinds that we do not know are no mistake of the client's."""

    types: list[str] = msgspec.field(default_factory=list)
    exclude_types: list[str] = msgspec.field(default_factory=list)
    account_id: Id | None = None


class CountParams(msgspec.Struct):
    """Where counting stops."""

    limit: int = USUAL_COUNTED


async def show_all(call: Call) -> Reply:
    """GET /api/v1/notifications"""
    return await _page(call, _entities)


async def show(call: Call) -> Entity:
    """GET /api/v1/notifications/:id"""
    entities = await _single(call, call.id(), _entities)
    return entities[0]


async def clear(call: Call) -> Entity:
    """POST /api/v1/notifications/clear"""
    await call.house.database.write(dismiss, call.person_id)
    return {}


async def dismiss_one(call: Call) -> Entity:
    """POST /api/v1/notifications/:id/dismiss"""
    await call.house.database.write(dismiss, call.person_id, call.id())
    return {}


async def unread_count(call: Call) -> Entity:
    """GET /api/v1/notifications/unread_count"""
    asked = await call.read(CountParams)
    limit = max(1, min(asked.limit, MOST_COUNTED))
    return {"count": await call.house.database.read(_count_unread, call.person_id, limit)}


async def show_groups(call: Call) -> Reply:
    """GET /api/v2/notifications; every notification is a group of its own"""
    return await _page(call, _groups)


async def show_group(call: Call) -> Entity:
    """GET /api/v2/notifications/:group_key"""
    return await _single(call, _id_in(call.path["group_key"]), _groups)


async def show_group_accounts(call: Call) -> list[Entity]:
    """GET /api/v2/notifications/:group_key/accounts"""
    group = await show_group(call)
    accounts: list[Entity] = group["accounts"]
    return accounts


async def dismiss_group(call: Call) -> Entity:
    """POST /api/v2/notifications/:group_key/dismiss"""
    await call.house.database.write(dismiss, call.person_id, _id_in(call.path["group_key"]))
    return {}


async def policy(call: Call) -> Entity:
    """GET and PATCH /api/v2/notifications/policy: nothing is held back, so there is nothing to choose"""
    accepted = dict.fromkeys(
        (
            "for_not_following",
            "for_not_followers",
            "for_new_accounts",
            "for_private_mentions",
            "for_limited_accounts",
        ),
        "accept",
    )
    return {**accepted, "summary": {"pending_requests_count": 0, "pending_notifications_count": 0}}


def _id_in(group_key: str) -> int:
    return parse_id(group_key.removeprefix("ungrouped-"))


async def _page(call: Call, make: Make[T]) -> Reply:
    asked = await call.read(NotificationsPage)
    window = window_of(asked, usual=40, most=80)
    body, ids = await call.house.database.read(
        _find, call.person_id, window, asked, make, call.tools.statuses, call.house.urls
    )
    return call.page(body, ids, window.limit)


async def _single(call: Call, notification_id: int, make: Make[T]) -> T:
    return await call.house.database.read(
        _get, call.person_id, notification_id, make, call.tools.statuses, call.house.urls
    )


# ---- units of work ----


def _find(
    connection: Connection,
    owner_id: int,
    window: Window,
    asked: NotificationsPage,
    make: Make[T],
    statuses: Statuses,
    urls: Urls,
) -> tuple[T, list[int]]:
    told = notifications_of(
        connection, owner_id, window, kinds=asked.types, without=asked.exclude_types, from_id=asked.account_id
    )
    return make(connection, told, statuses, owner_id, urls), [one.id for one in told]


def _get(
    connection: Connection, owner_id: int, notification_id: int, make: Make[T], statuses: Statuses, urls: Urls
) -> T:
    told = find_notification(connection, owner_id, notification_id)
    if told is None:
        raise NotFound(f"no notification {notification_id} of {owner_id}")
    return make(connection, [told], statuses, owner_id, urls)


def _entities(
    connection: Connection, told: Sequence[Notification], statuses: Statuses, viewer_id: int, urls: Urls
) -> list[Entity]:
    accounts = _accounts(connection, told, urls)
    posts = _posts(connection, told, statuses, viewer_id)
    reports = _reports(connection, told, urls)
    return [
        notification_entity(one, accounts[one.from_id], posts.get(one.post_id or 0), reports.get(one.report_id or 0))
        for one in told
        if one.from_id in accounts
    ]


def _groups(
    connection: Connection, told: Sequence[Notification], statuses: Statuses, viewer_id: int, urls: Urls
) -> Entity:
    reports = _reports(connection, told, urls)
    return {
        "accounts": list(_accounts(connection, told, urls).values()),
        "statuses": list(_posts(connection, told, statuses, viewer_id).values()),
        "notification_groups": [group_entity(one, reports.get(one.report_id or 0)) for one in told],
    }


def _accounts(connection: Connection, told: Sequence[Notification], urls: Urls) -> dict[int, Entity]:
    people = list(find_actors(connection, {one.from_id for one in told}).values())
    entities = accounts_of(connection, people, urls)
    return {actor.id: entity for actor, entity in zip(people, entities, strict=True)}


def _reports(connection: Connection, told: Sequence[Notification], urls: Urls) -> dict[int, Entity]:
    found = find_reports(connection, [one.report_id for one in told if one.report_id is not None])
    targets = find_actors(connection, {report.target_id for report in found.values()})
    return {
        report.id: report_entity(report, accounts_of(connection, [targets[report.target_id]], urls)[0])
        for report in found.values()
    }


def _posts(
    connection: Connection, told: Sequence[Notification], statuses: Statuses, viewer_id: int
) -> dict[int, Entity]:
    ids = list(dict.fromkeys(one.post_id for one in told if one.post_id is not None))
    return {int(status["id"]): status for status in statuses.load(connection, ids, viewer_id)}


def _count_unread(connection: Connection, owner_id: int, limit: int) -> int:
    read = markers_of(connection, owner_id, ["notifications"])
    return count_after(connection, owner_id, read[0].last_read_id if read else 0, limit)


METHODS: list[Method] = [
    for_people("GET", "/api/v1/notifications", show_all, "read:notifications"),
    for_people("GET", "/api/v1/notifications/unread_count", unread_count, "read:notifications"),
    for_people("POST", "/api/v1/notifications/clear", clear, "write:notifications"),
    for_people("GET", "/api/v1/notifications/{id}", show, "read:notifications"),
    for_people("POST", "/api/v1/notifications/{id}/dismiss", dismiss_one, "write:notifications"),
    for_people("GET", "/api/v1/notifications/policy", policy, "read:notifications"),
    for_people("GET", "/api/v2/notifications", show_groups, "read:notifications"),
    for_people("GET", "/api/v2/notifications/unread_count", unread_count, "read:notifications"),
    for_people("GET", "/api/v2/notifications/policy", policy, "read:notifications"),
    for_people("PATCH", "/api/v2/notifications/policy", policy, "write:notifications"),
    for_people("GET", "/api/v2/notifications/{group_key}", show_group, "read:notifications"),
    for_people("GET", "/api/v2/notifications/{group_key}/accounts", show_group_accounts, "read:notifications"),
    for_people("POST", "/api/v2/notifications/{group_key}/dismiss", dismiss_group, "write:notifications"),
]
