"""Looking for people as moderators do, and deciding about them.

Who waits to join is no actor yet: they are found with `status=pending`, and approved or rejected by their number.
"""

from typing import Any, Literal

import msgspec
from sqlalchemy import Connection

from usi_fed.accounts.join_requests_store import get_request, requests_page
from usi_fed.accounts.model import JoinRequest, Role
from usi_fed.actors.store import get_actor
from usi_fed.api.admin.officers import for_administrators, for_officers, is_administrator
from usi_fed.api.admin.seeing import seen, seen_by_id
from usi_fed.api.call import Call, Reply
from usi_fed.api.entities.accounts import ROLE_IDS
from usi_fed.api.entities.admin import waiting_entity
from usi_fed.api.methods import Method
from usi_fed.api.paging import PageParams, window_of
from usi_fed.api.params import Id
from usi_fed.db.paging import Window
from usi_fed.errors import InvalidInput, NotAllowed, NotFound
from usi_fed.moderation.model import Decision
from usi_fed.moderation.people_store import Known, State, Wanted, people_page
from usi_fed.moderation.reports_store import get_report
from usi_fed.urls import Urls

READ, WRITE = "admin:read:accounts", "admin:write:accounts"
Status = Literal["active", "pending", "disabled", "silenced", "suspended"]
_STATES: dict[Status, State] = {"disabled": "disabled", "silenced": "limited", "suspended": "suspended"}


class _Names(PageParams):
    """What both lists understand."""

    username: str = ""
    display_name: str = ""
    by_domain: str = ""
    email: str = ""
    ip: str = ""


class ListParams(_Names):
    """Whom a client looks for."""

    origin: Literal["local", "remote"] | None = None
    status: Status | None = None
    permissions: Literal["staff"] | None = None
    role_ids: list[int] = msgspec.field(default_factory=list)
    invited_by: Id | None = None


class OldListParams(_Names):
    """The same, as Mastodon's first version of it."""

    local: bool = False
    remote: bool = False
    active: bool = False
    pending: bool = False
    disabled: bool = False
    silenced: bool = False
    suspended: bool = False
    staff: bool = False


class ActionParams(msgspec.Struct):
    """What is to be done about somebody, and what they are told."""

    type: Literal["none", "disable", "silence", "suspend"]
    text: str = ""
    report_id: Id | None = None


async def show_many(call: Call) -> Reply:
    """GET /api/v2/admin/accounts"""
    return await _list(call, await call.read(ListParams))


async def show_many_v1(call: Call) -> Reply:
    """GET /api/v1/admin/accounts; without a word about that, our own."""
    old = await call.read(OldListParams)
    states: tuple[Status, ...] = ("pending", "disabled", "silenced", "suspended", "active")
    asked = ListParams(
        **{name: getattr(old, name) for name in _Names.__struct_fields__},
        origin="remote" if old.remote else None if old.by_domain and not old.local else "local",
        status=next((state for state in states if getattr(old, state)), None),
        permissions="staff" if old.staff else None,
    )
    return await _list(call, asked)


async def _list(call: Call, asked: ListParams) -> Reply:
    window = window_of(asked, usual=100, most=200)
    if asked.ip or asked.invited_by is not None:
        return call.page([], [], window.limit)  # of neither anything is kept
    house, with_email = call.house, is_administrator(call)
    if asked.status == "pending":
        waiting = await house.database.read(requests_page, window)
        found = [one for one in waiting if _fits(one, asked)]
        return call.page([waiting_entity(one, house.urls) for one in found], [one.id for one in waiting], window.limit)
    wanted = _wanted(asked, house.urls.handles)
    entities, ids = await house.database.read(_people, wanted, window, house.urls, with_email)
    return call.page(entities, ids, window.limit)


def _wanted(asked: ListParams, ours: str) -> Wanted:
    host = {"local": "here", "remote": "elsewhere"}.get(asked.origin or "", "")
    domain = asked.by_domain.strip().lower()
    if domain:
        host = "here" if domain == ours else domain
    named = tuple(role for role, number in ROLE_IDS.items() if number in asked.role_ids)
    staff: tuple[Role, ...] = ("moderator", "admin")
    return Wanted(
        host=host,
        state=_STATES.get(asked.status, "") if asked.status else "",
        ours=ours,
        username=asked.username.strip().lstrip("@"),
        name=asked.display_name.strip(),
        email=asked.email.strip(),
        roles=named or (staff if asked.permissions else ()),
        is_active=asked.status == "active",
    )


def _fits(one: JoinRequest, asked: ListParams) -> bool:
    return (
        asked.username.lower() in one.username
        and asked.display_name.lower() in one.name.lower()
        and asked.email.lower() in (one.email or "", "")
    )


async def show(call: Call) -> dict[str, Any]:
    """GET /api/v1/admin/accounts/:id"""
    return await _seen(call, call.id())


async def act(call: Call) -> dict[str, Any]:
    """POST /api/v1/admin/accounts/:id/action; what stands in `text` they are told, and it is in the log."""
    asked, by, target_id = await call.read(ActionParams), call.person_id, call.id()
    moderation, text = call.house.moderation, asked.text.strip()
    if asked.report_id is not None:
        report = await call.house.database.read(get_report, asked.report_id)
        if report.target_id != target_id:
            raise InvalidInput("report_id", "must be a report about this account")
    if asked.type == "disable":
        await moderation.disable(target_id, by, text)
    elif asked.type == "silence":
        await moderation.silence(target_id, by, text)
    elif asked.type == "suspend":
        await moderation.suspend(target_id, by, text)
    elif text or asked.report_id is None:
        await moderation.warn(target_id, text, by)
    if asked.report_id is not None:
        await moderation.resolve(asked.report_id, by)
    return {}


async def approve(call: Call) -> dict[str, Any]:
    """POST /api/v1/admin/accounts/:id/approve"""
    account = await call.house.approving.approve(call.id(), Decision(call.person_id))
    return await _seen(call, account.actor_id)


async def reject(call: Call) -> dict[str, Any]:
    """POST /api/v1/admin/accounts/:id/reject"""
    gone = await call.house.approving.reject(call.id(), Decision(call.person_id))
    return waiting_entity(gone, call.house.urls)


async def enable(call: Call) -> dict[str, Any]:
    """POST /api/v1/admin/accounts/:id/enable"""
    await call.house.moderation.enable(call.id(), call.person_id)
    return await _seen(call, call.id())


async def unsilence(call: Call) -> dict[str, Any]:
    """POST /api/v1/admin/accounts/:id/unsilence"""
    await call.house.moderation.unsilence(call.id(), call.person_id)
    return await _seen(call, call.id())


async def unsuspend(call: Call) -> dict[str, Any]:
    """POST /api/v1/admin/accounts/:id/unsuspend"""
    await call.house.moderation.unsuspend(call.id(), call.person_id)
    return await _seen(call, call.id())


async def delete(call: Call) -> dict[str, Any]:
    """DELETE /api/v1/admin/accounts/:id, of somebody who was shut out before, as in Mastodon: a slip is not enough."""
    before = await _seen(call, call.id())
    if not before["suspended"]:
        raise NotAllowed("This action is not allowed")
    await call.house.moderation.delete(call.id(), call.person_id)
    return {**before, "disabled": True, "email": None}


async def _seen(call: Call, number: int) -> dict[str, Any]:
    return await call.house.database.read(_one, number, call.house.urls, is_administrator(call))


# ---- units of work ----


def _people(
    connection: Connection, wanted: Wanted, window: Window, urls: Urls, with_email: bool
) -> tuple[list[dict[str, Any]], list[int]]:
    found: list[Known] = people_page(connection, wanted, window)
    return seen(connection, found, urls, with_email=with_email), [one.actor.id for one in found]


def _one(connection: Connection, number: int, urls: Urls, with_email: bool) -> dict[str, Any]:
    found = seen_by_id(connection, [number], urls, with_email=with_email)
    if number not in found:
        return waiting_entity(get_request(connection, number), urls)
    actor = get_actor(connection, number)
    if actor.deleted_at is not None or actor.kind == "Application":
        raise NotFound("nobody of this number is to be moderated")
    return found[number]


METHODS: list[Method] = [
    for_officers("GET", "accounts", show_many_v1, READ),
    for_officers("GET", "accounts", show_many, READ, 2),
    for_officers("GET", "accounts/{id}", show, READ),
    for_officers("POST", "accounts/{id}/action", act, WRITE),
    for_officers("POST", "accounts/{id}/approve", approve, WRITE),
    for_officers("POST", "accounts/{id}/reject", reject, WRITE),
    for_officers("POST", "accounts/{id}/enable", enable, WRITE),
    for_officers("POST", "accounts/{id}/unsilence", unsilence, WRITE),
    for_officers("POST", "accounts/{id}/unsuspend", unsuspend, WRITE),
    # Nobody's pictures are covered for good here: there is nothing to be ended.
    for_officers("POST", "accounts/{id}/unsensitive", show, WRITE),
    for_administrators("DELETE", "accounts/{id}", delete, WRITE),
]
