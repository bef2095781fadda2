"""What those do who look after a group: posts, topics, people, reports."""

from datetime import datetime
from typing import Annotated

import msgspec
from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.api.call import Call
from usi_fed.api.usi.entities import Nothing
from usi_fed.api.usi.group_entities import (
    GroupReportEntity,
    QueuedPost,
    TopicEntity,
    group_report_entity,
    queued_post,
)
from usi_fed.api.usi.groups import MOST, USUAL, Moment, find_own_group, show_topic
from usi_fed.api.usi.methods import READ, WRITE, UsiMethod
from usi_fed.api.usi.people import get_person
from usi_fed.groups.reports_store import open_group_reports
from usi_fed.unions.offices import require_permission
from usi_fed.unions.roles import Permission

MOST_REPORTS = 50

Why = Annotated[str, msgspec.Meta(max_length=500)]


class QueueParams(msgspec.Struct):
    """Which part of the queue is wanted: what came before a moment."""

    before: Moment | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = USUAL


class Reasoned(msgspec.Struct):
    """Why it is done."""

    reason: Why = ""


class Locking(msgspec.Struct):
    """Whether answers are taken."""

    locked: bool
    reason: Why = ""


class Pinning(msgspec.Struct):
    """Whether a topic is shown before the others, and `first` of all these."""

    pinned: bool
    first: bool = False


class Summarising(msgspec.Struct):
    """What is to stand above a topic."""

    text: Annotated[str, msgspec.Meta(description="Markdown; empty: nothing")]


class Inviting(msgspec.Struct):
    """Whom to invite, by id or handle."""

    person: str


class Banning(msgspec.Struct):
    """Whom to shut out, by id or handle, and until when."""

    person: str
    reason: Why = ""
    until: Moment | None = None
    remove_posts: bool = False


async def show_queue(call: Call, asked: QueueParams) -> list[QueuedPost]:
    """GET /groups/{id}/queue"""
    found = await call.house.groups.queue(await _group(call), call.person_id, asked.limit, asked.before)
    return [queued_post(*one) for one in found]


async def accept_post(call: Call, _: None) -> Nothing:
    """POST /groups/{id}/queue/{post}/accept"""
    await call.house.groups.accept_post(await _group(call), call.id("post"), call.person_id)
    return Nothing()


async def refuse_post(call: Call, asked: Reasoned) -> Nothing:
    """POST /groups/{id}/queue/{post}/refuse"""
    await call.house.groups.refuse_post(await _group(call), call.id("post"), call.person_id, asked.reason)
    return Nothing()


async def remove_post(call: Call, asked: Reasoned) -> Nothing:
    """DELETE /groups/{id}/posts/{post}"""
    await call.house.groups.remove_post(await _group(call), call.id("post"), call.person_id, asked.reason)
    return Nothing()


async def lock(call: Call, asked: Locking) -> TopicEntity:
    """POST /groups/{id}/topics/{topic}/lock"""
    group_id, topic_id = await _group(call), call.id("topic")
    await call.house.groups.lock(group_id, topic_id, call.person_id, locked=asked.locked, reason=asked.reason)
    return await show_topic(call, None)


async def pin(call: Call, asked: Pinning) -> TopicEntity:
    """POST /groups/{id}/topics/{topic}/pin"""
    group_id, topic_id = await _group(call), call.id("topic")
    await call.house.groups.pin(group_id, topic_id, call.person_id, pinned=asked.pinned)
    if asked.pinned and asked.first:
        await call.house.groups.pin_first(group_id, topic_id, call.person_id)
    return await show_topic(call, None)


async def summarise(call: Call, asked: Summarising) -> TopicEntity:
    """POST /groups/{id}/topics/{topic}/summary"""
    await call.house.groups.summarise(await _group(call), call.id("topic"), call.person_id, asked.text)
    return await show_topic(call, None)


async def invite(call: Call, asked: Inviting) -> Nothing:
    """POST /groups/{id}/invitations"""
    group_id, person = await _group_and_person(call, asked.person, "admit")
    await call.house.groups.invite(group_id, person.id, call.person_id)
    return Nothing()


async def admit(call: Call, _: None) -> Nothing:
    """POST /groups/{id}/members/{person}/admit"""
    await call.house.groups.admit(await _group(call), call.id("person"), call.person_id)
    return Nothing()


async def turn_down(call: Call, asked: Reasoned) -> Nothing:
    """POST /groups/{id}/members/{person}/turn_down"""
    await call.house.groups.turn_down(await _group(call), call.id("person"), call.person_id, asked.reason)
    return Nothing()


async def remove_member(call: Call, asked: Reasoned) -> Nothing:
    """DELETE /groups/{id}/members/{person}"""
    await call.house.groups.remove(await _group(call), call.id("person"), call.person_id, asked.reason)
    return Nothing()


async def ban(call: Call, asked: Banning) -> Nothing:
    """POST /groups/{id}/bans"""
    group_id, person = await _group_and_person(call, asked.person, "moderate")
    until: datetime | None = asked.until
    await call.house.groups.ban(
        group_id, person.id, call.person_id, asked.reason, until, remove_posts=asked.remove_posts
    )
    return Nothing()


async def unban(call: Call, _: None) -> Nothing:
    """DELETE /groups/{id}/bans/{person}"""
    await call.house.groups.unban(await _group(call), call.id("person"), call.person_id)
    return Nothing()


async def show_reports(call: Call, _: None) -> list[GroupReportEntity]:
    """GET /groups/{id}/reports"""
    return await call.house.database.read(_reports, await _group(call), call.person_id)


async def settle_report(call: Call, _: None) -> Nothing:
    """POST /groups/{id}/reports/{report}/settle"""
    await call.house.groups.settle_report(await _group(call), call.id("report"), call.person_id)
    return Nothing()


async def _group(call: Call) -> int:
    return (await find_own_group(call)).group.id


async def _group_and_person(call: Call, named: str, right: Permission) -> tuple[int, Actor]:
    """The group, and whom the body names; who may not do it does not learn whether that is anybody."""
    group_id = await _group(call)
    await call.house.database.read(require_permission, call.person_id, group_id, right)
    return group_id, await call.house.database.read(get_person, named, call.house.urls)


def _reports(connection: Connection, group_id: int, by: int) -> list[GroupReportEntity]:
    require_permission(connection, by, group_id, "moderate")
    return [group_report_entity(one) for one in open_group_reports(connection, group_id, MOST_REPORTS)]


_TOPIC, _MEMBER = "/groups/{id}/topics/{topic}", "/groups/{id}/members/{person}"

METHODS = (
    UsiMethod(
        "GET",
        "/groups/{id}/queue",
        "Posts of strangers that wait, for those who moderate the group",
        show_queue,
        list[QueuedPost],
        READ,
        asked=QueueParams,
    ),
    UsiMethod("POST", "/groups/{id}/queue/{post}/accept", "Let a post in", accept_post, Nothing, WRITE),
    UsiMethod(
        "POST", "/groups/{id}/queue/{post}/refuse", "Do not let a post in", refuse_post, Nothing, WRITE, asked=Reasoned
    ),
    UsiMethod(
        "DELETE",
        "/groups/{id}/posts/{post}",
        "Take a post out of the group",
        remove_post,
        Nothing,
        WRITE,
        asked=Reasoned,
    ),
    UsiMethod(
        "POST", f"{_TOPIC}/lock", "Take no more answers, or take them again", lock, TopicEntity, WRITE, asked=Locking
    ),
    UsiMethod("POST", f"{_TOPIC}/pin", "Show a topic first, or no longer", pin, TopicEntity, WRITE, asked=Pinning),
    UsiMethod(
        "POST", f"{_TOPIC}/summary", "Put a summary above a topic", summarise, TopicEntity, WRITE, asked=Summarising
    ),
    UsiMethod(
        "POST", "/groups/{id}/invitations", "Invite somebody", invite, Nothing, WRITE, asked=Inviting, status=201
    ),
    UsiMethod("POST", f"{_MEMBER}/admit", "Let somebody in who asks", admit, Nothing, WRITE),
    UsiMethod(
        "POST", f"{_MEMBER}/turn_down", "Do not let somebody in who asks", turn_down, Nothing, WRITE, asked=Reasoned
    ),
    UsiMethod(
        "DELETE", _MEMBER, "Put somebody out, or take an invitation back", remove_member, Nothing, WRITE, asked=Reasoned
    ),
    UsiMethod("POST", "/groups/{id}/bans", "Shut somebody out", ban, Nothing, WRITE, asked=Banning, status=201),
    UsiMethod("DELETE", "/groups/{id}/bans/{person}", "Shut somebody out no longer", unban, Nothing, WRITE),
    UsiMethod(
        "GET",
        "/groups/{id}/reports",
        "Reports about posts in the group, for those who moderate it",
        show_reports,
        list[GroupReportEntity],
        READ,
    ),
    UsiMethod(
        "POST", "/groups/{id}/reports/{report}/settle", "Have looked after a report", settle_report, Nothing, WRITE
    ),
)
