"""Who belongs to an organisation: for those who decide it, and never for anybody else."""

from typing import Literal

import msgspec
from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.api.call import Call, Reply
from usi_fed.api.paging import PageParams, window_of
from usi_fed.api.usi.entities import MemberEntity, Nothing, member_entity
from usi_fed.api.usi.methods import READ, WRITE, UsiMethod
from usi_fed.api.usi.people import get_person
from usi_fed.db.paging import Window
from usi_fed.unions.finding import get_own_organisation
from usi_fed.unions.memberships_store import members_page
from usi_fed.unions.offices import require_permission
from usi_fed.urls import Urls

USUAL, MOST = 40, 80


class MembersParams(PageParams):
    """Which part of the list is wanted: members, or those who asked, were invited or shut out."""

    state: Literal["member", "asked", "invited", "banned"] = "member"


class Admission(msgspec.Struct):
    """Whom to let in, by id or handle."""

    person: str


async def show(call: Call, asked: MembersParams) -> Reply:
    """GET /organisations/{id}/members"""
    window = window_of(asked, USUAL, MOST)
    entities = await call.house.database.read(_members, call.path["id"], asked, window, call.person_id, call.house.urls)
    return call.page(entities, [int(one.person.id) for one in entities], window.limit)


async def admit(call: Call, asked: Admission) -> Nothing:
    """POST /organisations/{id}/members"""
    organisation = await call.house.database.read(_of_officer, call.path["id"], call.person_id, call.house.urls)
    person = await call.house.database.read(get_person, asked.person, call.house.urls)
    await call.house.unions.admit(organisation.id, person.id, call.person_id)
    return Nothing()


async def remove(call: Call, _: None) -> Nothing:
    """DELETE /organisations/{id}/members/{person}"""
    organisation = await call.house.database.read(_of_officer, call.path["id"], call.person_id, call.house.urls)
    await call.house.unions.remove_member(organisation.id, call.id("person"), call.person_id)
    return Nothing()


# ---- units of work ----


def _of_officer(connection: Connection, named: str, viewer_id: int, urls: Urls) -> Actor:
    actor, _ = get_own_organisation(connection, named, viewer_id, urls)
    require_permission(connection, viewer_id, actor.id, "admit")
    return actor


def _members(
    connection: Connection, named: str, asked: MembersParams, window: Window, viewer_id: int, urls: Urls
) -> list[MemberEntity]:
    actor = _of_officer(connection, named, viewer_id, urls)
    return [member_entity(*one) for one in members_page(connection, actor.id, asked.state, window)]


METHODS = (
    UsiMethod(
        "GET",
        "/organisations/{id}/members",
        "Who belongs to an organisation, for those who admit members",
        show,
        list[MemberEntity],
        READ,
        asked=MembersParams,
        is_paged=True,
    ),
    UsiMethod(
        "POST",
        "/organisations/{id}/members",
        "Let somebody belong to an organisation",
        admit,
        Nothing,
        WRITE,
        asked=Admission,
        status=201,
    ),
    UsiMethod(
        "DELETE",
        "/organisations/{id}/members/{person}",
        "Let somebody no longer belong to an organisation, or not begin to",
        remove,
        Nothing,
        WRITE,
    ),
)
