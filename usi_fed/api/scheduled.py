"""Posts that are to be published later."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from usi_fed.accounts.tickets import hash_of
from usi_fed.actors.model import Actor
from usi_fed.api.call import Call, Reply
from usi_fed.api.entities.scheduled import scheduled_entity
from usi_fed.api.methods import Method, for_people
from usi_fed.api.paging import PageParams, window_of
from usi_fed.api.store import find_media
from usi_fed.db.paging import Window
from usi_fed.errors import InvalidInput
from usi_fed.posts.drafts_store import KeptDraft, get_scheduled, keep_draft, move_draft, remove_draft, scheduled_of
from usi_fed.posts.model import Draft
from usi_fed.posts.service import Limits, check_draft, check_surroundings
from usi_fed.urls import Urls

Entity = dict[str, Any]


class Moving(msgspec.Struct):
    """Another moment."""

    scheduled_at: str | None = None


async def schedule(call: Call, author: Actor, draft: Draft, scheduled_at: str, request_name: str | None) -> Entity:
    """The rest of POST /api/v1/statuses with `scheduled_at`; the same Idempotency-Key gives the same plan.

    Raises:
        InvalidInput: it could not be published, or not then.
        NotFound: what it answers or quotes is not there for the author.
    """
    house, credential = call.house, call.get_credential()
    check_draft(draft, Limits(house.settings.post_characters))
    at = parse_moment(scheduled_at)
    key = hash_of(f"{credential.token_id} {request_name}") if request_name else None
    application_id, writer = credential.application_id, credential.person_id

    def unit(connection: Connection) -> Entity:
        check_surroundings(connection, author, draft)
        now = house.clock()
        kept = keep_draft(
            connection,
            author.id,
            draft,
            now,
            scheduled_at=at,
            form_key=key,
            application_id=application_id,
            written_by=writer,
        )
        return _entities(connection, [kept], house.urls)[0]

    return await house.database.write(unit)


async def show_all(call: Call) -> Reply:
    """GET /api/v1/scheduled_statuses"""
    window = window_of(await call.read(PageParams))
    entities, ids = await call.house.database.read(_page, call.person_id, window, call.house.urls)
    return call.page(entities, ids, window.limit)


async def show(call: Call) -> Entity:
    """GET /api/v1/scheduled_statuses/:id"""
    return await call.house.database.read(_show, call.person_id, call.id(), call.house.urls)


async def move(call: Call) -> Entity:
    """PUT /api/v1/scheduled_statuses/:id; without a moment nothing changes"""
    asked = await call.read(Moving)
    if not asked.scheduled_at:
        return await show(call)
    at, now = parse_moment(asked.scheduled_at), call.house.clock()
    return await call.house.database.write(_move, call.person_id, call.id(), at, now, call.house.urls)


async def delete(call: Call) -> Entity:
    """DELETE /api/v1/scheduled_statuses/:id"""
    await call.house.database.write(_delete, call.person_id, call.id())
    return {}


def parse_moment(text: str) -> datetime:
    """A moment as clients send it (ISO 8601); without a time zone it is UTC.

    Raises:
        InvalidInput: it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput("scheduled_at", "must be a moment such as 2026-05-01T08:00:00Z") from error


def _page(connection: Connection, actor_id: int, window: Window, urls: Urls) -> tuple[list[Entity], list[int]]:
    found = scheduled_of(connection, actor_id, window)
    return _entities(connection, found, urls), [kept.id for kept in found]


def _show(connection: Connection, actor_id: int, draft_id: int, urls: Urls) -> Entity:
    return _entities(connection, [get_scheduled(connection, actor_id, draft_id)], urls)[0]


def _move(connection: Connection, actor_id: int, draft_id: int, at: datetime, now: datetime, urls: Urls) -> Entity:
    return _entities(connection, [move_draft(connection, actor_id, draft_id, at, now)], urls)[0]


def _delete(connection: Connection, actor_id: int, draft_id: int) -> None:
    remove_draft(connection, actor_id, get_scheduled(connection, actor_id, draft_id).id)


def _entities(connection: Connection, found: list[KeptDraft], urls: Urls) -> list[Entity]:
    files = find_media(connection, {file_id for kept in found for file_id in kept.draft["media_ids"]})
    return [scheduled_entity(kept, files, urls) for kept in found]


METHODS: list[Method] = [
    for_people("GET", "/api/v1/scheduled_statuses", show_all, "read:statuses"),
    for_people("GET", "/api/v1/scheduled_statuses/{id}", show, "read:statuses"),
    for_people("PUT", "/api/v1/scheduled_statuses/{id}", move, "write:statuses"),
    for_people("DELETE", "/api/v1/scheduled_statuses/{id}", delete, "write:statuses"),
]
