"""People's own lists of those they follow."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection

from usi_fed.api.call import Call, Reply
from usi_fed.api.entities.lists import list_entity
from usi_fed.api.methods import Method, for_people
from usi_fed.api.paging import PageParams, window_of
from usi_fed.api.params import Id
from usi_fed.api.people import accounts_of
from usi_fed.db.paging import Window
from usi_fed.errors import InvalidInput
from usi_fed.timelines.lists_store import (
    add_list,
    add_members,
    change_list,
    delete_list,
    get_list,
    lists_of,
    members_of,
    remove_members,
)
from usi_fed.timelines.model import List
from usi_fed.urls import Urls

LONGEST_TITLE = 255

Policy = Literal["followed", "list", "none"]


class ListParams(msgspec.Struct):
    """A list as its owner wants it; what is not given stays as it is."""

    title: str | None = None
    replies_policy: Policy | None = None
    exclusive: bool | None = None


class Members(msgspec.Struct):
    """People to put in or to take out."""

    account_ids: list[Id]


class MembersPage(PageParams):
    """A page of members; a limit of 0 asks for all."""


async def show_all(call: Call) -> list[dict[str, Any]]:
    """GET /api/v1/lists"""
    return [list_entity(one) for one in await call.house.database.read(lists_of, call.person_id)]


async def show(call: Call) -> dict[str, Any]:
    """GET /api/v1/lists/:id"""
    return list_entity(await call.house.database.read(get_list, call.person_id, call.id()))


async def create(call: Call) -> dict[str, Any]:
    """POST /api/v1/lists"""
    asked = await call.read(ListParams)
    made = await call.house.database.write(
        add_list,
        call.person_id,
        require_title(asked.title),
        asked.replies_policy or "list",
        asked.exclusive or False,
    )
    return list_entity(made)


async def change(call: Call) -> dict[str, Any]:
    """PUT /api/v1/lists/:id"""
    asked = await call.read(ListParams)
    return list_entity(await call.house.database.write(_change, call.person_id, call.id(), asked))


async def delete(call: Call) -> dict[str, Any]:
    """DELETE /api/v1/lists/:id"""
    await call.house.database.write(delete_list, call.person_id, call.id())
    return {}


async def show_members(call: Call) -> Reply:
    """GET /api/v1/lists/:id/accounts"""
    asked = await call.read(MembersPage)
    window = None if asked.limit == 0 else window_of(asked, usual=40, most=80)
    entities, ids = await call.house.database.read(_members, call.person_id, call.id(), window, call.house.urls)
    return Reply(entities) if window is None else call.page(entities, ids, window.limit)


async def put_members(call: Call) -> dict[str, Any]:
    """POST /api/v1/lists/:id/accounts"""
    asked = await call.read(Members)
    await call.house.database.write(add_members, call.person_id, call.id(), asked.account_ids)
    return {}


async def take_members(call: Call) -> dict[str, Any]:
    """DELETE /api/v1/lists/:id/accounts"""
    asked = await call.read(Members)
    await call.house.database.write(remove_members, call.person_id, call.id(), asked.account_ids)
    return {}


def require_title(title: str | None) -> str:
    """A list's title.

    Raises:
        InvalidInput: it is empty or too long.
    """
    if not title or not title.strip() or len(title) > LONGEST_TITLE:
        raise InvalidInput("title", f"must have 1 to {LONGEST_TITLE} characters")
    return title.strip()


def _change(connection: Connection, owner_id: int, list_id: int, asked: ListParams) -> List:
    before = get_list(connection, owner_id, list_id)
    return change_list(
        connection,
        owner_id,
        list_id,
        before.title if asked.title is None else require_title(asked.title),
        asked.replies_policy or before.replies_policy,
        before.exclusive if asked.exclusive is None else asked.exclusive,
    )


def _members(
    connection: Connection, owner_id: int, list_id: int, window: Window | None, urls: Urls
) -> tuple[list[dict[str, Any]], Sequence[int]]:
    get_list(connection, owner_id, list_id)
    found = members_of(connection, list_id, window)
    return accounts_of(connection, found, urls), [actor.id for actor in found]


METHODS: list[Method] = [
    for_people("GET", "/api/v1/lists", show_all, "read:lists"),
    for_people("POST", "/api/v1/lists", create, "write:lists"),
    for_people("GET", "/api/v1/lists/{id}", show, "read:lists"),
    for_people("PUT", "/api/v1/lists/{id}", change, "write:lists"),
    for_people("DELETE", "/api/v1/lists/{id}", delete, "write:lists"),
    for_people("GET", "/api/v1/lists/{id}/accounts", show_members, "read:lists"),
    for_people("POST", "/api/v1/lists/{id}/accounts", put_members, "write:lists"),
    for_people("DELETE", "/api/v1/lists/{id}/accounts", take_members, "write:lists"),
]
