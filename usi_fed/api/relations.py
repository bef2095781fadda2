"""Between people: follow, block, mute, remember, and answer those who want to follow."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection

from usi_fed.activitypub.handles import parse_domain
from usi_fed.actors.blocks_store import (
    add_mute,
    blocked,
    domain_blocks,
    muted,
    remove_domain_block,
    remove_mute,
)
from usi_fed.actors.follows_store import follow_requests
from usi_fed.actors.model import Actor
from usi_fed.actors.relationships_store import relationships, set_note
from usi_fed.actors.store import get_actor
from usi_fed.api.call import Call, Reply
from usi_fed.api.entities.accounts import relationship_entity
from usi_fed.api.methods import Method, for_people
from usi_fed.api.paging import PageParams, window_of
from usi_fed.api.people import accounts_of, get_known
from usi_fed.clock import iso
from usi_fed.db.paging import Window
from usi_fed.errors import InvalidInput, MalformedActivity
from usi_fed.timelines.service import person_muted
from usi_fed.urls import Urls

LONGEST_NOTE = 2000
LONGEST_MUTE = timedelta(days=3650)

Found = tuple[list[dict[str, Any]], list[int]]


class FollowParams(msgspec.Struct):
    """What of somebody one wants to see. Of a follow that there is already, only what is given changes."""

    reblogs: bool | None = None
    notify: bool | None = None
    languages: list[str] | None = None


class MuteParams(msgspec.Struct):
    """How, and for how many seconds, 0 meaning for good."""

    notifications: bool = True
    duration: int = 0


class NoteParams(msgspec.Struct):
    """What one remembers about somebody."""

    comment: str = ""


class DomainParams(msgspec.Struct):
    """A whole domain."""

    domain: str


async def follow(call: Call) -> dict[str, Any]:
    """POST /api/v1/accounts/:id/follow"""
    asked = await call.read(FollowParams)
    before = (await _relationships(call, [call.id()]))[0]
    await call.house.publisher.follow(
        await call.actor(),
        await _target(call),
        show_boosts=_given(asked.reblogs, before["showing_reblogs"] if before["following"] else True),
        notify=_given(asked.notify, before["notifying"]),
        languages=before["languages"] if asked.languages is None else asked.languages or None,
    )
    return await _relationship(call)


async def _target(call: Call) -> int:
    """Whom the path names, if the caller may know of them."""
    return (await call.house.database.read(get_known, call.id(), call.person_id)).id


async def unfollow(call: Call) -> dict[str, Any]:
    """POST /api/v1/accounts/:id/unfollow"""
    await call.house.publisher.unfollow(await call.actor(), await _target(call))
    return await _relationship(call)


async def remove_from_followers(call: Call) -> dict[str, Any]:
    """POST /api/v1/accounts/:id/remove_from_followers"""
    await call.house.publisher.remove_follower(await call.actor(), await _target(call))
    return await _relationship(call)


async def block(call: Call) -> dict[str, Any]:
    """POST /api/v1/accounts/:id/block"""
    await call.house.publisher.block(await call.actor(), await _target(call))
    return await _relationship(call)


async def unblock(call: Call) -> dict[str, Any]:
    """POST /api/v1/accounts/:id/unblock"""
    await call.house.publisher.unblock(await call.actor(), await _target(call))
    return await _relationship(call)


async def mute(call: Call) -> dict[str, Any]:
    """POST /api/v1/accounts/:id/mute"""
    asked = await call.read(MuteParams)
    if not 0 <= asked.duration <= LONGEST_MUTE.total_seconds():
        raise InvalidInput("duration", "must be a number of seconds, 0 for good, at most ten years")
    now = call.house.clock()
    expires_at = now + timedelta(seconds=asked.duration) if asked.duration else None
    await call.house.database.write(_mute, call.person_id, call.id(), asked.notifications, now, expires_at)
    return await _relationship(call)


async def unmute(call: Call) -> dict[str, Any]:
    """POST /api/v1/accounts/:id/unmute"""
    await call.house.database.write(_unmute, call.person_id, call.id())
    return await _relationship(call)


async def note(call: Call) -> dict[str, Any]:
    """POST /api/v1/accounts/:id/note"""
    asked = await call.read(NoteParams)
    if len(asked.comment) > LONGEST_NOTE:
        raise InvalidInput("comment", f"may have at most {LONGEST_NOTE} characters")
    await call.house.database.write(_note, call.person_id, call.id(), asked.comment)
    return await _relationship(call)


async def show_requests(call: Call) -> Reply:
    """GET /api/v1/follow_requests"""
    return await _page(call, _requests)


async def authorize(call: Call) -> dict[str, Any]:
    """POST /api/v1/follow_requests/:id/authorize; the id is the account's"""
    await call.house.publisher.accept_follow(await call.actor(), await _target(call))
    return await _relationship(call)


async def reject(call: Call) -> dict[str, Any]:
    """POST /api/v1/follow_requests/:id/reject"""
    await call.house.publisher.reject_follow(await call.actor(), await _target(call))
    return await _relationship(call)


async def show_blocks(call: Call) -> Reply:
    """GET /api/v1/blocks"""
    return await _page(call, _blocks)


async def show_mutes(call: Call) -> Reply:
    """GET /api/v1/mutes"""
    return await _page(call, _mutes)


async def show_domain_blocks(call: Call) -> list[str]:
    """GET /api/v1/domain_blocks"""
    return await call.house.database.read(domain_blocks, call.person_id)


async def block_domain(call: Call) -> dict[str, Any]:
    """POST /api/v1/domain_blocks"""
    await call.house.publisher.block_domain(await call.actor(), await _domain(call))
    return {}


async def unblock_domain(call: Call) -> dict[str, Any]:
    """DELETE /api/v1/domain_blocks"""
    await call.house.database.write(remove_domain_block, call.person_id, await _domain(call))
    return {}


# ---- helpers ----


def _given(value: bool | None, otherwise: bool) -> bool:
    return otherwise if value is None else value


async def _relationships(call: Call, actor_ids: Sequence[int]) -> list[dict[str, Any]]:
    found = await call.house.database.read(relationships, call.person_id, actor_ids, call.house.clock())
    return [relationship_entity(one) for one in found]


async def _relationship(call: Call) -> dict[str, Any]:
    return (await _relationships(call, [call.id()]))[0]


async def _domain(call: Call) -> str:
    asked = await call.read(DomainParams)
    try:
        return parse_domain(asked.domain.strip())
    except MalformedActivity as error:
        raise InvalidInput("domain", "must be a domain such as union.example") from error


async def _page(call: Call, find: Callable[[Connection, int, Window, datetime, Urls], Found]) -> Reply:
    window = window_of(await call.read(PageParams), usual=40, most=80)
    entities, ids = await call.house.database.read(find, call.person_id, window, call.house.clock(), call.house.urls)
    return call.page(entities, ids, window.limit)


# ---- units of work ----


def _mute(
    connection: Connection,
    viewer_id: int,
    target_id: int,
    notifications: bool,
    now: datetime,
    expires_at: datetime | None,
) -> None:
    target = get_known(connection, target_id, viewer_id)
    if target.id == viewer_id:
        raise InvalidInput("id", "is your own account")
    add_mute(connection, viewer_id, target.id, at=now, notifications=notifications, expires_at=expires_at)
    person_muted(connection, get_actor(connection, viewer_id), target)


def _unmute(connection: Connection, viewer_id: int, target_id: int) -> None:
    remove_mute(connection, viewer_id, get_known(connection, target_id, viewer_id).id)


def _note(connection: Connection, viewer_id: int, target_id: int, comment: str) -> None:
    set_note(connection, viewer_id, get_known(connection, target_id, viewer_id).id, comment.strip())


def _requests(connection: Connection, viewer_id: int, window: Window, now: datetime, urls: Urls) -> Found:
    found = follow_requests(connection, viewer_id, window)
    return accounts_of(connection, [actor for _, actor in found], urls), [follow.id for follow, _ in found]


def _blocks(connection: Connection, viewer_id: int, window: Window, now: datetime, urls: Urls) -> Found:
    found = blocked(connection, viewer_id, window)
    return accounts_of(connection, [actor for _, actor in found], urls), [block_id for block_id, _ in found]


def _mutes(connection: Connection, viewer_id: int, window: Window, now: datetime, urls: Urls) -> Found:
    found = muted(connection, viewer_id, window, now)
    people: list[Actor] = [actor for _, actor in found]
    ends = {one.id: one.muting_expires_at for one in relationships(connection, viewer_id, [a.id for a in people], now)}
    entities = accounts_of(connection, people, urls)
    for actor, entity in zip(people, entities, strict=True):
        end = ends[actor.id]
        entity["mute_expires_at"] = iso(end) if end else None
    return entities, [mute_id for mute_id, _ in found]


METHODS: list[Method] = [
    for_people("POST", "/api/v1/accounts/{id}/follow", follow, "write:follows"),
    for_people("POST", "/api/v1/accounts/{id}/unfollow", unfollow, "write:follows"),
    for_people("POST", "/api/v1/accounts/{id}/remove_from_followers", remove_from_followers, "write:follows"),
    for_people("POST", "/api/v1/accounts/{id}/block", block, "write:blocks"),
    for_people("POST", "/api/v1/accounts/{id}/unblock", unblock, "write:blocks"),
    for_people("POST", "/api/v1/accounts/{id}/mute", mute, "write:mutes"),
    for_people("POST", "/api/v1/accounts/{id}/unmute", unmute, "write:mutes"),
    for_people("POST", "/api/v1/accounts/{id}/note", note, "write:accounts"),
    for_people("GET", "/api/v1/follow_requests", show_requests, "read:follows"),
    for_people("POST", "/api/v1/follow_requests/{id}/authorize", authorize, "write:follows"),
    for_people("POST", "/api/v1/follow_requests/{id}/reject", reject, "write:follows"),
    for_people("GET", "/api/v1/blocks", show_blocks, "read:blocks"),
    for_people("GET", "/api/v1/mutes", show_mutes, "read:mutes"),
    for_people("GET", "/api/v1/domain_blocks", show_domain_blocks, "read:blocks"),
    for_people("POST", "/api/v1/domain_blocks", block_domain, "write:blocks"),
    for_people("DELETE", "/api/v1/domain_blocks", unblock_domain, "write:blocks"),
]
