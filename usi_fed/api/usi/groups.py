"""Groups: belonging to them, their topics, and how they are led."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

import msgspec
from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.api.call import Call, Reply
from usi_fed.api.methods import Caller
from usi_fed.api.usi.entities import person_entity
from usi_fed.api.usi.group_entities import GroupEntity, MyGroup, TopicEntity, group_entity, topic_entity
from usi_fed.api.usi.methods import READ, WRITE, UsiMethod
from usi_fed.clock import Clock, iso
from usi_fed.errors import NotFound
from usi_fed.groups.belonging import groups_of
from usi_fed.groups.discussion import get_listed
from usi_fed.groups.knowing import may_know
from usi_fed.groups.model import Admission, Posting
from usi_fed.groups.standing import GroupStanding, standing_of
from usi_fed.unions.finding import find_named
from usi_fed.urls import Urls

USUAL, MOST = 20, 40

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class TopicsParams(msgspec.Struct):
    """Which part of the topics is wanted: those whose latest post came before a moment."""

    before: Moment | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = USUAL


class Joining(msgspec.Struct):
    """What is said to those who let people in."""

    words: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Answering(msgspec.Struct):
    """Whether to come into a group by which one was invited."""

    accept: bool


class Settings(msgspec.Struct):
    """How a group is led; what is not given stays."""

    admission: Admission | None = None
    posting: Posting | None = None
    rules: Annotated[str | None, msgspec.Meta(description="Markdown")] = None
    how: str | None = None


async def show_mine(call: Call, _: None) -> list[MyGroup]:
    """GET /groups"""
    return await call.house.database.read(_mine, call.person_id)


async def show(call: Call, _: None) -> GroupEntity:
    """GET /groups/{id}"""
    return group_entity(await find_group(call))


async def set_up(call: Call, asked: Settings) -> GroupEntity:
    """PATCH /groups/{id}"""
    group = (await find_own_group(call)).group
    await call.house.groups.set_up(
        group.id,
        call.person_id,
        admission=asked.admission,
        posting=asked.posting,
        rules=asked.rules,
        how=asked.how,
    )
    return await show(call, None)


async def join(call: Call, asked: Joining) -> GroupEntity:
    """POST /groups/{id}/join"""
    group = (await find_group(call)).group
    await call.house.groups.join(await call.actor(), group.id, asked.words)
    return await show(call, None)


async def leave(call: Call, _: None) -> GroupEntity:
    """POST /groups/{id}/leave: also takes a request back. Of a hidden group that is the last that is said."""
    standing = await find_group(call)
    await call.house.groups.leave(await call.actor(), standing.group.id)
    return group_entity(await call.house.database.read(_left, standing.group.id, call.person_id, call.house.clock()))


async def answer(call: Call, asked: Answering) -> GroupEntity:
    """POST /groups/{id}/invitation"""
    standing = await find_group(call)
    await call.house.groups.answer_invitation(await call.actor(), standing.group.id, accept=asked.accept)
    return group_entity(await call.house.database.read(_left, standing.group.id, call.person_id, call.house.clock()))


async def show_topics(call: Call, asked: TopicsParams) -> Reply:
    """GET /groups/{id}/topics"""
    standing = await find_own_group(call)
    reader = await call.actor() if call.viewer_id is not None else None
    found = await call.house.groups.topics(standing.group.id, reader, asked.limit, asked.before)
    headers = []
    if len(found) == asked.limit:
        query = urlencode({"limit": asked.limit, "before": iso(found[-1].topic.last_post_at)})
        url = f"{call.house.urls.origin}{call.request.url.path}?{query}"
        headers = [("Link", f'<{url}>; rel="next"')]
    return Reply([topic_entity(one, standing.group) for one in found], headers=headers)


async def show_topic(call: Call, _: None) -> TopicEntity:
    """GET /groups/{id}/topics/{topic}"""
    group = (await find_own_group(call)).group
    return topic_entity(await call.house.database.read(get_listed, group.id, call.id("topic"), call.viewer_id), group)


async def mark_read(call: Call, _: None) -> TopicEntity:
    """POST /groups/{id}/topics/{topic}/read"""
    group = (await find_own_group(call)).group
    await call.house.groups.mark_read(await call.actor(), group.id, call.id("topic"))
    return await show_topic(call, None)


# ---- which group is meant ----


async def find_group(call: Call) -> GroupStanding:
    """The group that the path names, ours or another server's, as who asks stands to it.

    Raises:
        NotFound: there is none, or none of which they may know.
    """
    return await call.house.database.read(_standing, call.path["id"], call.viewer_id, call.house.urls, call.house.clock)


async def find_own_group(call: Call) -> GroupStanding:
    """The same, of this server only.

    Raises:
        NotFound: as there, or it lives elsewhere.
    """
    standing = await find_group(call)
    if standing.led is None:
        raise NotFound("a group of another server")
    return standing


def _standing(connection: Connection, named: str, viewer_id: int | None, urls: Urls, clock: Clock) -> GroupStanding:
    actor = find_named(connection, named, urls)
    viewer = _viewer(connection, viewer_id)
    if actor is None or not may_know(connection, actor, viewer):
        raise NotFound("no group of which this viewer may know")
    standing = standing_of(connection, actor, viewer, clock())
    if standing is None:
        raise NotFound("no group")
    return standing


def _left(connection: Connection, group_id: int, person_id: int, now: datetime) -> GroupStanding:
    """How somebody stands to a group after what they did: they knew of it a moment ago."""
    standing = standing_of(connection, get_actor(connection, group_id), get_actor(connection, person_id), now)
    if standing is None:
        raise NotFound("no group any more")
    return standing


def _viewer(connection: Connection, viewer_id: int | None) -> Actor | None:
    return None if viewer_id is None else get_actor(connection, viewer_id)


def _mine(connection: Connection, person_id: int) -> list[MyGroup]:
    return [MyGroup(person_entity(one.group), one.place, one.unread) for one in groups_of(connection, person_id)]


METHODS = (
    UsiMethod("GET", "/groups", "The groups of whoever asks, with what is new", show_mine, list[MyGroup], READ),
    UsiMethod("GET", "/groups/{id}", "A group", show, GroupEntity, READ, caller=Caller.ANYBODY),
    UsiMethod("PATCH", "/groups/{id}", "Decide how a group is led", set_up, GroupEntity, WRITE, asked=Settings),
    UsiMethod("POST", "/groups/{id}/join", "Ask to belong to a group", join, GroupEntity, WRITE, asked=Joining),
    UsiMethod("POST", "/groups/{id}/leave", "Belong to it no more, or ask no more", leave, GroupEntity, WRITE),
    UsiMethod("POST", "/groups/{id}/invitation", "Answer an invitation", answer, GroupEntity, WRITE, asked=Answering),
    UsiMethod(
        "GET",
        "/groups/{id}/topics",
        "The topics of a group, those with the latest post first",
        show_topics,
        list[TopicEntity],
        READ,
        caller=Caller.ANYBODY,
        asked=TopicsParams,
        is_paged=True,
    ),
    UsiMethod("GET", "/groups/{id}/topics/{topic}", "A topic", show_topic, TopicEntity, READ, caller=Caller.ANYBODY),
    UsiMethod("POST", "/groups/{id}/topics/{topic}/read", "Have read a topic", mark_read, TopicEntity, WRITE),
)
